"""What becomes of each column that holds words once a person's name is dropped: all of them are decided here.

For a new column: does it say who somebody is, or something private of him? Then have `retention/traces.py`
empty it and put it into DROPPED; else put it into STAYS with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

_DROPPED = """
    person.name person.sex person.ethnic_group person.phone person.email person.account person.password_hash
    person.language membership.number membership.post outcome.name outcome.excused_reason record_person.name
    record_person.number expected.excused_reason leave_request.reason leave_request.decision objection.text
    objection.answer correction.reason correction.ended_reason content.name content.salt
    content.hidden_reason audit_entry.details sign_in.device sign_in_link.token_hash
    sign_in_link.destination calendar_feed.token_hash charge.kind charge.name unwanted.channel
    notice.recipient notice.subject notice.kind notice.data delivery.channel delivery.state
    delivery.message_id delivery.held_by delivery.reason delivery.error video_sheet.lines
    roster_import.sheet roster_import.filename record_import.sheet record_import.filename
    issued_report.rows
    """
DROPPED = frozenset(_DROPPED.split())
"""Of the person, or (sheets, uploads, notices) of everybody once they are so old."""

STAYS: Mapping[str, str] = {
    "figures are made of it": """
        membership.sector membership.committees membership.party outcome.unit_name outcome.sector
        outcome.committees outcome.party outcome.outcome outcome.spans outcome.reasons outcome.mode
        outcome.found record_person.role record_person.sector record_person.committees record_person.party
        content.unit content.sector invitation.answer leave_request.reason_type leave_request.status
        presence.channel presence.ended presence.process correction.old_outcome correction.outcome
        correction.mode objection.claim headcount.what
        """,
    "it is what a unit, a meeting, a topic or a record is or was about": """
        unit.path unit.name unit.level quiet_period.reason meeting.title meeting.form meeting.mode
        meeting.place meeting.video_link meeting.zone meeting.rule meeting.audience meeting.attending
        meeting.state meeting.due_move agenda_item.title agenda_item.speaker announcement.snapshot
        delegation.venue delegation.address informed.sub_venue unit_rule.rule settlement.reason
        settlement.rule settlement.periods transition.move transition.from_state transition.to_state
        transition.reason topic.title topic.background topic.form topic.departments topic.state topic.reason
        topic.reported_note topic_call.title topic_call.text topic_call.within record.kind record.variety
        record.title record.host record.series record.place record.occasion record.number record.departments
        record.rating record.adopted record.instruction record.note record.void_reason flag_looked.kind
        issued_report.subject issued_report.digest issued_report.content issued_report.withdrawn_reason
        prompting.seed reminder.about leave_request.approver leave_request.approver_name
        """,
    "what was said is the meeting's record; it stands there without a name": "content.text",
    "the log stays whole, and without the salt its hashes tell nothing": """
        entry.kind entry.key entry.content_hash
        """,
    "papers of a meeting or a topic are its record, and go when its office takes them away": """
        stored_file.owner stored_file.purpose stored_file.name stored_file.media_type stored_file.sha256
        file_content.data
        """,
    "who did what, by number": "audit_entry.action audit_entry.subject role_grant.role",
    "numbers only": """
        video_sheet.filename video_sheet.result roster_import.result record_import.kind record_import.result
        """,
    "forgotten a week after it has ended": """
        task.kind task.args task.status task.cursor task.result task.error task.language task.held_by
        task_file.role task_file.name task_file.media_type task_file.data
        """,
    "forgotten after a day": "sign_in_failure.key",
    "how this installation runs": """
        channel.name channel.reason channel.error lease.process lease.kind mark.name robot.kind robot.name
        robot.url robot.secret robot.kinds
        """,
    "a random word": """
        sign_in.token_hash record.form_key robot.form_key stored_file.form_key task.form_key topic.form_key
        topic_call.form_key meeting.form_key issued_report.form_key
        """,
}
