"""What is in the way of a meeting: people who are elsewhere, its host's other meetings, quiet periods, days
on which nobody works. Looked up with one query a kind, however many people and meetings there are.

A person may sit at two tiers. Of a meeting that whoever asks may not see, he learns whose it is and when, not
what it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, String, case, cast, func, select

from consult.core import workdays
from consult.core.errors import Invalid, Message
from consult.core.store import Work
from consult.meetings import quiet
from consult.meetings.access import visible_to
from consult.meetings.audience import Seat, resolve
from consult.meetings.invited import WITH_A_PLACE
from consult.meetings.lifecycle import State
from consult.meetings.models import AgendaItem, Attending, Expected, Invitation, Meeting
from consult.meetings.plan import Plan
from consult.members.access import ORGANIZING, Actor
from consult.members.models import Membership, Person, Unit

TAKES_TIME = (State.SCHEDULED, State.LOBBY, State.OPEN)


@dataclass(frozen=True)
class Other:
    """Another meeting, as far as whoever asks may know of it: `title` is empty where he may not see it."""

    meeting_id: int
    title: str
    host: str
    opens_at: datetime
    closes_at: datetime
    state: State
    host_id: int
    place: str


@dataclass(frozen=True)
class Taken:
    """Somebody who is wanted at a meeting and is expected, or speaks, at others at that time; or who has
    leave from others on that day. Leave from what whoever asks may not see is none of his business: he learns
    that the member is `unavailable`, not why. Whom a unit below has `named`, only that unit can take out."""

    membership_id: int
    person_id: int
    name: str
    elsewhere: tuple[Other, ...] = ()
    on_leave: tuple[Other, ...] = ()
    unavailable: bool = False
    named_by: str = ""


@dataclass(frozen=True)
class Conflicts:
    """All that is in the way of a meeting. `same_place` are those of the host's own in the same place at the
    same time, which can't both be; `free_days` are only a hint."""

    people: tuple[Taken, ...] = ()
    speakers: tuple[Taken, ...] = ()
    own: tuple[Other, ...] = ()
    same_place: tuple[Other, ...] = ()
    quiet: tuple[quiet.Period, ...] = ()
    free_days: tuple[tuple[date, Message | None], ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is in the way that somebody has to decide about."""
        return bool(self.people or self.speakers or self.own or self.quiet)

    def without(self, person_ids: Collection[int]) -> Conflicts:
        """What remains when these people are moved out."""
        people = tuple(one for one in self.people if one.named_by or one.person_id not in person_ids)
        return replace(self, people=people)


class Conflicting(Invalid):
    """Something is in the way, and nobody has said that the meeting is to be held all the same."""

    code, status = "conflicting", 409
    default = _l("Something is in the way at that time. Decide about it, or tick “Schedule all the same”.")

    def __init__(self, conflicts: Conflicts, message: Message | None = None) -> None:
        super().__init__(message, field="despite")
        self.conflicts = conflicts


@dataclass(frozen=True)
class Proposal:
    """A meeting as far as something can be in its way.

    `besides` is the meeting itself, if it exists already: whom units have named for it and who has signed up
    are wanted, too. Those who speak are those of the agenda of `agenda_of`.
    """

    host: Unit
    seats: Sequence[Seat]
    opens_at: datetime
    closes_at: datetime
    zone: str
    place: str = ""
    attending: Attending = Attending.MANDATORY
    besides: int | None = None
    agenda_of: int | None = None


def conflicts_of(work: Work, actor: Actor, meant: Proposal) -> Conflicts:
    """What is in the way of that meeting. Refuses: NotAllowed, to who does not organize at its host."""
    actor.require(meant.host.path, *ORGANIZING)
    days = _days(meant)
    at_once, there, on_leave = _at_that_time(work, actor, meant, days)
    own = tuple(one for one in at_once if one.host_id == meant.host.id)
    here = meant.place.strip().casefold()
    people = _taken(_wanted(work, meant), there, on_leave)
    told = {one.person_id for one in people}
    speakers = [
        replace(one, elsewhere=_told(there, one.person_id))
        for one in _speakers(work, meant.agenda_of)
        if one.person_id not in told
    ]
    return Conflicts(
        people=tuple(people),
        speakers=tuple(one for one in speakers if one.elsewhere),
        own=own,
        same_place=tuple(one for one in own if here and one.place.strip().casefold() == here),
        quiet=tuple(quiet.over(work, meant.host, days[0], days[-1])),
        free_days=tuple((day, workdays.holiday_on(day)) for day in days if not workdays.is_working(day)),
    )


def of_naming(work: Work, actor: Actor, meeting: Meeting, unit: Unit, seats: Sequence[Seat]) -> Conflicts:
    """What is in the way of these people's going to a meeting for which the unit names them: what they have
    at that time, and quiet periods of the unit's side. About its own the host has decided. Refuses:
    NotAllowed, to who does not organize in the unit."""
    actor.require(unit.path, *ORGANIZING)
    meant = Proposal(unit, seats, meeting.opens_at, meeting.closes_at, meeting.zone, besides=meeting.id)
    days = _days(meant)
    _, there, on_leave = _at_that_time(work, actor, meant, days)
    host = work.db.get_one(Unit, meeting.host_id)
    wanted = [Taken(seat.membership_id, seat.person_id, seat.name) for seat in seats]
    return Conflicts(
        people=tuple(_taken(wanted, there, on_leave)),
        quiet=tuple(
            one for one in quiet.over(work, unit, days[0], days[-1]) if f"/{one.unit_id}/" not in host.path
        ),
    )


def of_plan(
    work: Work,
    actor: Actor,
    host: Unit,
    plan: Plan,
    besides: int | None = None,
    agenda_of: int | None = None,
) -> Conflicts:
    """What is in the way of a plan: of the meeting `besides`, or of a new one, which may take over the agenda
    of another.

    Refuses: NotAllowed.
    """
    seats = resolve(work, actor, host, plan.audience, plan.day).seats
    meant = Proposal(
        host, seats, plan.opens_at, plan.closes_at, plan.zone, plan.place, plan.attending,
        besides, besides or agenda_of,
    )  # fmt: skip
    return conflicts_of(work, actor, meant)


def require_clear(
    work: Work,
    actor: Actor,
    host: Unit,
    plan: Plan,
    besides: int | None = None,
    agenda_of: int | None = None,
) -> None:
    """Refuses (Conflicting) when something is in the plan's way that somebody has to decide about."""
    found = of_plan(work, actor, host, plan, besides, agenda_of)
    if found.open:
        raise Conflicting(found)


def _wanted(work: Work, meant: Proposal) -> list[Taken]:
    """Whom the meeting would expect. Where people sign up, nobody is who has not."""
    rows = work.db.execute(
        select(Invitation.membership_id, Invitation.person_id, Person.name, Unit.name)
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(Unit, Unit.id == Invitation.named_by_unit)
        .where(Invitation.meeting_id == meant.besides)
        .where(Invitation.named_by_unit.is_not(None) | Invitation.answer.in_(WITH_A_PLACE))
        .order_by(Invitation.membership_id)
    ).all()
    named = [Taken(seat, person, name, named_by=unit) for seat, person, name, unit in rows if unit]
    signed_up = {person for _, person, _, unit in rows if not unit}
    by_a_unit = {one.person_id for one in named}
    by_rule = [
        Taken(seat.membership_id, seat.person_id, seat.name)
        for seat in meant.seats
        if seat.person_id not in by_a_unit
        and (meant.attending == Attending.MANDATORY or seat.person_id in signed_up)
    ]
    return [*by_rule, *named]


def _at_that_time(
    work: Work, actor: Actor, meant: Proposal, days: Sequence[date]
) -> tuple[Sequence[Other], Mapping[Other, Collection[int]], Mapping[Other, Collection[int]]]:
    """The meetings at that time, who is wanted there, and who has leave from which on that day."""
    that_day = _others(work, actor, meant, days)
    at_once = [one for one in that_day if one.opens_at < meant.closes_at and one.closes_at > meant.opens_at]
    return at_once, *_elsewhere(work, that_day, at_once)


def _taken(
    wanted: Iterable[Taken],
    there: Mapping[Other, Collection[int]],
    on_leave: Mapping[Other, Collection[int]],
) -> list[Taken]:
    """Those of the wanted who have something else, with what it is."""
    open_leave = {other: people for other, people in on_leave.items() if other.title}
    hidden = set().union(*(people for other, people in on_leave.items() if not other.title))
    found = (
        replace(
            one,
            elsewhere=_told(there, one.person_id),
            on_leave=_told(open_leave, one.person_id),
            unavailable=one.person_id in hidden,
        )
        for one in wanted
    )
    return [one for one in found if one.elsewhere or one.on_leave or one.unavailable]


def _days(meant: Proposal) -> list[date]:
    where = ZoneInfo(meant.zone)
    first = meant.opens_at.astimezone(where).date()
    last = (meant.closes_at - timedelta(microseconds=1)).astimezone(where).date()
    return [first + timedelta(days=more) for more in range((last - first).days + 1)]


def _others(work: Work, actor: Actor, meant: Proposal, days: Sequence[date]) -> list[Other]:
    """The meetings on these days; of drafts only those of the host."""
    start = datetime.combine(days[0], time(), ZoneInfo(meant.zone))
    end = datetime.combine(days[-1] + timedelta(days=1), time(), ZoneInfo(meant.zone))
    own_draft = (Meeting.state == State.DRAFT) & (Meeting.host_id == meant.host.id)
    rows = work.db.execute(
        select(Meeting, Unit.name, case((visible_to(actor), 1), else_=0))
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.opens_at < end, Meeting.closes_at > start, Meeting.id != meant.besides)
        .where(Meeting.state.in_(TAKES_TIME) | own_draft)
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [
        Other(
            meeting.id, meeting.title if visible else "", name, meeting.opens_at, meeting.closes_at,
            State(meeting.state), meeting.host_id, meeting.place,
        )
        for meeting, name, visible in rows
    ]  # fmt: skip


def _elsewhere(
    work: Work, that_day: Sequence[Other], at_once: Sequence[Other]
) -> tuple[Mapping[Other, Collection[int]], Mapping[Other, Collection[int]]]:
    """Of the meetings at that time, the people who are expected or speak there; of those of that day, the
    people who have leave from there. Drafts take nobody's time."""
    on = {one.meeting_id: one for one in that_day if one.state is not State.DRAFT}
    at_that_time = [one.meeting_id for one in at_once if one.meeting_id in on]
    there = _people(work, at_that_time, Expected.excused_at.is_(None))
    for meeting_id, person_id in work.db.execute(
        select(AgendaItem.meeting_id, Membership.person_id)
        .join(Membership, Membership.id == AgendaItem.speaker_id)
        .where(AgendaItem.meeting_id.in_(at_that_time))
    ):
        there.setdefault(meeting_id, set()).add(person_id)
    on_leave = _people(work, on, Expected.excused_at.is_not(None))
    return (
        {on[meeting_id]: there[meeting_id] for meeting_id in at_that_time if meeting_id in there},
        {on[meeting_id]: on_leave[meeting_id] for meeting_id in on if meeting_id in on_leave},
    )


def _people(work: Work, meeting_ids: Iterable[int], which: ColumnElement[bool]) -> dict[int, set[int]]:
    """The people of these rows by meeting. They come as one text a meeting: thousands of people at each of a
    hundred meetings are too many rows to fetch, or to sort, while somebody types."""
    packed = func.aggregate_strings(cast(Expected.person_id, String), ",")
    rows = work.db.execute(
        select(Expected.meeting_id, packed)
        .where(Expected.meeting_id.in_(meeting_ids), which)
        .group_by(Expected.meeting_id)
    )
    return {meeting_id: set(map(int, people.split(","))) for meeting_id, people in rows}


def _told(people: Mapping[Other, Collection[int]], person_id: int) -> tuple[Other, ...]:
    return tuple(other for other, there in people.items() if person_id in there)


def _speakers(work: Work, meeting_id: int | None) -> list[Taken]:
    """The members who speak at a meeting by its agenda."""
    rows = work.db.execute(
        select(Membership.id, Membership.person_id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.id.in_(select(AgendaItem.speaker_id).where(AgendaItem.meeting_id == meeting_id)))
        .order_by(Membership.id)
    )
    return [Taken(membership_id, person_id, name) for membership_id, person_id, name in rows]
