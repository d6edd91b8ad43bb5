"""The people of these tests: a city with two counties, whoever works there, and who does not belong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consult.core.store import Store, Work
from consult.members import roles, units
from consult.members.access import CONSOLE, Actor, actor_of
from consult.members.models import Level, Membership, Person, Role

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LASTING = timedelta(days=14)


def at(minutes: float = 0, days: float = 0) -> datetime:
    """So long after NOON."""
    return NOON + timedelta(minutes=minutes, days=days)


@dataclass
class Cast:
    """City over counties A and B; ids of units, persons and one membership."""

    city: int
    a: int
    b: int
    city_organizer: int
    organizer_a: int
    organizer_b: int
    admin_a: int
    reader_a: int
    member: int
    membership: int
    outsider: int
    both: int  # a member of county A and of the city


def assemble(store: Store) -> Cast:
    """Writes the cast into an empty database."""
    return store.write_at(NOON, _assemble)


def acting(store: Store, person_id: int) -> Actor:
    """The person's powers as they are at NOON."""
    with store.read(NOON) as work:
        return actor_of(work, person_id)


def seat(work: Work, unit_id: int, number: str, person: Person, sector: str = "农业界") -> Membership:
    """A new seat, its person added with it."""
    work.db.add(person)
    work.db.flush()
    row = Membership(
        unit_id=unit_id,
        person_id=person.id,
        number=number,
        sector=sector,
        committees=["提案委", "文史委"],
        party="民盟",
        post="教师",
        from_day=work.now.date(),
    )
    work.db.add(row)
    work.db.flush()
    return row


def person(work: Work, name: str, phone: str = "") -> Person:
    """A new person, not yet added."""
    return Person(name=name, phone=phone, created_at=work.now)


def _assemble(work: Work) -> Cast:
    city = units.create(work, "岭川市政协", Level.CITY, None)
    a = units.create(work, "禾川县政协", Level.COUNTY, city)
    b = units.create(work, "清河县政协", Level.COUNTY, city)

    def staff(unit_id: int, account: str, name: str, role: Role) -> int:
        return roles.create_staff(work, CONSOLE, unit_id, account, name, role).id

    member = seat(work, a.id, "A001", person(work, "赵秀英", "13800000001"))
    both = person(work, "买买提·艾力", "13800000002")
    seat(work, a.id, "A002", both, "文化艺术界")
    seat(work, city.id, "C001", both, "文化艺术界")
    outsider = seat(work, b.id, "B001", person(work, "外县人", "13800000003"))
    return Cast(
        city=city.id,
        a=a.id,
        b=b.id,
        city_organizer=staff(city.id, "city", "市组织者", Role.ORGANIZER),
        organizer_a=staff(a.id, "orga", "县组织者甲", Role.ORGANIZER),
        organizer_b=staff(b.id, "orgb", "县组织者乙", Role.ORGANIZER),
        admin_a=staff(a.id, "admina", "县管理员", Role.ADMINISTRATOR),
        reader_a=staff(a.id, "reada", "县读者", Role.READER),
        member=member.person_id,
        membership=member.id,
        outsider=outsider.person_id,
        both=both.id,
    )
