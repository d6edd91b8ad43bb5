"""Who may what with meetings: planned, held, talked in, attended, shown in calendars and reports."""

from __future__ import annotations

from datetime import date, timedelta

from consult.attendance import ledger
from consult.attendance.intervals import Channel
from consult.calendars import entries, feeds, moving, view
from consult.core.errors import Invalid, NotAllowed
from consult.discussion import actions
from consult.files.models import Purpose
from consult.live import feed
from consult.meetings import (
    access,
    agenda,
    audience,
    changes,
    conduct,
    conflicts,
    listing,
    materials,
    quiet,
    scheduling,
    series,
    unit_rules,
)
from consult.meetings.agenda import Item
from consult.meetings.audience import Audience
from consult.meetings.models import Meeting
from consult.meetings.rule_data import RuleData
from consult.members.models import Unit
from consult.reports import queries, year_export
from tests.permissions.lines import EVERYBODY, MEMBERS, NOTHING, ORGANIZERS, READERS, let, line, piece, some
from tests.permissions.scene import NOW, Scene, plan

ZONE, SITE = "Asia/Shanghai", "https://consult.example.org"
DAY = 24 * 60  # minutes
A_DAY, YEAR = date(2026, 4, 1), (NOW - timedelta(days=60), NOW + timedelta(days=60))
SEEN = let(f"{READERS} {MEMBERS}")
SEEN_IN_LISTS = let(f"{READERS} {MEMBERS}", others=NOTHING)
MANAGED = let(ORGANIZERS, known="reader member fellow")
OF_A_DRAFT = let(ORGANIZERS)
KEEPING = let(ORGANIZERS, known="reader")


def version(s: Scene, name: str = "meeting") -> int:
    return s.version(Meeting, name)


def proposal(s: Scene) -> conflicts.Proposal:
    """A meeting of the city as its editor is typing it."""
    opens_at = NOW + timedelta(days=20)
    return conflicts.Proposal(s.row(Unit, "city"), (), opens_at, opens_at + timedelta(hours=1), ZONE)


# Looking up

line(access.seen_by, lambda s: (s.meeting,), SEEN)
line(access.seen_by, lambda s: (s.draft,), OF_A_DRAFT)
line(access.seen_by, lambda s: (s.hearing,), let(f"{READERS} {MEMBERS} stranger outsider"))
line(access.managed_by, lambda s: (s.meeting,), MANAGED)
line(access.managed_by, lambda s: (s.draft,), OF_A_DRAFT)
line(access.managed_by, lambda s: (s.hearing,),
     let("above", known="office colleague administrator reader member fellow stranger outsider"))  # fmt: skip
line(access.manages, lambda s: (s.row(Meeting, "meeting"),), let(ORGANIZERS, others=NOTHING), finds=some)
line(listing.listed, lambda _s: (), SEEN_IN_LISTS,
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found])  # fmt: skip
line(listing.listed, lambda _s: (), let(ORGANIZERS, others=NOTHING),
     finds=lambda found, s: s.draft in [one.meeting.id for one in found])  # fmt: skip
line(listing.in_month, lambda _s: (date(2026, 3, 1), ZONE), SEEN_IN_LISTS,
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found])  # fmt: skip
line(listing.search, lambda _s: ("供水",), SEEN_IN_LISTS,
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found])  # fmt: skip
line(listing.expected_at, lambda s: (s.row(Meeting, "meeting"),), let(READERS, others=NOTHING), finds=some)
line(series.of_meeting, lambda s: (s.row(Meeting, "draft"),), let(ORGANIZERS, others=NOTHING), finds=some)
line(materials.seen_by, lambda s: (s.meeting, Purpose.MATERIAL), let(f"{READERS} member"))
line(materials.managed_by, lambda s: (s.meeting, Purpose.MATERIAL), MANAGED)
line(materials.sees_topic, lambda s: (s.consulted, Purpose.ATTACHMENT), let("member"))

# Planning

line(audience.resolve, lambda s: (s.row(Unit, "city"), Audience(units=(s.city,)), A_DAY),
     let(ORGANIZERS, others=NotAllowed))  # of a unit that its caller has found  # fmt: skip
line(conflicts.of_plan, lambda s: (s.row(Unit, "city"), plan(s, 20 * DAY)),
     let(ORGANIZERS, others=NotAllowed))  # fmt: skip
line(conflicts.require_clear, lambda s: (s.row(Unit, "city"), plan(s, 20 * DAY)),
     let(ORGANIZERS, others=NotAllowed))  # fmt: skip
line(conflicts.conflicts_of, lambda s: (proposal(s),), let(ORGANIZERS, others=NotAllowed))
line(conflicts.of_naming, lambda s: (s.row(Meeting, "hearing"), s.row(Unit, "city"), ()),
     let(ORGANIZERS, others=NotAllowed))  # fmt: skip
line(scheduling.schedule, lambda s: (s.city, plan(s, 20 * DAY)), KEEPING)
line(scheduling.edit, lambda s: (s.meeting, version(s), plan(s, DAY - 60, title="改题")), MANAGED)
line(scheduling.edit, lambda s: (s.draft, version(s, "draft"), plan(s, 9 * DAY, title="改题")), OF_A_DRAFT)
line(scheduling.reschedule,
     lambda s: (s.postponed, version(s, "postponed"), NOW + timedelta(days=9), NOW + timedelta(days=9.1)),
     MANAGED)  # fmt: skip
