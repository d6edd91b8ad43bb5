"""What others wrote that somebody is to be told of: leave, nudges, places, openings, reports, topics, calls,
files.

Nobody who writes such a row has to know of notices: the clock reads what is new (see sources), and each is
told once, for its notices are unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, select
from sqlalchemy.orm import aliased

from consult.attendance.models import Objection, Outcome, Presence, Settlement
from consult.core.store import Work
from consult.invitations.leave import CHARGES, DECISIONS, Approver, Status
from consult.invitations.models import LeaveRequest, Nudge
from consult.meetings import moves
from consult.meetings.invited import observing
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Expected, Invitation, Meeting, Transition
from consult.members.charges import by_a_member
from consult.members.models import AuditEntry, Charge, Person, Unit
from consult.notices import calls, objecting, papers
from consult.notices.delegations import organizers_of
from consult.notices.kinds import Kind
from consult.notices.known import about
from consult.notices.models import Notice
from consult.notices.outbox import Telling, tell, tell_groups
from consult.notices.policy import Policy
from consult.notices.reminders import coming, unanswered
from consult.notices.sources import Column, Source, instant, last, not_told, second
from consult.topics import life
from consult.topics.models import Topic

EXCUSED, UNEXCUSED = "meeting.excused", "meeting.unexcused"  # as conduct writes them
DROPPED = f"topic.{life.Move.DROP}"
TOPIC_DECIDED = (life.State.SHORTLISTED, life.State.PLANNED, life.State.REJECTED, life.State.MERGED)


# Openings: whoever is expected and is not there yet.


def _openings(work: Work, up_to: int) -> Sequence[tuple[int, int]]:
    rows = work.db.execute(
        select(Transition.meeting_id, Transition.revision)
        .join(Meeting, Meeting.id == Transition.meeting_id)
        .where(Transition.id > up_to, Transition.to_state == State.OPEN, Transition.from_state != State.OPEN)
        .where(Meeting.announced_at.is_not(None), Meeting.state == State.OPEN)
        .where(not_told("meeting", Transition.meeting_id, Kind.OPEN, Transition.revision))
    )
    return [(meeting_id, revision) for meeting_id, revision in rows]


def _tell_open(work: Work, policy: Policy, key: tuple[int, int]) -> None:
    meeting_id, revision = key
    meeting = work.db.get_one(Meeting, meeting_id)
    if moves.state_now(meeting, work.now) is not State.OPEN:
        return
    telling = Telling(
        Kind.OPEN, f"meeting:{meeting_id}", revision, about(work, meeting), meeting_id, meeting.opens_at,
        meeting.closes_at, urgent=True,
    )  # fmt: skip
    for people, person_id in (
        (coming(meeting), Expected.person_id),
        (observing(meeting_id), Invitation.person_id),
    ):
        there = exists().where(
            Presence.meeting_id == meeting_id, Presence.person_id == person_id, Presence.left_at.is_(None)
        )
        tell(work, policy, people.where(~there), telling)
    tell_groups(work, policy, meeting.host_id, telling)


# Reports: the host's organizers, and whoever's attendance is counted.


def _settlements(work: Work, up_to: int) -> Sequence[tuple[int, int]]:
    rows = work.db.execute(
        select(Settlement.meeting_id, Settlement.version)
        .join(Meeting, Meeting.id == Settlement.meeting_id)
        .where(Settlement.id > up_to, Meeting.announced_at.is_not(None))
        .where(not_told("meeting", Settlement.meeting_id, Kind.REPORT, Settlement.version))
    )
    return [(meeting_id, version) for meeting_id, version in rows]


def _tell_report(work: Work, policy: Policy, key: tuple[int, int]) -> None:
    meeting_id, version = key
    meeting = work.db.get_one(Meeting, meeting_id)
    facts, subject = about(work, meeting), f"meeting:{meeting_id}"
    if version > 1:
        telling = Telling(Kind.REPORT, subject, version, {**facts, "office": False}, meeting_id)
        tell(work, policy, _counted_otherwise(meeting_id, version), telling)
        return
    for_office = Telling(Kind.REPORT, subject, version, {**facts, "office": True}, meeting_id)
    for_members = Telling(Kind.REPORT, subject, version, {**facts, "office": False}, meeting_id)
    tell(work, policy, organizers_of(meeting.host_id), for_office)
    expected = select(Expected.person_id).where(Expected.meeting_id == meeting_id)
    for people in (expected, observing(meeting_id)):
        tell(work, policy, people, for_members)
    tell_groups(work, policy, meeting.host_id, for_members)


def _counted_otherwise(meeting_id: int, version: int) -> Select[int]:
    """Those of whom the version says something else than the one before; not those whose objection was
    answered by it, for they are told that."""
    now, before = aliased(Settlement), aliased(Settlement)
    is_, was = aliased(Outcome), aliased(Outcome)
    answered = exists().where(
        Objection.meeting_id == meeting_id, Objection.person_id == is_.person_id,
        Objection.answered_at == now.at,
    )  # fmt: skip
    return (
        select(is_.person_id)
        .join(now, now.id == is_.settlement_id)
        .join(before, (before.meeting_id == now.meeting_id) & (before.version == now.version - 1))
        .outerjoin(was, (was.settlement_id == before.id) & (was.membership_id == is_.membership_id))
        .where(now.meeting_id == meeting_id, now.version == version)
        .where(func.coalesce(was.outcome, "") != is_.outcome, ~answered)
    )


# Leave: who decides is told that it was asked for, who asked is told what was decided.


def _requests(work: Work, up_to: int) -> Sequence[int]:
    return work.db.scalars(
        select(LeaveRequest.id)
        .where(LeaveRequest.id > up_to, LeaveRequest.status == Status.ASKED)
        .where(not_told("leave", LeaveRequest.id, Kind.LEAVE_ASKED, LeaveRequest.id))
    ).all()


def _tell_request(work: Work, policy: Policy, request_id: int) -> None:
    row = work.db.get_one(LeaveRequest, request_id)
    meeting = work.db.get_one(Meeting, row.meeting_id)
    name = work.db.get_one(Person, row.person_id).name
    data = {**about(work, meeting), "name": name, "reason": row.reason}
    telling = Telling(
        Kind.LEAVE_ASKED, f"leave:{row.id}", row.id, data, meeting.id, meeting.opens_at, meeting.closes_at
    )
    tell(work, policy, deciding(work, row), telling)


def deciding(work: Work, request: LeaveRequest) -> Select[int]:
    """Those who are asked to decide: who is in charge of the sector or committee, else the unit's office."""
    charge = CHARGES.get(Approver(request.approver))
    if charge is None:
        return organizers_of(request.unit_id)
    return select(Charge.person_id).where(
        Charge.unit_id == request.unit_id, Charge.kind == charge, Charge.name == request.approver_name,
        Charge.person_id != request.person_id, by_a_member(work.today),
    )  # fmt: skip


