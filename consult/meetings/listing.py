"""Meetings as lists and one meeting as a page shows it: as far as whoever asks may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select

from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.access import visible_to
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting, Transition
from consult.members.access import READING, Actor
from consult.members.models import Membership, Person, Unit
from consult.topics.models import Topic

MOST_FOUND = 200  # rows of a search

COMING = (State.SCHEDULED, State.LOBBY, State.OPEN)


@dataclass(frozen=True)
class Listed:
    """A meeting in a list. `mine` is the reader's own expectation, if he is expected."""

    meeting: Meeting
    host: str
    topic: str | None
    state: State
    expected: int
    excused: int
    mine: Expected | None

    @property
    def lobby_at(self) -> datetime:
        return self.meeting.opens_at - timedelta(minutes=self.meeting.lobby_minutes)


@dataclass(frozen=True)
class Row:
    """Somebody who is expected, with the seat for which he is, and his leave."""

    seat: Membership
    name: str
    unit: str
    expected: Expected


@dataclass(frozen=True)
class Step:
    """A transition with the name of who made it; empty for the clock."""

    transition: Transition
    by: str


def listed(
    work: Work, actor: Actor, *where: ColumnElement[bool], newest_first: bool = False, most: int | None = None
) -> list[Listed]:
    """The meetings that the actor may see and that meet these conditions (on Meeting, Unit or Topic), in the
    order of their times."""
    order = Meeting.opens_at.desc() if newest_first else Meeting.opens_at
    rows = work.db.execute(
        select(Meeting, Unit.name, Topic.title)
        .join(Unit, Unit.id == Meeting.host_id)
        .outerjoin(Topic, Topic.id == Meeting.topic_id)
        .where(visible_to(actor), *where)
        .order_by(order, Meeting.id)
        .limit(most)
    ).all()
    ids = [meeting.id for meeting, _, _ in rows]
    counts = {
        meeting_id: (expected, excused)
        for meeting_id, expected, excused in work.db.execute(
            select(Expected.meeting_id, func.count(), func.count(Expected.excused_at))
            .where(Expected.meeting_id.in_(ids))
            .group_by(Expected.meeting_id)
        )
    }
    own = work.db.scalars(
        select(Expected).where(Expected.meeting_id.in_(ids), Expected.person_id == actor.person_id)
    )
    mine = {row.meeting_id: row for row in own}
    return [
        Listed(
            meeting,
            host,
            topic,
            moves.state_now(meeting, work.now),
            *counts.get(meeting.id, (0, 0)),
            mine.get(meeting.id),
        )
        for meeting, host, topic in rows
    ]


def in_month(work: Work, actor: Actor, first: date, zone: str) -> list[Listed]:
    """The meetings that open in the month beginning with that day."""
    start, end = month_bounds(first, zone)
    return listed(work, actor, Meeting.opens_at >= start, Meeting.opens_at < end)


def search(work: Work, actor: Actor, text: str) -> list[Listed]:
    """The meetings with the text in their title or their topic's, the latest first, at most MOST_FOUND."""
    has = [
        func.lower(column).contains(text.lower(), autoescape=True)
        for column in (Meeting.title, Topic.title)
    ]  # fmt: skip
    return listed(work, actor, or_(*has), newest_first=True, most=MOST_FOUND)


def month_bounds(first: date, zone: str) -> tuple[datetime, datetime]:
    """The instants at which the month beginning with that day starts and ends in the zone."""
    following = (first + timedelta(days=31)).replace(day=1)
    where = ZoneInfo(zone)
    return (
        datetime(first.year, first.month, 1, tzinfo=where),
        datetime(following.year, following.month, 1, tzinfo=where),
    )


def expected_at(work: Work, actor: Actor, meeting: Meeting) -> list[Row]:
    """Who is expected, as far as the actor reads in their units, or in the host's; by unit and number."""
    host = work.db.get_one(Unit, meeting.host_id)
    paths = ("",) if actor.holds(host.path, *READING) else actor.paths(*READING)
    rows = work.db.execute(
        select(Membership, Person.name, Unit.name, Expected)
        .join(Expected, Expected.membership_id == Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Expected.meeting_id == meeting.id)
        .where(or_(False, *(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .order_by(Unit.path, Membership.number, Membership.id)
    )
    return [Row(*row) for row in rows]


def groups(rows: Sequence[Row]) -> tuple[str, list[tuple[str, int, int]]]:
    """How many are expected and how many of them have leave, by unit, or by sector where all are of one unit.

    Returns "unit" or "sector", and the groups in the order of the rows.
    """
    by = "unit" if len({row.unit for row in rows}) > 1 else "sector"

    def name_of(row: Row) -> str:
        return row.unit if by == "unit" else row.seat.sector

    expected = Counter(name_of(row) for row in rows)
    excused = Counter(name_of(row) for row in rows if row.expected.excused_at is not None)
    return by, [(name, count, excused[name]) for name, count in expected.items()]


def history(work: Work, meeting: Meeting) -> list[Step]:
    """The meeting's transitions in their order."""
    rows = work.db.execute(
        select(Transition, Person.name)
        .outerjoin(Person, Person.id == Transition.by_id)
        .where(Transition.meeting_id == meeting.id)
        .order_by(Transition.revision)
    )
    return [Step(transition, name or "") for transition, name in rows]
