"""What the calendar page shows of some weeks: the meetings one may see, the days off, the quiet periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from consult.calendars import entries
from consult.core import workdays
from consult.core.errors import Invalid, Message
from consult.core.store import Work
from consult.meetings import invited, moves
from consult.meetings.access import visible_to
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Delegation, Meeting, QuietPeriod
from consult.meetings.plan import LONGEST
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Unit
from consult.topics.forms_of_consultation import Form

LONGEST_SPAN = 400  # days that may be asked for at once
SATURDAY = 5  # as date.weekday() counts


@dataclass(frozen=True)
class Filters:
    """What of it one wants to see; None: all."""

    unit: int | None = None
    form: Form | None = None
    state: State | None = None
    mine: bool = False


ALL = Filters()


@dataclass(frozen=True)
class Shown:
    """A meeting on the calendar. `venue` is the reader's own sub-venue, `venues` how many the meeting has;
    `movable`: the reader may put it elsewhere in time."""

    meeting: Meeting
    host: str
    state: State
    mine: bool
    venue: str
    venues: int
    movable: bool


@dataclass(frozen=True)
class Marked:
    """Days that are marked, the first and the last: a holiday, a make-up workday, a quiet period."""

    kind: str
    first: date
    last: date
    name: Message


def span(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """The instants between which these days lie, `last` not among them. Refuses: Invalid."""
    if not timedelta(0) < last - first <= timedelta(days=LONGEST_SPAN):
        raise Invalid(_l("At most %(days)s days can be shown at once.", days=LONGEST_SPAN), field="end")
    where = ZoneInfo(zone)
    return datetime.combine(first, time(), where), datetime.combine(last, time(), where)


def meetings(work: Work, actor: Actor, start: datetime, end: datetime, filters: Filters = ALL) -> list[Shown]:
    """The meetings in that time that the actor may see and wants to, in their order."""
    mine = entries.called(actor.person_id)
    wanted = [
        Meeting.opens_at < end,
        Meeting.opens_at > start - LONGEST,  # no meeting is longer; lets the index find them
        Meeting.closes_at > start,
    ]
    if filters.unit is not None:
        wanted.append(Meeting.host_id == filters.unit)
    if filters.form is not None:
        wanted.append(Meeting.form == filters.form)
    if filters.mine:
        wanted.append(or_(mine, Meeting.created_by == actor.person_id))
    rows = work.db.execute(
        select(Meeting, Unit.name, Unit.path, mine)
        .join(Unit, Unit.id == Meeting.host_id)
        .where(visible_to(actor), *wanted)
        .order_by(Meeting.opens_at, Meeting.id)
    ).all()
    ids = [meeting.id for meeting, *_rest in rows]
    own, counts = invited.venues(work, actor.person_id, ids), _venue_counts(work, ids)
    shown = []
    for meeting, host, path, called in rows:
        state = moves.state_now(meeting, work.now)
        if filters.state in (None, state):
            venue = own[meeting.id].venue if meeting.id in own else ""
            movable = (state, Move.RESCHEDULE) in MOVES and actor.holds(path, *ORGANIZING)
            shown.append(
                Shown(meeting, host, state, bool(called), venue, counts.get(meeting.id, 0), movable)
            )  # fmt: skip
    return shown


def hosts(work: Work, actor: Actor) -> list[Unit]:
    """The units of which the actor may see a meeting, in tree order."""
    seen = select(Meeting.host_id).join(Unit, Unit.id == Meeting.host_id).where(visible_to(actor))
    return list(work.db.scalars(select(Unit).where(Unit.id.in_(seen)).order_by(Unit.path)))


def marked(work: Work, actor: Actor, first: date, last: date) -> list[Marked]:
    """The days from first to before last that are marked: by the State Council, and as quiet by the actor's
    units and those above them."""
    days = (first + timedelta(days=count) for count in range((last - first).days))
    return [*_free_and_made_up(days), *_quiet(work, actor, first, last)]


def _venue_counts(work: Work, meeting_ids: Sequence[int]) -> dict[int, int]:
    rows = work.db.execute(
        select(Delegation.meeting_id, func.count())
        .where(Delegation.meeting_id.in_(meeting_ids), Delegation.venue != "")
        .group_by(Delegation.meeting_id)
    )
    return {row[0]: row[1] for row in rows}


def _free_and_made_up(days: Iterable[date]) -> list[Marked]:
    found = []
    for day in days:
        name = workdays.holiday_on(day)
        if name is not None:
            found.append(Marked("holiday", day, day, name))
        elif day.weekday() >= SATURDAY and workdays.is_working(day):
            found.append(Marked("workday", day, day, _l("Make-up workday")))
    return found


def _quiet(work: Work, actor: Actor, first: date, last: date) -> list[Marked]:
    paths = [seat.unit_path for seat in actor.seats]
    staff = actor.paths(*READING)
    above = {
        path[: end + 1] for path in (*paths, *staff) for end, one in enumerate(path) if one == "/" and end
    }
    below = [Unit.path.startswith(path, autoescape=True) for path in staff]
    rows = work.db.execute(
        select(QuietPeriod, Unit.name)
        .join(Unit, Unit.id == QuietPeriod.unit_id)
        .where(QuietPeriod.from_day < last, QuietPeriod.to_day >= first)
        .where(or_(Unit.path.in_(above), *below))
        .order_by(QuietPeriod.from_day, QuietPeriod.id)
    )
    return [
        Marked(
            "quiet",
            row.from_day,
            row.to_day,
            _l("Quiet period: %(reason)s (%(unit)s)", reason=row.reason, unit=unit),
        )
        for row, unit in rows
    ]