line(scheduling.postpone, lambda s: (s.meeting, version(s), "因故"), MANAGED)
line(scheduling.cancel, lambda s: (s.meeting, version(s), "因故"), MANAGED)
line(scheduling.refresh_audience, lambda s: (s.meeting, version(s)), MANAGED)
line(series.foresee, lambda s: (s.meeting, [A_DAY]), MANAGED)
line(series.repeat, lambda s: (s.meeting, [A_DAY]), MANAGED, draft=True, form_key="repeat-key-0000001")
line(series.cancel_later, lambda s: (s.draft, version(s, "draft"), "因故"), OF_A_DRAFT)
line(series.cancel_later, lambda s: (s.meeting, version(s), "因故"), MANAGED)
line(quiet.listed, lambda s: (s.city,), let(READERS))
line(quiet.add, lambda s: (s.city, A_DAY, A_DAY, "全会"), KEEPING)
line(quiet.remove, lambda s: (s.quiet,), KEEPING)
line(unit_rules.shown, lambda s: (s.city,), let(READERS))
line(unit_rules.keep, lambda s: (s.city, 0, RuleData()), KEEPING)
line(agenda.add, lambda s: (s.meeting, version(s), Item("讨论", "", 10)), MANAGED)
line(agenda.change, lambda s: (s.meeting, version(s), s.item, Item("讨论", "", 10)), MANAGED)
line(agenda.move, lambda s: (s.meeting, version(s), s.item, 1), MANAGED)
line(agenda.remove, lambda s: (s.meeting, version(s), s.item), MANAGED)
line(agenda.item_of, lambda s: (s.meeting, s.item), MANAGED)
line(changes.claimed, lambda s: (s.meeting, version(s)), MANAGED)
piece(changes.make, "moves a meeting that a verb has claimed")
piece(changes.done, "writes down the change of a meeting that a verb has claimed")

# Holding

line(conduct.open_early, lambda s: (s.meeting, version(s)), MANAGED)
line(conduct.extend, lambda s: (s.open, version(s, "open"), timedelta(minutes=10)), MANAGED)
line(conduct.close_early, lambda s: (s.open, version(s, "open")), MANAGED)
line(conduct.reopen, lambda s: (s.closed, version(s, "closed"), "补充发言", timedelta(minutes=20)), MANAGED)
line(conduct.excuse, lambda s: (s.meeting, s.seat, "住院"), MANAGED)
line(conduct.unexcuse, lambda s: (s.granted, s.seat), MANAGED)
piece(conduct.give_leave, "writes leave for the verb that has found that he may give it")
line(ledger.join, lambda s: (s.open, Channel.BROWSER, "p", None), SEEN)
line(ledger.here, lambda s: (s.open, Channel.VIDEO, None), SEEN)
line(ledger.returned, lambda s: (s.open, None), let(EVERYBODY))  # touches his own row, if he has one
line(feed.look, lambda s: (s.open, None, None), SEEN)
piece(feed.me, "whom the room takes somebody for whom it has let in")

# What is said

line(actions.post, lambda s: (s.open, "key-00000009", "水费太高"), SEEN)
line(actions.hide, lambda s: (s.open, s.comment, "与议题无关"), MANAGED)
line(actions.show, lambda s: (s.open, s.hidden), MANAGED)
line(actions.pin, lambda s: (s.open, s.comment), MANAGED)
line(actions.unpin, lambda s: (s.open, s.comment), MANAGED)
line(actions.on_file, lambda s: (s.open, s.hidden), let(f"{ORGANIZERS} member"))

# Calendars: a feed is its owner's

line(entries.one, lambda s: (s.meeting, SITE), SEEN)
line(entries.one, lambda s: (s.draft, SITE), let(""))
line(feeds.renew, lambda _s: (), let(EVERYBODY))
line(feeds.revoke, lambda _s: (), let(EVERYBODY))
line(feeds.current, lambda _s: (), let("member", others=NOTHING), finds=some)
line(feeds.meetings, lambda _s: (SITE,),
     let("office colleague administrator reader member", others=NOTHING),
     finds=lambda found, s: [one for one in found if one.url == f"{SITE}/meetings/{s.meeting}"])  # fmt: skip
line(moving.look, lambda s: (s.meeting, NOW + timedelta(days=2), NOW + timedelta(days=2.1)), MANAGED)
line(view.meetings, lambda _s: YEAR, SEEN_IN_LISTS,
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found])  # fmt: skip
line(view.meetings, lambda _s: YEAR, let(ORGANIZERS, others=NOTHING),
     finds=lambda found, s: s.meeting in [one.meeting.id for one in found if one.movable])  # fmt: skip
line(view.hosts, lambda _s: (), SEEN_IN_LISTS,
     finds=lambda found, s: s.city in [unit.id for unit in found])  # fmt: skip
line(view.marked, lambda _s: (date(2026, 10, 1), date(2026, 10, 20)),
     let(f"{READERS} {MEMBERS} below", others=NOTHING),  # they hold for units below
     finds=lambda found, _s: [one for one in found if one.kind == "quiet"])  # fmt: skip

# Figures

line(queries.report, lambda s: (s.settled,), let(READERS), finds=lambda found, _s: found.rows)
line(queries.held, lambda _s: (*YEAR, ZONE), let(READERS, others=NOTHING), finds=some)
line(queries.years, lambda _s: (A_DAY, ZONE), let(EVERYBODY))  # this year, and those he may see a meeting of
line(year_export.ask, lambda _s: (2026, ZONE, "zh_CN", None),
     let(READERS, below=Invalid, stranger=Invalid))  # who reads elsewhere has nothing to export  # fmt: skip
