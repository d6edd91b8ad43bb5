"""What importing a sheet of records would do, row by row. Pure: no file, no database.

A blank says nothing: a cell left empty never erases what a record says already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.members.edits import differences
from consult.records.entries import Entry, read, require_author, texts_of
from consult.records.kinds import KINDS, ROLES, Kind, Role
from consult.records.people import Directory, Doubt, Named, Seat, resolve
from consult.records.recording import Identity, identity, identity_of, named, require_not_held
from consult.records.rows import Row, entry_of_row, names_of, seats_in
from consult.records.sheets import Sheet, SheetRow

Verdict = Literal["new", "changed", "unchanged", "unsure", "wrong"]


@dataclass(frozen=True)
class Problem:
    """Why a row can't be imported: the heading of the column, and what is wrong there."""

    line: int
    field: str
    column: str
    refusal: Invalid

    def message(self) -> str:
        """The problem for a person, naming row and column, in the language of the moment."""
        said = _l(
            "Row %(line)s, %(column)s: %(problem)s", line=self.line, column=self.column, problem=self.refusal
        )
        return str(said)


@dataclass(frozen=True)
class Planned:
    """What importing one row would do; `changes` maps a field to (old, new), `doubts` are to be decided."""

    line: int
    title: str
    verdict: Verdict
    entry: Entry | None = None
    people: tuple[Named, ...] = ()
    changes: Mapping[str, tuple[object, object]] | None = None
    match: Row | None = None
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Known:
    """What a unit has already: its seats, its records of the kind, its meetings held in Consult."""

    seats: Sequence[Seat]
    rows: Sequence[Row]
    held: Collection[tuple[str, date]]


def plan(
    kind: Kind, sheet: Sheet, known: Known, latest: date, chosen: Mapping[tuple[int, str], int]
) -> list[Planned]:
    """Compares the sheet with what is there. `chosen` has by line and written name the membership meant."""
    return _Planner(kind, sheet, known, latest, chosen).all()


class _Planner:
    def __init__(
        self, kind: Kind, sheet: Sheet, known: Known, latest: date, chosen: Mapping[tuple[int, str], int]
    ) -> None:
        self._kind, self._sheet, self._known, self._latest, self._chosen = kind, sheet, known, latest, chosen
        self._numbered: dict[tuple[int, str], Row] = {}
        self._said: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in known.rows:
            mine = identity_of(row)
            self._said[mine.said].append(row)
            if mine.number:
                self._numbered[mine.year, mine.number] = row
        self._directory = Directory(known.seats)
        self._read: dict[object, int] = {}  # what the rows so far are known by, and their lines

    def all(self) -> list[Planned]:
        return [self._one(row) for row in self._sheet.rows]

    def _one(self, row: SheetRow) -> Planned:
        title = row.texts.get("title", "")
        entry, wrong = read(self._kind, row.texts, self._latest)
        if entry is None:
            return self._wrong(row, title, wrong)
        chosen = {text: seat for (line, text), seat in self._chosen.items() if line == row.line}
        people, unknown = resolve(entry.names, self._directory.on(entry.day), chosen)
        doubts = tuple(one for one in unknown if isinstance(one, Doubt))
        if len(doubts) < len(unknown):
            return self._wrong(row, title, [one for one in unknown if not isinstance(one, Doubt)])
        if doubts:
            return Planned(row.line, title, "unsure", entry, doubts=doubts)
        mine = identity(entry, named(people))
        try:
            self._require_once(row.line, mine)
            match = self._match(mine)
            if match is None:
                require_author(entry)
                require_not_held(entry, self._known.held)
        except Invalid as refusal:
            return self._wrong(row, title, [refusal])
        if match is None:
            return Planned(row.line, title, "new", entry, tuple(people))
        return self._compared(row, entry, people, match)

    def _require_once(self, line: int, mine: Identity) -> None:
        keys: list[object] = [
            ("said", mine.said, mine.number),
            *([(mine.year, mine.number)] if mine.number else []),
        ]
        first = min((self._read.setdefault(key, line) for key in keys), default=line)
        if first != line:
            raise Invalid(_l("Row %(first)s says the same already.", first=first), field="title")

    def _match(self, mine: Identity) -> Row | None:
        if mine.number and (row := self._numbered.get((mine.year, mine.number))):
            return row
        return next((row for row in self._said[mine.said] if mine.same_as(identity_of(row))), None)

    def _compared(self, row: SheetRow, entry: Entry, people: Iterable[Named], match: Row) -> Planned:
        old = entry_of_row(match)
        entry, everybody = _merged(entry, people, match, old, row.texts)
        changes = differences(texts_of(old), texts_of(entry))
        verdict: Verdict = "changed" if changes else "unchanged"
        return Planned(row.line, str(entry.values["title"]), verdict, entry, everybody, changes, match)

    def _wrong(self, row: SheetRow, title: str, refusals: Iterable[Invalid]) -> Planned:
        problems = tuple(
            Problem(row.line, one.field or "title", self._column(one.field or "title"), one)
            for one in refusals
        )
        return Planned(row.line, title, "wrong", problems=problems)

    def _column(self, field: str) -> str:
        return self._sheet.columns.get(field) or str(KINDS[self._kind].label_of(field))


def _merged(
    entry: Entry, people: Iterable[Named], match: Row, old: Entry, said: Mapping[str, str]
) -> tuple[Entry, tuple[Named, ...]]:
    """The kept record with what the sheet says of it; who stays in it stays as he was on its day."""
    kept = {seat.membership_id: seat for seat in seats_in(match)}
    new: defaultdict[str, list[Named]] = defaultdict(list)
    for one in people:
        seat = kept.get(one.seat.membership_id, one.seat) if one.seat else None
        new[one.field].append(Named(one.field, seat.name if seat else one.name, seat))
    before: defaultdict[str, list[Named]] = defaultdict(list)
    for taker in match.people:
        field = _field_of(taker.role, entry.kind, first=not before["authors"])
        before[field].append(Named(field, taker.name, kept.get(taker.membership_id or 0)))
    everybody = list(_once(one for field in ROLES for one in new[field] or before[field]))
    names = names_of(entry.kind, [(one.role, one.written) for one in everybody])
    values = {field: value if field in said else old.values[field] for field, value in entry.values.items()}
    counts = {field: count or old.counts.get(field) for field, count in entry.counts.items()}
    return Entry(entry.kind, values, names, counts), tuple(everybody)


def _field_of(role: Role, kind: Kind, *, first: bool) -> str:
    """The field in which somebody of that role stands; of several authors the first alone in the one."""
    if role == Role.AUTHOR and not first and "joint" in KINDS[kind].fields:
        return "joint"
    return next(field for field, does in ROLES.items() if does == role)


def _once(people: Iterable[Named]) -> Iterable[Named]:
    """The people without those who have come before in another field."""
    seen: set[object] = set()
    for one in people:
        key = one.seat.membership_id if one.seat else one.name
        if key not in seen:
            seen.add(key)
            yield one
