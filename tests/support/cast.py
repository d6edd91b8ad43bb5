"""Who and what the tests are about: a province with two counties, some members, an office, a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consult.attendance.rules import Rule
from consult.core.store import Store, Work
from consult.meetings import moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Invitation, LogHead, Meeting, Mode
from consult.members import sign_ins
from consult.members.access import Actor, actor_of
from consult.members.models import Level, Membership, Person, Role, RoleGrant, Unit

NINE = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai, when the tests' meetings open unless they say otherwise."""


def at(minutes: float) -> datetime:
    """So many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Cast:
    """The ids of a province and its counties, of members of the one county, of an outsider, of the office."""

    store: Store
    province: int
    county: int
    other_county: int
    wang: int
    li: int
    zhao: int
    outsider: int
    office: int
    seats: dict[int, int]

    def actor(self, person_id: int, now: datetime = NINE) -> Actor:
        with self.store.read(now) as work:
            return actor_of(work, person_id)

    def sign_in(self, person_id: int) -> tuple[int, str]:
        """The id and the token of a browser of that person's."""
        token = sign_ins.new_token()
        return self.store.write(sign_ins.begin, person_id, token, "computer").id, token

    def meeting(self, expected: Sequence[int] | None = None, **given: Any) -> int:
        """A scheduled meeting of the county, from nine to ten, with the county's members expected."""
        people = (self.wang, self.li, self.zhao) if expected is None else expected
        return self.store.write_at(at(-60 * 24), _meeting, self, people, given)


def cast(store: Store) -> Cast:
    return store.write_at(at(-60 * 48), _people, store)


def _people(work: Work, store: Store) -> Cast:
    province = _unit(work, "岭南省政协", Level.PROVINCE, None)
    county = _unit(work, "清河县政协", Level.COUNTY, province)
    other = _unit(work, "白塔县政协", Level.COUNTY, province)
    wang, li, zhao, outsider, office = (
        _person(work, name) for name in ("王秀兰", "李建国", "赵敏", "钱进", "清河县政协办公室")
    )
    seats = {
        person: _seat(work, unit, person, sector)
        for person, unit, sector in (
            (wang, county, "医药卫生界"),
            (li, county, "农业界"),
            (zhao, county, "农业界"),
            (outsider, other, "教育界"),
        )
    }
    work.db.add(RoleGrant(person_id=office, unit_id=county.id, role=Role.ORGANIZER, granted_at=work.now))
    return Cast(store, province.id, county.id, other.id, wang, li, zhao, outsider, office, seats)


def _unit(work: Work, name: str, level: Level, parent: Unit | None) -> Unit:
    unit = Unit(name=name, level=level, parent_id=parent.id if parent else None, path="", created_at=work.now)
    work.db.add(unit)
    work.db.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    return unit


def _person(work: Work, name: str) -> int:
    person = Person(name=name, created_at=work.now, consented_at=work.now)
    work.db.add(person)
    work.db.flush()
    return person.id


def _seat(work: Work, unit: Unit, person_id: int, sector: str) -> int:
    seat = Membership(
        unit_id=unit.id,
        person_id=person_id,
        number=f"{unit.id}-{person_id}",
        sector=sector,
        committees=[],
        from_day=date(2022, 1, 1),
        to_day=None,
    )
    work.db.add(seat)
    work.db.flush()
    return seat.id


def _meeting(work: Work, cast: Cast, people: Sequence[int], given: dict[str, Any]) -> int:
    defaults: dict[str, Any] = {
        "host_id": cast.county,
        "title": "推进城乡供水一体化",
        "form": "remote",
        "mode": Mode.REMOTE,
        "zone": "Asia/Shanghai",
        "opens_at": NINE,
        "closes_at": at(60),
        "lobby_minutes": 15,
        "grace_seconds": 120,
        "rule": Rule().as_data(),
        "audience": {},
        "state": State.SCHEDULED,
        "created_by": cast.office,
        "created_at": work.now,
        "updated_at": work.now,
    }
    meeting = Meeting(**{**defaults, **given})
    work.db.add(meeting)
    work.db.flush()
    moves.set_due(meeting)
    work.db.add(LogHead(meeting_id=meeting.id, seq=0))
    for person in people:
        seat = {"meeting_id": meeting.id, "membership_id": cast.seats[person], "person_id": person}
        work.db.add_all([Invitation(**seat, invited_at=work.now), Expected(**seat)])
    return meeting.id
