"""Meetings that have been held and counted, and who reads their reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from consult.attendance import settle
from consult.attendance.models import Presence
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.models import Expected
from consult.members.access import Actor
from consult.members.models import Person, Role, RoleGrant
from consult.reports import queries
from tests.support.cast import NINE, Cast, at

LATER = at(60 * 24 * 300)
ZONE = "Asia/Shanghai"
YEAR = queries.year_bounds(2026, ZONE)


def staff(people: Cast, unit_id: int, role: Role = Role.READER) -> Actor:
    """Somebody new with that role there."""

    def make(work: Work) -> int:
        person = Person(name="阅", created_at=work.now)
        work.db.add(person)
        work.db.flush()
        work.db.add(RoleGrant(person_id=person.id, unit_id=unit_id, role=role, granted_at=work.now))
        return person.id

    return people.actor(people.store.write_at(NINE, make))


def held_meeting(
    people: Cast,
    present: Mapping[int, tuple[float, float]],
    *,
    host: int | None = None,
    expected: Sequence[int] | None = None,
    days: float = 0,
    excused: int | None = None,
    **given: Any,
) -> int:
    """A settled meeting, `days` after the first; `present` has minutes after nine by person."""
    start = timedelta(days=days)
    meeting_id = people.meeting(
        expected, host_id=host or people.county, opens_at=NINE + start, closes_at=at(60) + start, **given
    )

    def attend(work: Work) -> None:
        for person, (joined, left) in present.items():
            instants = (at(joined) + start, at(left) + start)
            work.db.add(
                Presence(
                    meeting_id=meeting_id, person_id=person, membership_id=people.seats[person],
                    channel="browser", joined_at=instants[0], seen_at=instants[1], left_at=instants[1],
                    ended="left", process="gone",
                )
            )  # fmt: skip
        if excused is not None:
            row = work.db.get_one(Expected, (meeting_id, people.seats[excused]))
            row.excused_at = work.now

    people.store.write_at(NINE + start, attend)
    people.store.write_at(at(70) + start, moves.advance_due)
    people.store.write_at(at(70) + start, settle.settle_due)
    return meeting_id
