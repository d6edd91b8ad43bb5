"""What is in the way of a meeting: people who are elsewhere, its host's other meetings, quiet periods, days
on which nobody works. Looked up with one query a kind, however many people and meetings there are.

A person may sit at two tiers. Of a meeting that whoever asks may not see, he learns whose it is and when, not
what it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, select

from consult.core import workdays
from consult.core.errors import Invalid, Message
from consult.core.store import Work
from consult.meetings import quiet
from consult.meetings.access import visible_to
from consult.meetings.audience import resolve
from consult.meetings.lifecycle import State
from consult.meetings.models import AgendaItem, Attending, Expected, Meeting
from consult.meetings.plan import Plan
from consult.members.access import Actor
from consult.members.models import Membership, Person, Unit

TAKES_TIME = (State.SCHEDULED, State.LOBBY, State.OPEN)


class Somebody(Protocol):
    """Whom a meeting wants; an audience.Seat is one."""

    @property
    def membership_id(self) -> int: ...
    @property
    def person_id(self) -> int: ...
    @property
    def name(self) -> str: ...


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
    leave from others on that day."""

    membership_id: int
    person_id: int
    name: str
    elsewhere: tuple[Other, ...]
    on_leave: tuple[Other, ...] = ()


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
        """What remains when these people are not wanted."""
        return replace(
            self, people=tuple(one for one in self.people if one.person_id not in person_ids)
        )  # fmt: skip


class Conflicting(Invalid):
    """Something is in the way, and nobody has said that the meeting is to be held all the same."""

    code, status = "conflicting", 409
    default = _l("Something is in the way at that time. Decide about it, or tick “Schedule all the same”.")

    def __init__(self, conflicts: Conflicts) -> None:
        super().__init__(field="despite")
        self.conflicts = conflicts


def conflicts_of(
    work: Work,
    actor: Actor,
    host: Unit,
    seats: Sequence[Somebody],
    opens_at: datetime,
    closes_at: datetime,
    place: str,
    speakers: Collection[int] = (),
    besides: int | None = None,
    zone: str = "Asia/Shanghai",
) -> Conflicts:
    """What is in the way of a meeting of that host with these people and speakers (memberships) at that time.

    `besides` is the meeting itself, if it exists already. For who organizes at the host already.
    """
    days = _days(opens_at, closes_at, zone)
    that_day = _others(work, actor, host, days, besides, zone)
    at_once = [one for one in that_day if one.opens_at < closes_at and one.closes_at > opens_at]
    expected, on_leave = _whereabouts(work, that_day, at_once)
    own = tuple(one for one in at_once if one.host_id == host.id)
    here = place.strip().casefold()
    speaking = _speakers(work, speakers)
    wanted = {seat.person_id for seat in seats}
    return Conflicts(
        people=tuple(
            Taken(
                seat.membership_id,
                seat.person_id,
                seat.name,
                tuple(expected.get(seat.person_id, ())),
                tuple(on_leave.get(seat.person_id, ())),
            )
            for seat in seats
            if seat.person_id in expected or seat.person_id in on_leave
        ),
        speakers=tuple(
            Taken(membership_id, person_id, name, tuple(expected[person_id]))
            for membership_id, person_id, name in speaking
            if person_id in expected and person_id not in wanted
        ),
        own=own,
        same_place=tuple(one for one in own if here and one.place.strip().casefold() == here),
        quiet=tuple(quiet.over(work, host, days[0], days[-1])),
        free_days=tuple((day, workdays.holiday_on(day)) for day in days if not workdays.is_working(day)),
    )


def of_plan(work: Work, actor: Actor, host: Unit, plan: Plan, besides: int | None = None) -> Conflicts:
    """What is in the way of a plan. Where people sign up, nobody is expected who does not want to be.

    Refuses: NotAllowed.
    """
    seats = resolve(work, actor, host, plan.audience, plan.day).seats
    return conflicts_of(
        work,
        actor,
        host,
        seats if plan.attending == Attending.MANDATORY else (),
        plan.opens_at,
        plan.closes_at,
        plan.place,
        speakers_of(work, besides),
        besides,
        plan.zone,
    )


def speakers_of(work: Work, meeting_id: int | None) -> list[int]:
    """The memberships of those who speak at a meeting by its agenda."""
    asked = select(AgendaItem.speaker_id).where(AgendaItem.meeting_id == meeting_id).distinct()
    return [one for one in work.db.scalars(asked) if one is not None]


def _days(opens_at: datetime, closes_at: datetime, zone: str) -> list[date]:
    where = ZoneInfo(zone)
    first = opens_at.astimezone(where).date()
    last = (closes_at - timedelta(microseconds=1)).astimezone(where).date()
    return [first + timedelta(days=more) for more in range((last - first).days + 1)]


def _others(
    work: Work, actor: Actor, host: Unit, days: Sequence[date], besides: int | None, zone: str
) -> list[Other]:
    """The meetings on these days; of drafts only those of the host."""
    start = datetime.combine(days[0], time(), ZoneInfo(zone))
    end = datetime.combine(days[-1] + timedelta(days=1), time(), ZoneInfo(zone))
    rows = work.db.execute(
        select(Meeting, Unit.name, case((visible_to(actor), 1), else_=0))
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.opens_at < end, Meeting.closes_at > start, Meeting.id != besides)
        .where(
            Meeting.state.in_(TAKES_TIME) | ((Meeting.state == State.DRAFT) & (Meeting.host_id == host.id))
        )
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [
        Other(
            meeting.id, meeting.title if visible else "", name, meeting.opens_at, meeting.closes_at,
            State(meeting.state), meeting.host_id, meeting.place,
        )
        for meeting, name, visible in rows
    ]  # fmt: skip


def _whereabouts(
    work: Work, that_day: Sequence[Other], at_once: Sequence[Other]
) -> tuple[Mapping[int, list[Other]], Mapping[int, list[Other]]]:
    """By person: meetings at that time at which he is expected or speaks, and those of that day from which he
    has leave; the first and the last of them."""
    by_id = {one.meeting_id: one for one in that_day if one.state is not State.DRAFT}
    same_time = {one.meeting_id for one in at_once}
    expected: dict[int, list[Other]] = {}
    on_leave: dict[int, list[Other]] = {}
    excused = Expected.excused_at.is_not(None)
    first, last = func.min(Expected.meeting_id), func.max(Expected.meeting_id)
    for person_id, is_excused, *meeting_ids in work.db.execute(
        select(Expected.person_id, excused, first, last)
        .where(Expected.meeting_id.in_(same_time & by_id.keys()) | (Expected.meeting_id.in_(by_id) & excused))
        .group_by(Expected.person_id, excused)
    ):
        told = [by_id[meeting_id] for meeting_id in sorted(set(meeting_ids))]
        (on_leave if is_excused else expected)[person_id] = told
    for meeting_id, person_id in work.db.execute(
        select(AgendaItem.meeting_id, Membership.person_id)
        .join(Membership, Membership.id == AgendaItem.speaker_id)
        .where(AgendaItem.meeting_id.in_(same_time & by_id.keys()))
        .distinct()
    ):
        there = expected.setdefault(person_id, [])
        if by_id[meeting_id] not in there:
            there.append(by_id[meeting_id])
    return expected, on_leave


def _speakers(work: Work, membership_ids: Collection[int]) -> list[tuple[int, int, str]]:
    rows = work.db.execute(
        select(Membership.id, Membership.person_id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.id.in_(membership_ids))
        .order_by(Membership.id)
    )
    return [(membership_id, person_id, name) for membership_id, person_id, name in rows]
