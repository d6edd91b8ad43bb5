"""Keeping records: the verbs that write, correct, void and restore them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select

from consult.core.errors import Invalid, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.core.versions import claim
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit
from consult.records.entries import Entry, texts_of
from consult.records.kinds import KINDS, Role
from consult.records.models import Headcount, Record, RecordPerson
from consult.records.people import Directory, Named, resolve
from consult.records.rows import Row, entry_of_row, found, names_of, seats_in, seats_of, seen_by, subject

LONGEST_REASON = 200
_ABROAD = timedelta(days=1)  # so far east of UTC may a day have begun already
Said = tuple[Entry, Sequence[Named]]
"""What a record is to say, and who its names are."""

_NEVER_HELD = (State.DRAFT, State.CANCELLED, State.POSTPONED)


def latest(now: datetime) -> date:
    """The last day on which something may have been, wherever the office is."""
    return (now + _ABROAD).date()


def create(work: Work, actor: Actor, unit_id: int, entry: Entry, form_key: str | None = None) -> Record:
    """A new record of the unit; the same form sent twice makes one.

    Refuses: Missing, NotAllowed, Stale; Invalid, at the field, for names nobody or several bear, for what is
    here already, and for a meeting that was held in Consult and is counted from there.
    """
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    lock(work, unit)
    if form_key is not None:
        earlier = work.db.scalars(select(Record).where(Record.form_key == form_key)).first()
        if earlier is not None:
            return _again(actor, earlier, entry)
    people = _people(work, unit, entry, None)
    _require_new(work, unit, entry, identity(entry, named(people)), None)
    [record] = add_all(work, actor, unit, [(entry, people)], form_key)
    return record


def edit(work: Work, actor: Actor, record_id: int, version: int, entry: Entry) -> Record:
    """Changes what the record says. Who stays in it stays as he was on its day.

    Refuses: Missing, NotAllowed, Stale; NotNow, when it is voided; Invalid as `create`.
    """
    row = _changeable(work, actor, record_id)
    if row.record.voided_at is not None:
        raise NotNow(_l("This record is voided. Restore it first if it is to be changed."))
    lock(work, row.unit)
    people = _people(work, row.unit, entry, row)
    _require_new(work, row.unit, entry, identity(entry, named(people)), record_id)
    replace_all(work, actor, [(row, version, entry, people)])
    return row.record


def void(work: Work, actor: Actor, record_id: int, version: int, reason: str) -> Record:
    """Takes the record out of every figure; it stays to be seen, with the reason, and can be restored.

    Refuses: Missing, NotAllowed, Stale, NotNow (it is voided), Invalid (field `reason`).
    """
    row = _changeable(work, actor, record_id)
    said = line(reason, "reason", longest=LONGEST_REASON)
    if row.record.voided_at is not None:
        raise NotNow(_l("This record is voided already."))
    claim(work, row.record, version)
    row.record.voided_at, row.record.void_reason = work.now, said
    _note(work, actor, "record.voided", row.record, {}, said)
    return row.record


def restore(work: Work, actor: Actor, record_id: int, version: int) -> Record:
    """Lets a voided record count again.

    Refuses: Missing, NotAllowed, Stale, NotNow (it stands), Invalid (the same has been recorded meanwhile).
    """
    row = _changeable(work, actor, record_id)
    if row.record.voided_at is None:
        raise NotNow(_l("This record stands; there is nothing to restore."))
    lock(work, row.unit)
    entry = entry_of_row(row)
    _require_new(work, row.unit, entry, identity_of(row), record_id)
    claim(work, row.record, version)
    row.record.voided_at, row.record.void_reason = None, ""
    _note(work, actor, "record.restored", row.record, {})
    return row.record


def lock(work: Work, unit: Unit) -> None:
    """Holds the unit until commit, so that two don't record the same at the same time."""
    work.db.get_one(Unit, unit.id, with_for_update=True)


def add_all(
    work: Work, actor: Actor, unit: Unit, said: Collection[Said], form_key: str | None = None
) -> list[Record]:
    """New records, each with its line in the trail, in so many statements however many they are."""
    records = [
        Record(
            unit_id=unit.id, kind=entry.kind, form_key=form_key, created_by=actor.person_id or None,
            created_at=work.now, updated_at=work.now, version=1, **_columns(entry),
        )
        for entry, _people in said
    ]  # fmt: skip
    work.db.add_all(records)
    work.db.flush()
    _write_parts(work, [(record.id, *one) for record, one in zip(records, said, strict=True)])
    for record in records:
        _note(work, actor, "record.created", record, {})
    return records


def replace_all(work: Work, actor: Actor, said: Collection[tuple[Row, int, Entry, Sequence[Named]]]) -> None:
    """Puts the entries in the place of what the records said, each read at that version. Refuses: Stale."""
    for row, version, entry, people in said:
        record, old = row.record, texts_of(entry_of_row(row))
        claim(work, record, version)
        for name, value in _columns(entry).items():
            setattr(record, name, value)
        written = [(one.role, one.written) for one in people]
        new = Entry(entry.kind, entry.values, names_of(entry.kind, written), entry.counts)
        _note(work, actor, "record.edited", record, edits.differences(old, texts_of(new)))
    ids = [row.record.id for row, *_rest in said]
    for part in (RecordPerson, Headcount):
        work.db.execute(delete(part).where(part.record_id.in_(ids)))
    _write_parts(work, [(row.record.id, entry, people) for row, _version, entry, people in said])


