"""From a year's records and meetings to its lines: each column the sum of what its rows add. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from consult.annual.lines import LINES, Column, Line, Source, Whose, of_series
from consult.members.models import Level
from consult.members.parties import Standing
from consult.members.platform import Joined
from consult.members.units import LEVELS
from consult.records import figures
from consult.records.figures import MEASURES, Figure
from consult.records.kinds import KINDS
from consult.records.rows import Row

_TIERS = {level.value: place for place, level in enumerate(reversed(LEVELS))}  # county 0, city 1, province 2


@dataclass(frozen=True)
class Held:
    """A settled meeting: whether it was held by whom is reported on, and how many of the members came, in all
    and by standing."""

    meeting_id: int
    title: str
    day: date
    form: str
    host: str
    level: Level
    own: bool
    came: int
    by_standing: Mapping[Standing, int]

    @property
    def known_as(self) -> tuple[str, date, str]:
        """What a record of the same meeting would be known by."""
        return _plain(self.title), self.day, self.level

    def times(self, of: Standing | None) -> int:
        return self.came if of is None else self.by_standing.get(of, 0)


@dataclass(frozen=True)
class Year:
    """What is reported on: a unit of that tier, alone or with those below it; and what is counted."""

    level: Level
    below: bool
    rows: tuple[Row, ...]
    held: tuple[Held, ...]
    members: tuple[Joined, ...]

    @cached_property
    def twice(self) -> tuple[Row, ...]:
        """Records of events that were held in Consult and are counted from there."""
        known = {one.known_as for one in self.held}
        return tuple(
            row for row in self.rows
            if row.record.voided_at is None and not KINDS[row.kind].contribution and _known_as(row) in known
        )  # fmt: skip

    @cached_property
    def counted(self) -> tuple[Row, ...]:
        """The records that figures are counted from."""
        left_out = {row.record.id for row in self.twice}
        return tuple(row for row in self.rows if row.record.id not in left_out)

    def rows_of(self, whose: Whose) -> list[Row]:
        """The records of what these held."""
        return [row for row in self.counted if _held_by(whose, self._own(row), _level(row))]

    def _own(self, row: Row) -> bool:
        tier, top = _TIERS.get(_level(row), len(_TIERS)), _TIERS[self.level]
        return tier <= top if self.below else tier == top


@dataclass(frozen=True)
class Amount:
    """What a row adds to a column; `at_least`: only known to be more."""

    value: int
    at_least: bool = False

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.value + other.value, self.at_least or other.at_least)


NOTHING = Amount(0)


@dataclass(frozen=True)
class Behind:
    """A row behind a line: a record, a meeting or a member, and what it adds to each column."""

    what: Row | Held | Joined
    amounts: Mapping[Column, Amount]

    def of(self, column: Column) -> Amount:
        return self.amounts.get(column, NOTHING)


@dataclass(frozen=True)
class Told:
    """A line with the rows that it is the sum of, the newest first. `people`: how many distinct people stand
    behind its person-times, as far as they are named; None where that is not asked or has no sense."""

    line: Line
    behind: tuple[Behind, ...]
    people: int | None = None

    @cached_property
    def totals(self) -> Mapping[Column, Amount]:
        """Each column's sum."""
        return {
            column: sum((row.of(column) for row in self.behind), start=NOTHING)
            for column in self.line.columns
        }

    def total(self, column: Column) -> Amount:
        return self.totals.get(column, NOTHING)

    @property
    def value(self) -> int:
        return self.total(Column.VALUE).value

    @property
    def share(self) -> Fraction | None:
        """Of a share: how much; None where there is nothing to divide by."""
        whole = self.total(Column.WHOLE).value
        return Fraction(self.value, whole) if whole else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be told; a share of something is told also when it is none of it."""
        return not any(one.value for one in self.totals.values())


def told(year: Year, line: Line) -> Told:
    """The line's figures of that year, without the people."""
    if line.platform:
        one = Amount(1)
        return Told(line, tuple(
            Behind(member, {Column.WHOLE: one, **({Column.VALUE: one} if member.joined else {})})
            for member in year.members
        ))  # fmt: skip
    amounts: dict[tuple[str, int], dict[Column, Amount]] = {}
    found: dict[tuple[str, int], Row | Held] = {}
    for column, source in line.columns.items():
        these: list[tuple[Row | Held, Amount]] = [
            *_of_records(year, line, source),
            *_of_meetings(year, source),
        ]
        for what, amount in these:
            key = ("record", what.record.id) if isinstance(what, Row) else ("meeting", what.meeting_id)
            found[key] = what
            mine = amounts.setdefault(key, {})
            mine[column] = mine.get(column, NOTHING) + amount
    behind = (Behind(found[key], mine) for key, mine in amounts.items())
    return Told(line, tuple(sorted(behind, key=_when, reverse=True)))


def lines(year: Year) -> list[Told]:
    """All lines, the outreach series after the figure of all outreach."""
    series = [of_series(name) for name in figures.by_series(year.counted)]
    return [told(year, one) for line in LINES for one in (line, *(series if line.key == "outreach" else ()))]


def times_column(line: Line) -> Column | None:
    """The column of person-times whose people may be asked for."""
    return next((column for column, source in line.columns.items() if source.came and not line.percent), None)


def people_of_records(year: Year, line: Line) -> set[object]:
    """The people named in the records behind the line's person-times."""
    column = times_column(line)
    if column is None:
        return set()
    return {
        one.person_id if one.person_id is not None else one.name
        for figure in _figures(year, line, line.columns[column])
        for part in figure.parts
        for one in part.people
    }


def meetings_of(year: Year, source: Source) -> list[Held]:
    """The meetings that the source counts: those it held itself, of others those that any member came to."""
    return [
        one
        for one in year.held
        if one.form in source.forms and _held_by(source.whose, one.own, one.level) and (one.own or one.came)
    ]


def _figures(year: Year, line: Line, source: Source) -> Iterator[Figure]:
    rows = year.rows_of(source.whose)
    if line.series:
        rows = [row for row in rows if row.record.series == line.series]
    for name in source.measures:
        measure = MEASURES[name]
        if source.came and measure.counted == figures.Counted.ITEMS:
            measure = replace(measure, counted=figures.Counted.MEMBERS)
        yield figures.figure(rows, measure, source.of)


def _of_records(year: Year, line: Line, source: Source) -> Iterator[tuple[Row, Amount]]:
    for figure in _figures(year, line, source):
        for part in figure.parts:
            yield part.row, Amount(part.value, part.at_least)


def _of_meetings(year: Year, source: Source) -> Iterator[tuple[Held, Amount]]:
    for one in meetings_of(year, source):
        count = one.times(source.of) if source.came else 1
        if count:
            yield one, Amount(count)


def _held_by(whose: Whose, own: bool, level: str) -> bool:
    province = not own and level == Level.PROVINCE
    match whose:
        case Whose.OWN:
            return own
        case Whose.PROVINCE:
            return province
        case Whose.OTHERS:
            return not own and not province
        case Whose.BUT_PROVINCE:
            return not province
    return True


def _level(row: Row) -> str:
    return row.record.host or row.unit.level


def _known_as(row: Row) -> tuple[str, date, str]:
    return _plain(row.record.title), row.record.day, _level(row)


def _plain(title: str) -> str:
    return "".join(title.split()).casefold()


def _when(row: Behind) -> tuple[date, int]:
    match row.what:
        case Row():
            return row.what.record.day, row.what.record.id
        case Held():
            return row.what.day, row.what.meeting_id
        case _:
            return date.min, 0