def _decided_requests(work: Work, up_to: int) -> Sequence[int]:
    return work.db.scalars(
        select(LeaveRequest.id)
        .where(LeaveRequest.decided_at >= instant(up_to), LeaveRequest.status.in_(DECISIONS))
        .where(not_told("leave", LeaveRequest.id, Kind.LEAVE_DECIDED, LeaveRequest.id))
    ).all()


def _tell_decided_request(work: Work, policy: Policy, request_id: int) -> None:
    row = work.db.get_one(LeaveRequest, request_id)
    meeting = work.db.get_one(Meeting, row.meeting_id)
    data = {**about(work, meeting), "status": row.status, "reason": row.decision}
    telling = Telling(
        Kind.LEAVE_DECIDED, f"leave:{row.id}", row.id, data, meeting.id, meeting.opens_at, meeting.closes_at
    )
    tell(work, policy, [row.person_id], telling)


# Leave that an office gives unasked, or takes back: the member is told. The trail says when; what was asked
# for is above.


def _given(work: Work, up_to: int) -> Sequence[tuple[int, int, int]]:
    rows = work.db.execute(
        select(AuditEntry.id, AuditEntry.subject, AuditEntry.details)
        .where(AuditEntry.id > up_to, AuditEntry.action.in_((EXCUSED, UNEXCUSED)))
        .where(~exists().where(Notice.kind == Kind.LEAVE_DECIDED, Notice.subject == _given_as(AuditEntry.id)))
    )
    return [(number, int(subject.partition(":")[2]), more["membership"]) for number, subject, more in rows]


def _given_as(number: int | Column) -> ColumnElement[str]:
    return literal("given:") + cast(number, String)


def _tell_given(work: Work, policy: Policy, key: tuple[int, int, int]) -> None:
    number, meeting_id, membership_id = key
    row, meeting = work.db.get(Expected, (meeting_id, membership_id)), work.db.get_one(Meeting, meeting_id)
    if row is None or meeting.announced_at is None:
        return
    entry = work.db.get_one(AuditEntry, number)
    if entry.action == UNEXCUSED:
        if row.excused_at is None:
            _tell_leave(work, policy, row, number, {"status": Status.TAKEN_BACK, "reason": ""})
        return
    if row.excused_at is None:
        return
    asked = select(LeaveRequest.id).where(
        LeaveRequest.meeting_id == meeting_id, LeaveRequest.person_id == row.person_id,
        LeaveRequest.status == Status.GRANTED, LeaveRequest.decided_at == row.excused_at,
    )  # fmt: skip
    if work.db.execute(asked).first() is not None:
        return
    said = {"status": Status.GRANTED, "reason": row.excused_reason, "given": True}
    _tell_leave(work, policy, row, number, said)


def _tell_leave(work: Work, policy: Policy, row: Expected, number: int, said: dict[str, Any]) -> None:
    """Tells the member what entry `number` of the trail says."""
    meeting = work.db.get_one(Meeting, row.meeting_id)
    telling = Telling(
        Kind.LEAVE_DECIDED, f"given:{number}", number, {**about(work, meeting), **said}, meeting.id,
        meeting.opens_at, meeting.closes_at,
    )  # fmt: skip
    tell(work, policy, [row.person_id], telling)


