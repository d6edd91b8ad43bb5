"""What is next for a member, and what an office has before it today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.attendance import leases
from consult.attendance.models import Lease
from consult.attendance.present import people_now
from consult.core.errors import Message
from consult.core.store import Work
from consult.meetings import listing, moves, timeline
from consult.meetings.deadlines import Limits, What
from consult.meetings.lifecycle import Due, State
from consult.meetings.listing import Listed
from consult.meetings.models import Meeting, Mode
from consult.members import accounts
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.models import Unit
from consult.notices import failures

DAY_STARTS, DAY_ENDS = 8, 20  # hours between which an office's day is drawn, unless meetings reach beyond
AHEAD = 12  # meetings in the office's table
MOST_NEEDS = 12
SOON = timedelta(days=3)  # how near a meeting must be for what is wrong with it to be pressing
LINK_BY = timedelta(days=14)  # how near it must be for a missing video link to be wrong
_DUE = {
    What.NOTICE: _l("Notice is due"),
    What.MATERIALS: _l("Materials are due"),
    What.MINUTES: _l("Minutes are due"),
}
_MISSED = {
    What.NOTICE: _l("Notice is late"),
    What.MATERIALS: _l("Materials are late"),
    What.MINUTES: _l("Minutes are late"),
}


@dataclass(frozen=True)
class ClockHealth:
    """Whether a clock is alive, when one last was, and what it does next."""

    alive: bool
    last: datetime | None
    next: Due | None


@dataclass(frozen=True)
class Need:
    """Something that waits for somebody's hand: what is the matter (pressing if `bad`), and with what.

    `meeting` is the one to see to (on its timeline, for a `deadline`); else there are `count` members of
    `unit` to see to, or without a unit `count` notices that were not delivered.
    """

    matter: Message
    meeting: Meeting | None = None
    unit: Unit | None = None
    count: int = 0
    bad: bool = False
    deadline: bool = False


@dataclass(frozen=True)
class Running:
    """A meeting in its lobby or open, and how many people are there."""

    listed: Listed
    people: int


def coming(work: Work, actor: Actor) -> list[Listed]:
    """The meetings that are open or to come, the next one first; those one is expected at before others."""
    found = listing.listed(
        work, actor, Meeting.closes_at > work.now, Meeting.state.in_(listing.COMING), most=200
    )
    return [one for one in found if one.state in listing.COMING]


def today(work: Work, actor: Actor, zone: str) -> list[Listed]:
    """The meetings that open today by the clocks of that zone."""
    start = work.now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return listing.listed(
        work, actor, Meeting.opens_at >= start, Meeting.opens_at < start + timedelta(days=1)
    )


def day_drawn(meetings: Sequence[Listed], now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The whole hours between which the day is drawn, an even number, so that all its meetings are in it."""
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = midnight + timedelta(hours=DAY_STARTS), midnight + timedelta(hours=DAY_ENDS)
    whole = timedelta(hours=1)
    for one in meetings:
        start = min(start, midnight + (one.lobby_at - midnight) // whole * whole)
        end = max(end, midnight - (midnight - one.meeting.closes_at) // whole * whole)
    start, end = max(start, midnight), min(end, midnight + timedelta(days=1))
    odd = (end - start) % timedelta(hours=2)
    return (start - odd, end) if start > midnight else (start, end + odd)


def rows_of_day(meetings: Sequence[Listed]) -> list[int]:
    """In which row of the day each is drawn: those that overlap one below the other."""
    ends: list[datetime] = []
    rows = []
    for one in meetings:
        row = next((row for row, end in enumerate(ends) if end <= one.lobby_at), len(ends))
        ends[row : row + 1] = [one.meeting.closes_at]
        rows.append(row)
    return rows


def running(work: Work, meetings: Sequence[Listed]) -> list[Running]:
    """Those of the meetings where people are now."""
    on = [one for one in meetings if one.state in (State.LOBBY, State.OPEN)]
    people = people_now(work, [one.meeting for one in on])
    return [Running(one, people.get(one.meeting.id, 0)) for one in on]


def clock_health(work: Work) -> ClockHealth:
    """As the heartbeat rows tell it."""
    last = work.db.scalar(select(func.max(Lease.renewed_at)).where(Lease.kind == leases.CLOCK))
    beating = select(Lease.process).where(Lease.kind == leases.CLOCK, ~leases.dead(work)).limit(1)
    return ClockHealth(work.db.scalar(beating) is not None, last, moves.next_due(work))


def needs(work: Work, actor: Actor, limits: Limits) -> list[Need]:
    """What waits for the hand of an organizer, meetings and their deadlines first; at most MOST_NEEDS."""
    organized = units_under(work, actor, *ORGANIZING)
    ids = [unit.id for unit in organized]
    unsettled = (State.DRAFT, State.SCHEDULED, State.POSTPONED)
    found = listing.listed(work, actor, Meeting.host_id.in_(ids), Meeting.state.in_(unsettled), most=100)
    matters = ((one, _matter(one, work.now)) for one in found)
    of_meetings = [
        Need(matter, meeting=one.meeting, bad=one.meeting.opens_at < work.now + SOON)
        for one, matter in matters
        if matter is not None
    ]
    of_deadlines = [
        Need(
            (_MISSED if one.step.late else _DUE)[one.step.what], one.meeting, bad=one.step.late, deadline=True
        )
        for one in timeline.pressing(work, ids, limits)
    ]
    failed = failures.count(work, actor)
    of_notices = [Need(_l("Not delivered"), count=failed, bad=True)] if failed else []
    return [*of_notices, *of_meetings, *of_deadlines, *_of_units(work, organized)][:MOST_NEEDS]


def _matter(one: Listed, now: datetime) -> Message | None:
    """What is still to be put right about a meeting; None when nothing is."""
    matter: Message | None = None
    if one.state is State.DRAFT:
        matter = _l("Still a draft")
    elif one.state is State.POSTPONED:
        matter = _l("Needs a new time")
    elif one.state is State.SCHEDULED and not one.expected:
        matter = _l("Nobody is expected")
    elif one.state is State.SCHEDULED and one.meeting.mode != Mode.ON_SITE and not one.meeting.video_link:
        matter = _l("No video link") if one.meeting.opens_at < now + LINK_BY else None
    return matter


def _of_units(work: Work, units: Sequence[Unit]) -> list[Need]:
    counts = accounts.never_signed_in(work, [unit.id for unit in units])
    return [
        Need(_l("Never signed in"), unit=unit, count=counts[unit.id]) for unit in units if unit.id in counts
    ]
