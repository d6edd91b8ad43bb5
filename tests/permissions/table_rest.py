"""Who may what with invitations and leave, notices, records, and who finds what on the first page."""

from __future__ import annotations

from datetime import date

from consult.annual import year
from consult.annual.year import Asked
from consult.core.errors import Missing, NotAllowed
from consult.home import asked, today
from consult.invitations import (
    answering,
    asking,
    delegations,
    nudging,
    overview,
    standing,
    waiting,
)
from consult.invitations.answering import Wish
from consult.invitations.delegations import Venue
from consult.invitations.overview import Filter
from consult.issued import issuing, subjects
from consult.issued.subjects import Subject
from consult.meetings import listing
from consult.meetings.deadlines import Limits
from consult.meetings.listing import Listed
from consult.meetings.models import Meeting
from consult.members import platform
from consult.notices import failures, groups, own
from consult.notices import overview as told
from consult.notices.groups import Draft
from consult.notices.kinds import Kind as NoticeKind
from consult.notices.robots import RobotKind
from consult.records import import_task, imports, recording, rows
from consult.records.kinds import Kind
from consult.records.models import Record
from consult.records.sheets import read_sheet
from tests.members.sheets import text_table
from tests.permissions.lines import (
    EVERYBODY,
    MEMBERS,
    NOTHING,
    OK,
    ORGANIZERS,
    READERS,
    let,
    line,
    piece,
    some,
)
from tests.permissions.scene import NOW, Scene, request_of
from tests.records.office import entry

MANAGED = let(ORGANIZERS, known="reader member fellow")
KEEPING = let(ORGANIZERS, known="reader")
IN_OFFICES = let(ORGANIZERS, others=NOTHING)
SHEET = text_table(("案由", "提交日期", "第一提案人"), ("路灯", "2026-01-18", "member"))
ROBOT = Draft(RobotKind.GENERIC, "群", "https://example.org/hook", "s" * 20, (NoticeKind.INVITATION,))


def coming(s: Scene) -> list[Listed]:
    """All meetings of the city's, as its office has found them."""
    with s.store.read(NOW) as work:
        return listing.listed(work, s.actor("office"))


# Answers and leave: the member's own; an office's for him, which others need not learn of

FOR_HIM = let(ORGANIZERS, known="reader member")
line(answering.answer, lambda s: (s.meeting, Wish.COME), let("member"))
line(answering.answer_for, lambda s: (s.meeting, s.seat, Wish.COME), FOR_HIM)
line(answering.office_looks_up, lambda s: (s.meeting, s.seat), FOR_HIM)
line(asking.ask, lambda s: (s.meeting, "illness", ""), let("member"))
line(asking.withdraw, lambda s: (s.request,), let("member", convener=Missing))
line(asking.decide, lambda s: (s.request, "granted", "", "生病"), {**FOR_HIM, "convener": OK})
line(asking.give, lambda s: (s.meeting, s.seat, "住院"), MANAGED)
line(asking.take_back, lambda s: (s.granted, s.seat), MANAGED)
line(asking.may_decide, lambda s: (request_of(s), s.invited("asked")), {**IN_OFFICES, "convener": OK},
     finds=some)  # fmt: skip
line(standing.locked, lambda s: (s.meeting,), let(f"{READERS} {MEMBERS}"))
line(standing.speaks_for, lambda s: (s.invited("meeting"),), IN_OFFICES, finds=some)
line(standing.knows_of, lambda s: (s.invited("meeting"),), let(f"{READERS} member", others=NOTHING),
     finds=some)  # fmt: skip
line(nudging.nudge, lambda s: (s.meeting,), MANAGED)
line(overview.counts, lambda s: (s.row(Meeting, "meeting"),), let(READERS, others=NOTHING),
     finds=lambda found, _s: found.stands.total())  # fmt: skip
line(overview.listed, lambda s: (s.row(Meeting, "meeting"), "unit", Filter()), let(READERS, others=NOTHING),
     finds=lambda found, _s: found[0] or found[1], page=1, per_page=50)  # fmt: skip
line(overview.unanswered_names, lambda s: (s.row(Meeting, "meeting"),), let(READERS, others=NOTHING),
     finds=some)  # fmt: skip
line(waiting.requests, lambda _s: (), {**IN_OFFICES, "convener": OK},
     finds=lambda found, s: s.request in [one.request.id for one in found])  # fmt: skip
line(waiting.requests_for, lambda _s: (), let("", others=NOTHING, convener=OK), finds=some)
line(waiting.in_charge, lambda _s: (), let("", others=NOTHING, convener=OK), finds=some)

# The city's part in the province's hearing

NAMING = let(ORGANIZERS, known="reader")
line(delegations.of_meeting, lambda s: (s.row(Meeting, "hearing"),), let(READERS, others=NOTHING),
     finds=lambda found, s: s.city in [one.unit.id for one in found])  # fmt: skip
line(delegations.name,
     lambda s: (s.hearing, s.city, s.delegation().version, ["member"], Venue()), NAMING)  # fmt: skip
line(delegations.give_places, lambda s: (s.hearing, s.city, s.delegation().version, 3),
     let("above", known="office colleague administrator reader"))  # fmt: skip