# Nudges: whoever has not answered yet.


def _nudges(work: Work, up_to: int) -> Sequence[tuple[int, int]]:
    rows = work.db.execute(
        select(Nudge.meeting_id, Nudge.number)
        .where(Nudge.at >= instant(up_to))
        .where(not_told("meeting", Nudge.meeting_id, Kind.NUDGE, Nudge.number))
    )
    return [(meeting_id, number) for meeting_id, number in rows]


def _tell_nudge(work: Work, policy: Policy, key: tuple[int, int]) -> None:
    meeting = work.db.get_one(Meeting, key[0])
    until = meeting.answer_by or meeting.opens_at
    telling = Telling(
        Kind.NUDGE, f"meeting:{key[0]}", key[1], about(work, meeting), key[0], until, until
    )  # fmt: skip
    if work.now < until:
        tell(work, policy, unanswered(meeting), telling)


# Places: who waited has one now.


def _placed(work: Work, up_to: int) -> Sequence[tuple[int, int, int]]:
    rows = work.db.execute(
        select(Invitation.meeting_id, Invitation.person_id, Invitation.placed_at)
        .where(Invitation.placed_at >= instant(up_to), Invitation.answer == Answer.ACCEPTED)
        .order_by(Invitation.placed_at, Invitation.person_id)
    )
    found = {(meeting_id, person_id): int(at.timestamp()) for meeting_id, person_id, at in rows if at}
    told = {
        (meeting_id, person_id, version)
        for meeting_id, person_id, version in work.db.execute(
            select(Notice.meeting_id, Notice.person_id, Notice.version).where(
                Notice.subject.in_({f"meeting:{meeting_id}" for meeting_id, _ in found}),
                Notice.kind == Kind.PLACE,
            )
        )
    }
    return [(*key, at) for key, at in found.items() if (*key, at) not in told]


def _tell_placed(work: Work, policy: Policy, key: tuple[int, int, int]) -> None:
    meeting_id, person_id, at = key
    meeting = work.db.get_one(Meeting, meeting_id)
    telling = Telling(
        Kind.PLACE, f"meeting:{meeting_id}", at, about(work, meeting), meeting_id, meeting.opens_at,
        meeting.opens_at,
    )  # fmt: skip
    tell(work, policy, [person_id], telling)


# Topics.


def _topics(work: Work, up_to: int) -> Sequence[int]:
    rows = work.db.scalars(
        select(Topic)
        .where(Topic.decided_at >= instant(up_to), Topic.proposed_by.is_not(None))
        .where(Topic.state.in_(TOPIC_DECIDED))
    ).all()
    told = {
        (subject, version)
        for subject, version in work.db.execute(
            select(Notice.subject, Notice.version).where(
                Notice.subject.in_([f"topic:{row.id}" for row in rows]), Notice.kind == Kind.TOPIC_DECIDED
            )
        )
    }
    return [row.id for row in rows if (f"topic:{row.id}", _decided(row)) not in told]


def _decided(topic: Topic) -> int:
    return int(topic.decided_at.timestamp()) if topic.decided_at else 0


def _tell_topic(work: Work, policy: Policy, topic_id: int) -> None:
    row = work.db.get_one(Topic, topic_id)
    into = work.db.get(Topic, row.merged_into_id) if row.merged_into_id else None
    data = {
        "topic": row.id, "title": row.title, "host": work.db.get_one(Unit, row.unit_id).name,
        "state": row.state, "reason": row.reason, "into": into.title if into else "",
        "dropped": _dropped(work, row),
    }  # fmt: skip
    if row.proposed_by is not None:
        tell(
            work,
            policy,
            [row.proposed_by],
            Telling(Kind.TOPIC_DECIDED, f"topic:{row.id}", _decided(row), data),
        )


def _dropped(work: Work, topic: Topic) -> bool:
    """Whether what was last decided is that the topic is no longer in the plan."""
    entries = select(AuditEntry.id).where(
        AuditEntry.unit_id == topic.unit_id, AuditEntry.at == topic.decided_at,
        AuditEntry.subject == f"topic:{topic.id}", AuditEntry.action == DROPPED,
    )  # fmt: skip
    return work.db.execute(entries).first() is not None


SOURCES = (
    Source("openings", last(Transition.id), _openings, _tell_open),
    Source("settlements", last(Settlement.id), _settlements, _tell_report),
    Source("leave asked", last(LeaveRequest.id), _requests, _tell_request),
    Source("leave decided", second, _decided_requests, _tell_decided_request),
    Source("leave given", last(AuditEntry.id), _given, _tell_given),
    Source("nudges", second, _nudges, _tell_nudge),
    Source("places", second, _placed, _tell_placed),
    Source("topics decided", second, _topics, _tell_topic),
    *calls.SOURCES,
    *papers.SOURCES,
    *objecting.SOURCES,
)