@dataclass(frozen=True)
class Identity:
    """What a record is known by in its unit: its number in the year, or kind, day, title and whose it is."""

    year: int
    number: str
    said: tuple[object, ...]

    def same_as(self, other: Identity) -> bool:
        """Whether both are one record: where both have a number, it must be the same one."""
        if self.number and other.number and self.number != other.number:
            return False
        numbered = self.number != "" and (self.year, self.number) == (other.year, other.number)
        return numbered or self.said == other.said


def identity(entry: Entry, people: Iterable[tuple[Role, int | None, str]]) -> Identity:
    """What the entry is known by. Contributions of one day and title are still two, if others wrote them."""
    authors = frozenset(
        membership_id or name for role, membership_id, name in people if role in (Role.AUTHOR, Role.STAFF)
    )
    whose = authors if KINDS[entry.kind].contribution else frozenset()
    said = (entry.kind, entry.values.get("variety", ""), entry.day, _key(entry.values["title"]), whose)
    return Identity(entry.year, _key(entry.values.get("number", "")), said)


def identity_of(row: Row) -> Identity:
    """What the kept record is known by."""
    return identity(entry_of_row(row), ((one.role, one.membership_id, one.name) for one in row.people))


def named(people: Iterable[Named]) -> Iterator[tuple[Role, int | None, str]]:
    """Role, membership and name of each, as `identity` takes them."""
    for one in people:
        yield one.role, one.seat.membership_id if one.seat else None, one.name


def held_in_consult(work: Work, unit_id: int, first: date, last: date) -> set[tuple[str, date]]:
    """Title and day of the meetings that the unit has held here between these days."""
    begin, end = (datetime.combine(day, time(), UTC) for day in (first - _ABROAD, last + 2 * _ABROAD))
    meetings = work.db.execute(
        select(Meeting.title, Meeting.opens_at, Meeting.zone).where(
            Meeting.host_id == unit_id,
            Meeting.opens_at.between(begin, end),
            Meeting.state.not_in(_NEVER_HELD),
        )
    )
    return {(_key(title), opens_at.astimezone(ZoneInfo(zone)).date()) for title, opens_at, zone in meetings}


def require_not_held(entry: Entry, held: Collection[tuple[str, date]]) -> None:
    """Refuses (Invalid, field `title`) an event that was held as a meeting here."""
    if not KINDS[entry.kind].contribution and (_key(entry.values["title"]), entry.day) in held:
        raise Invalid(
            _l("A meeting of this title was held in Consult on that day. It is counted from there already."),
            field="title",
        )


def _people(work: Work, unit: Unit, entry: Entry, row: Row | None) -> list[Named]:
    kept = seats_in(row) if row else []
    known = {seat.membership_id for seat in kept}
    seats = [one for one in seats_of(work, unit.id) if one.membership_id not in known]
    people, problems = resolve(entry.names, Directory([*kept, *seats]).on(entry.day), {})
    if problems:
        raise problems[0]
    return people


def _require_new(work: Work, unit: Unit, entry: Entry, mine: Identity, but: int | None) -> None:
    require_not_held(entry, held_in_consult(work, unit.id, entry.day, entry.day))
    alike = found(
        work,
        Record.unit_id == unit.id,
        Record.kind == entry.kind,
        Record.voided_at.is_(None),
        (Record.day == entry.day) | ((Record.number != "") & (Record.year == entry.year)),
    )
    for row in alike:
        if row.record.id != but and mine.same_as(identity_of(row)):
            raise Invalid(_l("This is recorded already: %(what)s.", what=called(row)), field="title")


def called(row: Row) -> str:
    """A record in a few words: day, number, title."""
    return " ".join(filter(None, (row.record.day.isoformat(), row.record.number, row.record.title)))


def _changeable(work: Work, actor: Actor, record_id: int) -> Row:
    row = seen_by(work, actor, record_id)
    actor.require(row.unit.path, *ORGANIZING)
    return row


def _columns(entry: Entry) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in entry.values.items()}


def _write_parts(work: Work, said: Iterable[tuple[int, Entry, Sequence[Named]]]) -> None:
    """The people and headcounts of these records."""
    persons, counts = [], []
    for record_id, entry, people in said:
        persons += [_person(record_id, place, one) for place, one in enumerate(people)]
        counts += [
            {"record_id": record_id, "what": what, "value": count.value, "at_least": count.at_least}
            for what, count in entry.counts.items()
            if count is not None
        ]
    if persons:
        work.db.execute(insert(RecordPerson), persons)
    if counts:
        work.db.execute(insert(Headcount), counts)


def _person(record_id: int, place: int, one: Named) -> dict[str, object]:
    seat = one.seat
    return {
        "record_id": record_id,
        "place": place,
        "role": one.role,
        "name": one.name,
        "membership_id": seat.membership_id if seat else None,
        "person_id": seat.person_id if seat else None,
        "number": seat.number if seat else "",
        "sector": seat.sector if seat else "",
        "committees": list(seat.committees) if seat else [],
        "party": seat.party if seat else "",
    }


def _again(actor: Actor, earlier: Record, entry: Entry) -> Record:
    same_thing = (earlier.kind, earlier.day, earlier.title) == (entry.kind, entry.day, entry.values["title"])
    if earlier.created_by != actor.person_id or not same_thing:
        raise Stale(_l("This form has been sent before. Please open what it made and change it there."))
    return earlier


def _note(
    work: Work,
    actor: Actor,
    action: str,
    record: Record,
    changed: Mapping[str, tuple[object, object]],
    reason: str = "",
) -> None:
    edits.note(work, actor, action, subject(record.id), record.unit_id, record.version, changed, reason)


def _key(text: object) -> str:
    return "".join(str(text).split()).casefold()
