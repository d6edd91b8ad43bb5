"""The office of these tests: the cast's county, two members of one name, and ways to write things down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import update

from consult.core.store import Store, Work
from consult.members.access import Actor
from consult.members.models import Membership, Person
from consult.records import recording, rows
from consult.records.entries import Entry, entry_of
from consult.records.kinds import KINDS, Kind
from consult.records.models import Record
from consult.records.rows import Row
from tests.meetings.people import People, gather
from tests.support.cast import NINE

PARTIES = {"王秀兰": "中共党员", "李建国": "民盟盟员", "赵敏": "群众"}
DAY = date(2026, 3, 5)


@dataclass(frozen=True)
class Office:
    """The people, the two members called 王伟 (1001 and 1002), and by name everybody's number."""

    people: People
    namesakes: tuple[int, int]
    numbers: dict[str, str]

    @property
    def store(self) -> Store:
        return self.people.store

    @property
    def county(self) -> int:
        return self.people.cast.county

    def actor(self, role: str = "office") -> Actor:
        return self.people.actor(role)

    def write(self, kind: Kind, by: str = "office", **texts: str) -> Record:
        """A record of the county, written down at nine."""
        return self.store.write_at(NINE, recording.create, self.actor(by), self.county, entry(kind, **texts))

    def row(self, record_id: int) -> Row:
        with self.store.read(NINE) as work:
            return rows.seen_by(work, self.actor(), record_id)

    def year(self, year: int = 2026, by: str = "office", unit: int = 0) -> list[Row]:
        with self.store.read(NINE) as work:
            return rows.year_of(work, self.actor(by), unit or self.county, year)


def entry(kind: Kind, **texts: str) -> Entry:
    """A right entry of that kind, but for these texts."""
    right = {"title": "学习会", "day": DAY.isoformat()}
    if KINDS[kind].varieties:
        right["variety"] = next(iter(KINDS[kind].varieties))
    if KINDS[kind].contribution:
        right["authors"] = "王秀兰"
    return entry_of(kind, {**right, **texts}, recording.latest(NINE))


def furnish(store: Store) -> Office:
    """Writes them into an empty database."""
    people = gather(store)
    return store.write_at(NINE, _furnish, people)


def _furnish(work: Work, people: People) -> Office:
    seats = []
    for number, sector in (("1001", "农业界"), ("1002", "教育界")):
        person = Person(name="王伟", created_at=work.now)
        work.db.add(person)
        work.db.flush()
        seat = Membership(
            unit_id=people.cast.county, person_id=person.id, number=number, sector=sector, committees=[],
            party="", post="", from_day=date(2022, 1, 1),
        )  # fmt: skip
        work.db.add(seat)
        work.db.flush()
        seats.append(seat.id)
    numbers = {}
    for seat, person in work.db.query(Membership, Person).join(Person, Person.id == Membership.person_id):
        numbers[person.name] = seat.number
        if person.name in PARTIES:
            work.db.execute(
                update(Membership).where(Membership.id == seat.id).values(party=PARTIES[person.name])
            )
    return Office(people, (seats[0], seats[1]), numbers)
