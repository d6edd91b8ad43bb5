"""Who may what with check-ins, with what the office writes down, and with figures over many meetings."""

from __future__ import annotations

from datetime import timedelta

from consult.attendance import corrections, objections, versions
from consult.attendance.corrections import Wanted
from consult.attendance.intervals import Channel
from consult.attendance.rules import Outcome as Verdict
from consult.checkins import codes, flags, prompts, screen, tickets, venue
from consult.core.errors import NotAllowed, NotNow
from consult.files.models import Purpose
from consult.meetings import materials
from consult.register import desk, marking, video_import
from consult.register.video_sheet import Said
from consult.reports import duty, facts
from consult.reports.dimensions import Dimension
from consult.reports.scope import Scope, reading_of
from tests.permissions.lines import MEMBERS, NOTHING, OK, ORGANIZERS, READERS, let, line, piece, some
from tests.permissions.scene import KEY, NOW, Scene

MANAGED = let(ORGANIZERS, known="reader member fellow")
HERS = let(READERS, known=MEMBERS)
YEAR = Scope(None, NOW - timedelta(days=60), NOW + timedelta(days=60), "Asia/Shanghai")

# Checking oneself in. Whoever stands at the door is told in words that the meeting isn't his; he is told the
# same where there is none.

AT_THE_DOOR = let(MEMBERS, others=NotAllowed)
line(venue.meeting_of, lambda s: (s.open,), AT_THE_DOOR)
line(venue.meeting_of, lambda _s: (999_999,), let("", others=NotAllowed))
line(venue.check_in, lambda s: (s.open, Channel.QR, None), AT_THE_DOOR)
line(venue.check_out, lambda s: (s.open,), {**AT_THE_DOOR, "member": OK, "fellow": NotNow})
line(tickets.scan, lambda s: (KEY, codes.token(KEY, s.open, NOW), NOW), AT_THE_DOOR)
line(tickets.look, lambda s: (s.ticket,), let("member", others=NotAllowed))  # a link that was passed on
line(tickets.use, lambda s: (s.ticket, None), let("member", others=NotAllowed))
line(screen.shown, lambda s: (KEY, s.open), MANAGED)
line(screen.check_ins, lambda s: (s.open,), MANAGED)
line(flags.of_meeting, lambda s: (s.open,), MANAGED, finds=some)
line(flags.look, lambda s: (s.open, "two_devices", s.member), MANAGED)
line(prompts.set_times, lambda s: (s.open, 2), MANAGED)
line(prompts.answer, lambda s: (s.open, s.prompt), let(f"{READERS} {MEMBERS}"))

# What the office writes down

line(desk.desk_of, lambda s: (s.open,), HERS)
line(desk.writing_desk, lambda s: (s.open,), MANAGED)
piece(desk.note, "writes the trail for the verb that has asked")
line(marking.arrive, lambda s: (s.open, [s.seat]), MANAGED)
line(marking.arrive_by_name, lambda s: (s.open, "fellow"), MANAGED)
line(marking.depart, lambda s: (s.open, [s.convener_seat]), MANAGED)
line(marking.take_back, lambda s: (s.open, s.noted, "看错了"), MANAGED)
line(marking.count_heads, lambda s: (s.open, 3, 20, 0), MANAGED)
line(video_import.preview, lambda s: (s.open, "腾讯会议.xlsx", Said((), ())), MANAGED)
line(video_import.found, lambda s: (s.video_sheet,), MANAGED)
line(video_import.look, lambda s: (s.video_sheet,), MANAGED)
line(video_import.apply, lambda s: (s.video_sheet, s.texts["video_mark"], {}), MANAGED)
line(video_import.take_back, lambda s: (s.applied_sheet, "重复"), MANAGED)

# Outcomes counted again, corrected, objected to

line(versions.history, lambda s: (s.settled,), let(READERS))
line(versions.to_change, lambda s: (s.settled,), MANAGED)
line(versions.settle_again, lambda s: (s.settled, "核对"), MANAGED)
line(corrections.correct, lambda s: (s.settled, [Wanted(s.convener_seat, Verdict.LATE)], "签到表"), MANAGED)
line(corrections.withdraw, lambda s: (s.correction, "看错了"), MANAGED)
line(objections.lodge, lambda s: (s.settled, "present", "我在", timedelta(days=15)), let("member"))
line(objections.seen_by, lambda s: (s.objection,), MANAGED)
line(objections.accept, lambda s: (s.objection, Wanted(s.convener_seat, Verdict.LATE), "有签到"), MANAGED)
line(objections.refuse, lambda s: (s.objection, "没有签到"), MANAGED)
line(objections.open_to, lambda _s: (), let(ORGANIZERS, others=NOTHING), finds=some)

# Materials, as those are told who may not open them

line(materials.listed, lambda s: (s.meeting, Purpose.MATERIAL), let(f"{READERS} member", others=NOTHING),
     finds=lambda found, _s: found is not None)  # fmt: skip
line(materials.kept_from, lambda s: (s.meeting,), let("member", others=NOTHING), finds=some)

# Figures over many meetings


def of_the_city(s: Scene) -> tuple[Scope]:
    return (Scope(s.city, YEAR.start, YEAR.end, YEAR.zone),)


line(facts.count, of_the_city, let(READERS))
line(facts.meetings, of_the_city, let(READERS), finds=some)
line(facts.sizes, of_the_city, let(READERS), finds=some)
line(facts.rows, of_the_city, let(READERS), finds=lambda found, _s: list(found.rows))
line(facts.people, of_the_city, let(READERS))
line(facts.name_of, lambda s: (*of_the_city(s), Dimension.MEMBER, str(s.member)), let(READERS))
line(reading_of, of_the_city, let(READERS))
line(duty.of, lambda s: (s.member, YEAR), let(f"{READERS} member"))
WHERE_HE_READS = let(READERS, below=NOTHING, stranger=NOTHING)
line(facts.meetings, lambda _s: (YEAR,), WHERE_HE_READS, finds=some)
line(facts.sizes, lambda _s: (YEAR,), WHERE_HE_READS, finds=some)
line(facts.rows, lambda _s: (YEAR,), WHERE_HE_READS, finds=lambda found, _s: list(found.rows))
