"""Reading records: whole ones with their people and headcounts, in so many queries however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import ColumnElement, select

from consult.core.errors import Missing
from consult.core.store import Work
from consult.members.access import READING, Actor, unit_for
from consult.members.models import AuditEntry, Membership, Person, Unit
from consult.records.entries import Count, Entry, Value
from consult.records.kinds import FIELDS, KINDS, ROLES, Kind, Role
from consult.records.models import Headcount, Record, RecordPerson
from consult.records.people import Seat

LONGEST_HISTORY = 100


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody in a record as he was on its day; who is no member has no membership."""

    role: Role
    membership_id: int | None
    person_id: int | None
    name: str
    number: str
    sector: str
    committees: tuple[str, ...]
    party: str

    @property
    def written(self) -> str:
        return f"{self.name}（{self.number}）" if self.number else self.name


@dataclass(frozen=True)
class Row:
    """A record with its people, in the order they were written in, its headcounts and its unit."""

    record: Record
    unit: Unit
    people: tuple[Taker, ...]
    counts: Mapping[str, Count]

    @cached_property
    def kind(self) -> Kind:
        return Kind(self.record.kind)

    @property
    def members(self) -> tuple[Taker, ...]:
        return tuple(one for one in self.people if one.membership_id is not None)

    @property
    def by(self) -> str:
        """Whose it is, in a few words: the first author or leader, or nobody."""
        first = [one.name for one in self.people if one.role in (Role.AUTHOR, Role.LED)]
        return (first or [one.name for one in self.people if KINDS[self.kind].contribution] or [""])[0]


@dataclass(frozen=True)
class Change:
    """A step in a record's history: when, by whom, what was done, why, and old and new by field."""

    version: int
    at: datetime
    by: str
    action: str
    reason: str
    changed: Mapping[str, tuple[str, str]]


def year_of(work: Work, actor: Actor, unit_id: int, year: int, *, below: bool = False) -> list[Row]:
    """The records of the unit (with those of the units below it) in that year, voided ones too; newest first.

    Refuses: Missing, to who does not read there.
    """
    unit = unit_for(work, actor, unit_id, *READING)
    where = Unit.path.startswith(unit.path, autoescape=True) if below else Record.unit_id == unit.id
    return found(work, where, Record.year == year)


def seen_by(work: Work, actor: Actor, record_id: int) -> Row:
    """The record, if the actor reads in its unit or is in it himself and it stands. Refuses: Missing."""
    rows = found(work, Record.id == record_id)
    if not rows:
        raise Missing
    row = rows[0]
    own = row.record.voided_at is None and any(one.person_id == actor.person_id for one in row.people)
    if not own and not actor.holds(row.unit.path, *READING):
        raise Missing
    return row


def own(work: Work, person_id: int) -> list[Row]:
    """What stands in a person's own name, newest first."""
    mine = select(RecordPerson.record_id).where(RecordPerson.person_id == person_id)
    return found(work, Record.id.in_(mine), Record.voided_at.is_(None))


def found(work: Work, *where: ColumnElement[bool]) -> list[Row]:
    """The records that meet these conditions on Record and its Unit, newest first."""
    chosen = select(Record.id).join(Unit, Unit.id == Record.unit_id).where(*where)
    records = work.db.execute(
        select(Record, Unit)
        .join(Unit, Unit.id == Record.unit_id)
        .where(*where)
        .order_by(Record.day.desc(), Record.id.desc())
    ).all()
    people: defaultdict[int, list[Taker]] = defaultdict(list)
    counts: defaultdict[int, dict[str, Count]] = defaultdict(dict)
    for record_id, role, membership_id, person_id, name, number, sector, committees, party in work.db.execute(
        select(
            RecordPerson.record_id, RecordPerson.role, RecordPerson.membership_id, RecordPerson.person_id,
            RecordPerson.name, RecordPerson.number, RecordPerson.sector, RecordPerson.committees,
            RecordPerson.party,
        )
        .where(RecordPerson.record_id.in_(chosen))
        .order_by(RecordPerson.record_id, RecordPerson.place)
    ):  # fmt: skip
        people[record_id].append(
            Taker(Role(role), membership_id, person_id, name, number, sector, tuple(committees), party)
        )
    for one in work.db.scalars(select(Headcount).where(Headcount.record_id.in_(chosen))):
        counts[one.record_id][one.what] = Count(one.value, one.at_least)
    return [Row(record, unit, tuple(people[record.id]), counts[record.id]) for record, unit in records]


def years(work: Work, unit_id: int, this_year: int) -> list[int]:
    """The years of which the unit has records, and this one; the newest first."""
    kept = work.db.scalars(select(Record.year).where(Record.unit_id == unit_id).distinct())
    return sorted({*kept, this_year}, reverse=True)


def series_of(work: Work, unit_id: int) -> list[str]:
    """The series that the unit has named so far."""
    named = select(Record.series).where(Record.unit_id == unit_id, Record.series != "").distinct()
    return sorted(work.db.scalars(named))


def history(work: Work, row: Row) -> list[Change]:
    """What was done to the record, the latest first."""
    entries = work.db.execute(
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.by_id)
        .where(AuditEntry.unit_id == row.record.unit_id, AuditEntry.subject == subject(row.record.id))
        .order_by(AuditEntry.id.desc())
        .limit(LONGEST_HISTORY)
    )
    return [
        Change(
            entry.details.get("version", 0),
            entry.at,
            name or "",
            entry.action,
            entry.details.get("reason", ""),
            {field: (old, new) for field, (old, new) in entry.details.get("changed", {}).items()},
        )
        for entry, name in entries
    ]


def subject(record_id: int) -> str:
    """How the audit trail names a record."""
    return f"record:{record_id}"


def seats_of(work: Work, unit_id: int) -> list[Seat]:
    """All seats that the unit has had, with their holders."""
    rows = work.db.execute(
        select(Membership, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == unit_id)
        .order_by(Membership.number, Membership.id)
    )
    return [
        Seat(
            seat.id, seat.person_id, name, seat.number, seat.sector, tuple(seat.committees), seat.party,
            seat.from_day, seat.to_day,
        )
        for seat, name in rows
    ]  # fmt: skip


def seats_in(row: Row) -> list[Seat]:
    """The members in the record as it keeps them, whatever their seats have become since."""
    return [
        Seat(
            one.membership_id, one.person_id or 0, one.name, one.number, one.sector, one.committees,
            one.party, date.min, None,
        )
        for one in row.people
        if one.membership_id is not None
    ]  # fmt: skip


def entry_of_row(row: Row) -> Entry:
    """What the record says, as it would be written today."""
    kind, takes = row.kind, KINDS[row.kind].fields
    values: dict[str, Value] = {}
    for field in takes:
        if FIELDS[field].sort not in ("people", "count"):
            value = getattr(row.record, field)
            values[field] = tuple(value) if isinstance(value, list) else value
    counts = {field: row.counts.get(field) for field in takes if FIELDS[field].sort == "count"}
    return Entry(kind, values, names_of(kind, [(one.role, one.written) for one in row.people]), counts)


def names_of(kind: Kind, people: Sequence[tuple[Role, str]]) -> dict[str, tuple[str, ...]]:
    """By field of the kind the names in it; of several authors all but the first are joint ones."""
    names = {
        field: tuple(name for role, name in people if role == ROLES[field])
        for field in KINDS[kind].fields
        if field in ROLES
    }
    if "joint" in names:
        names["authors"], names["joint"] = names["authors"][:1], names["authors"][1:]
    return names
