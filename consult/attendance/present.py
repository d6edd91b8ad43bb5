"""Who is present now: counted from the ledger's rows, as the report is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, false, func, literal, or_, select

from consult.attendance.intervals import Ended
from consult.attendance.ledger import CONNECTED
from consult.attendance.models import Presence
from consult.attendance.rules import Rule
from consult.core.store import Work
from consult.meetings.models import Expected, Meeting
from consult.members.models import Membership, Unit


@dataclass(frozen=True)
class Group:
    """The members of one unit or sector: how many are present, how many expected."""

    name: str
    people: int
    expected: int


@dataclass(frozen=True)
class PresentNow:
    """`people` present (each once, however many pages and devices), of `expected`; `excused` are on leave.

    `groups` are the units, or the sectors where all are of one unit; `by` says which.
    """

    people: int
    connections: int
    expected: int
    excused: int
    by: str
    groups: tuple[Group, ...]


def present_now(work: Work, meeting: Meeting) -> PresentNow:
    """Who is there now; in a closed meeting, who was at its end. Staff without a seat are not counted."""
    there = _there(meeting, min(work.now, meeting.closed_at or work.now))
    seats = (
        select(func.max(Presence.membership_id).label("id"))
        .where(there, Presence.membership_id.is_not(None))
        .group_by(Presence.person_id)
        .subquery()
    )
    came = work.db.execute(
        select(Unit.name, Membership.sector, func.count(), literal(0))
        .join(seats, seats.c.id == Membership.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .group_by(Unit.path, Unit.name, Membership.sector)
        .order_by(Unit.path, Membership.sector)
    ).all()
    called = work.db.execute(
        select(Unit.name, Membership.sector, func.count(), func.count(Expected.excused_at))
        .join(Membership, Membership.id == Expected.membership_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Expected.meeting_id == meeting.id)
        .group_by(Unit.path, Unit.name, Membership.sector)
        .order_by(Unit.path, Membership.sector)
    ).all()
    connections = work.db.scalar(
        select(func.count()).where(
            Presence.meeting_id == meeting.id, Presence.left_at.is_(None), Presence.channel.in_(CONNECTED)
        )
    )
    by_unit = len({unit for unit, _sector, _count, _excused in called}) > 1
    expected, people = _summed(called, by_unit), _summed(came, by_unit)
    return PresentNow(
        people=people.total(),
        connections=connections or 0,
        expected=expected.total(),
        excused=sum(excused for _unit, _sector, _count, excused in called),
        by="unit" if by_unit else "sector",
        groups=tuple(Group(name, people[name], expected[name]) for name in {**expected, **people} if name),
    )


def people_now(work: Work, meetings: Sequence[Meeting]) -> dict[int, int]:
    """`present_now(…).people` of many meetings, by the meeting's id; those with nobody there are left out."""
    there = [_there(meeting, min(work.now, meeting.closed_at or work.now)) for meeting in meetings]
    rows = work.db.execute(
        select(Presence.meeting_id, func.count(Presence.person_id.distinct()))
        .where(or_(false(), *there), Presence.membership_id.is_not(None))
        .group_by(Presence.meeting_id)
    )
    return {row[0]: row[1] for row in rows}


def _summed(rows: Iterable[Row[str, str, int, int]], by_unit: bool) -> Counter[str]:
    sums: Counter[str] = Counter()
    for unit, sector, count, _excused in rows:
        sums[unit if by_unit else sector] += count
    return sums


def _there(meeting: Meeting, at: datetime) -> ColumnElement[bool]:
    """The condition on Presence that it shows its person in the meeting at that instant."""
    bridge = Rule.from_data(meeting.rule).bridge_hidden
    return (
        (Presence.meeting_id == meeting.id)
        & Presence.voided_at.is_(None)
        & (Presence.joined_at <= at)
        & or_(
            Presence.left_at.is_(None),
            Presence.left_at >= at,
            (Presence.ended == Ended.HIDDEN) & (Presence.left_at > at - bridge),
        )
    )