line(delegations.looked_up, lambda s: (s.row(Meeting, "hearing"), s.city), let(READERS))
line(delegations.claimed, lambda s: (s.hearing, s.city, s.delegation().version), NAMING)
piece(delegations.require_open, "by when, not who: whoever calls it has looked up the delegation")

# Notices

line(failures.listed, lambda _s: (), IN_OFFICES,
     finds=lambda found, s: s.delivery in [one.delivery.id for one in found])  # fmt: skip
line(failures.count, lambda _s: (), IN_OFFICES, finds=some)
line(failures.try_again, lambda s: (s.delivery,), let(ORGANIZERS))
line(failures.told_by_phone, lambda s: (s.delivery,), let(ORGANIZERS))
line(groups.listed, lambda _s: (), IN_OFFICES, finds=some)
line(groups.owned, lambda s: (s.robot,), let(ORGANIZERS))
line(groups.add, lambda s: (s.city, ROBOT), KEEPING)
line(groups.edit, lambda s: (s.robot, 1, "新名", ("invitation",)), let(ORGANIZERS))
line(groups.remove, lambda s: (s.robot, 1), let(ORGANIZERS))
line(told.resend, lambda s: (s.meeting, s.notice), MANAGED)
line(own.listed, lambda _s: (1,), let("member", others=NOTHING), finds=lambda found, _s: found.total)
line(own.read, lambda s: (s.notice,), let("member"))
line(own.read_all, lambda _s: (999,), let(EVERYBODY))  # each marks his own

# Records of the year: the member is in one of them

CORRECTING = let(ORGANIZERS, known="reader member")
line(imports.preview,
     lambda s: (s.city, Kind.PROPOSAL, "提案.csv",
                read_sheet(SHEET, "提案.csv", Kind.PROPOSAL, recording.latest(NOW))),
     let(ORGANIZERS))  # fmt: skip
line(imports.found, lambda s: (s.record_import,), let(ORGANIZERS))
line(imports.look, lambda s: (s.record_import,), let(ORGANIZERS))
line(imports.apply, lambda s: (s.record_import, s.texts["record_mark"], {}), let(ORGANIZERS))
line(imports.ready, lambda s: (s.record_import, s.texts["record_mark"], {}), let(ORGANIZERS))
line(import_task.is_large, lambda s: (s.record_import,), let(ORGANIZERS))
line(import_task.ask, lambda s: (s.record_import, s.texts["record_mark"], {}, "zh_CN", None), let(ORGANIZERS))
line(recording.create, lambda s: (s.city, entry(Kind.PROPOSAL, authors="fellow", title="新")), KEEPING)
line(recording.edit, lambda s: (s.record, 1, entry(Kind.PROPOSAL, authors="member", title="改")), CORRECTING)
line(recording.void, lambda s: (s.record, 1, "重复"), CORRECTING)
line(recording.restore, lambda s: (s.voided, s.version(Record, "voided")), KEEPING)
piece(recording.add_all, "writes the rows of records for the verb that has asked")
piece(recording.replace_all, "writes the rows of records for the verb that has asked")
line(rows.year_of, lambda s: (s.city, 2026), let(READERS))
line(rows.seen_by, lambda s: (s.record,), let(f"{READERS} member"))
line(rows.seen_by, lambda s: (s.voided,), let(READERS))

# The year's report

line(year.report, lambda s: (Asked(s.city, 2026, False, "Asia/Shanghai"),), let(READERS))
line(year.line, lambda s: (Asked(s.city, 2026, False, "Asia/Shanghai"), "opinion_briefs", ""), let(READERS))
line(platform.on, lambda s: (s.city, date(2026, 3, 1), "Asia/Shanghai"), let(READERS), below=True)

# Issued reports

ISSUING = let(ORGANIZERS, known="reader")
line(issuing.issue, lambda s: (Subject(meeting_id=s.settled), "Asia/Shanghai", None), ISSUING)
line(issuing.issue, lambda s: (Subject(unit_id=s.city, year=2026), "Asia/Shanghai", None), ISSUING)
line(issuing.withdraw, lambda s: (s.issued, "漏了一个分会场"), ISSUING)
line(issuing.look, lambda s: (s.issued,), let(READERS))
line(issuing.since, lambda s: (s.look_at_issued(), "Asia/Shanghai"), let(READERS))
line(issuing.listed, lambda _s: (), let(READERS, others=NOTHING, member=NotAllowed, fellow=NotAllowed,
     outsider=NotAllowed), some)  # fmt: skip
line(subjects.read, lambda s: (Subject(meeting_id=s.settled), "Asia/Shanghai"), let(READERS))

# The first page

line(asked.of_member, lambda s: (coming(s),), let("member", others=NOTHING),
     finds=lambda found, s: s.meeting in found.stands)  # fmt: skip
line(asked.of_office, lambda _s: (), IN_OFFICES,
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found if one.meeting])  # fmt: skip
line(today.coming, lambda _s: (), let(f"{READERS} {MEMBERS}", others=NOTHING),
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found])  # fmt: skip
line(today.today, lambda _s: ("Asia/Shanghai",), let(f"{READERS} {MEMBERS}", others=NOTHING),
     finds=lambda found, s: s.open in [one.meeting.id for one in found])  # fmt: skip
line(today.needs, lambda _s: (Limits(15, 10, 7),), IN_OFFICES,
     finds=lambda found, s: s.draft in [one.meeting.id for one in found if one.meeting])  # fmt: skip
