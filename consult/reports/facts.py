"""The figures of attendance over several meetings, and the rows behind them: the one place that counts them.

A fact is a person at a meeting: the outcome that the meeting's latest settlement found, with what the member
was on its day. Figures and rows are read by the same statement (`_facts`), so that they can't differ.

- Meetings that were put off or called off have no facts, superseded settlements none that count.
- Present is what `attendance/rules.COUNTED` says, here as everywhere.
- People 人数 are distinct; person-times 人次 are facts of those attending. A member of two committees stands
  under both, and once in every total, so totals are counted and never added up.
- Whose meeting it is makes no difference to who attended: a meeting of the province counts for the county as
  attended, and for the province as held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain, product
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from consult.attendance.models import Outcome
from consult.attendance.rules import Figure, Tally
from consult.attendance.rules import Outcome as Verdict
from consult.core.errors import Invalid
from consult.core.store import Work
from consult.meetings.models import Meeting
from consult.members.access import Actor
from consult.members.models import Person, Unit
from consult.reports.dimensions import OF_MEETINGS, Dimension, Frame, fold, label, ordered
from consult.reports.scope import Facts, Reading, Scope, reading_of

AT_ONCE = 1000  # rows that a stream has in memory, or those of one meeting

_SAID = (Meeting.id, Meeting.title, Meeting.opens_at, Meeting.zone, Meeting.form, Unit.name)
_SEEN = (
    Outcome.membership_id, Outcome.person_id, Outcome.name, Outcome.unit_name, Outcome.sector, Outcome.party,
    Outcome.seconds, Outcome.mode, Outcome.observer, Outcome.committees, Outcome.outcome,
)  # fmt: skip
"""What a Fact has of its meeting, and of the person, in its order."""

Key = str | None
"""A key of a dimension; None is all of them together."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """How many meetings: held by units in the scope (None where a member's dimension is asked for: nobody's
    sector holds a meeting); attended by any member in it, and of these those that others held."""

    held: int | None
    attended: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a cell: `people` are distinct. What was not asked for is None."""

    tally: Tally
    people: int | None = None
    meetings: Meetings | None = None

    @property
    def times(self) -> int:
        """Person-times 人次: each person once for each meeting that he attended."""
        return self.tally.attending


@dataclass(frozen=True)
class Table:
    """Figures by up to two dimensions: `table.at(a, b)`, where None stands for all, each of them counted."""

    by: tuple[Dimension, ...]
    keys: tuple[tuple[str, ...], ...]
    names: Mapping[tuple[Dimension, str], str]
    figures: Mapping[tuple[Key, ...], Figures]

    def at(self, *keys: Key) -> Figures:
        """The figures under these keys; those that are left out are all of theirs."""
        return self.figures.get((*keys, *(None,) * (len(self.by) - len(keys))), NONE)

    @property
    def total(self) -> Figures:
        return self.at()

    def name(self, place: int, key: str) -> str:
        """The key of the dimension at that place as people read it."""
        return self.names[self.by[place], key]


NONE = Figures(Tally.of(()), 0, Meetings(0, 0, 0))


@dataclass(frozen=True, slots=True)
class Fact:
    """A person at a meeting, as a list shows it."""

    meeting_id: int
    meeting: str
    opens_at: datetime
    zone: str
    form: str
    host: str
    membership_id: int
    person_id: int
    name: str
    unit: str
    sector: str
    party: str
    seconds: int
    mode: str
    observer: bool
    committees: tuple[str, ...]
    outcome: Verdict


@dataclass(frozen=True, slots=True)
class Met:
    """A meeting of the scope: whether its host is `within` it, whether it counts as held there (it does
    unless a member's dimension is asked for), and how many of its members attended."""

    meeting_id: int
    title: str
    opens_at: datetime
    zone: str
    form: str
    host_id: int
    host: str
    within: bool
    held: bool
    attending: int


@dataclass(frozen=True, slots=True)
class Listed:
    """How many facts there are, and those of them that were asked for."""

    total: int
    rows: Iterator[Fact]


def count(
    work: Work,
    actor: Actor,
    scope: Scope,
    by: Sequence[Dimension] = (),
    *,
    people: bool = True,
    meetings: bool = False,
) -> Table:
    """The figures by these dimensions (none, one or two) with all margins; distinct people, and how many
    meetings, only where they are asked for.

    Refuses as `scope.reading_of` does; Invalid, too, for a dimension that is crossed with itself.
    """
    if len(set(by)) < len(by):
        raise Invalid(_l("Please choose two different things to count by."), field="columns")
    reading = reading_of(work, actor, scope)
    facts, cells = reading.facts(by), _Cells(by, reading.frame)
    counts: defaultdict[tuple[Key, ...], Counter[Verdict]] = defaultdict(Counter)
    grouped = (*facts.by, Outcome.outcome)
    for *read, outcome, times in work.db.execute(facts.select(*grouped, func.count()).group_by(*grouped)):
        for keys in cells.under(read):
            counts[keys][Verdict(outcome)] += times
    came = facts.select(*facts.by, Outcome.person_id, figure=Figure.ATTENDING)
    ids = cells.distinct(work, came) if people else {}
    met = _meetings_by(work, reading, by, facts, cells) if meetings else {}
    figures = {
        keys: Figures(Tally.of(counts[keys]), len(ids.get(keys, ())) if people else None, met.get(keys))
        for keys in ({(None,) * len(by), *counts, *met})
    }
    shown = tuple(_shown(figures, by, place, reading.frame) for place in range(len(by)))
    return Table(tuple(by), shown, _names(work, by, shown, reading.frame), figures)


def rows(
    work: Work,
    actor: Actor,
    scope: Scope,
    figure: Figure | None = None,
    *,
    start: int = 0,
    most: int | None = None,
) -> Listed:
    """The facts that a figure counts, in the order of time, from the `start`-th on, at most so many; without
    a figure all that are listed, those too that no figure counts. They are read as they are taken, a few
    meetings at a time, however many there are. Refuses as `scope.reading_of` does.
    """
    reading = reading_of(work, actor, scope)
    counts = _sizes(work, reading, figure)
    said = reading.meetings(*_SAID).order_by(Meeting.opens_at, Meeting.id)
    met = [(tuple(one), counts[one.id]) for one in work.db.execute(said) if one.id in counts]
    total = sum(counts.values())
    end = total if most is None else min(start + most, total)
    return Listed(total, _stream(work, reading, figure, met, start, end))


def meetings(work: Work, actor: Actor, scope: Scope) -> list[Met]:
    """The meetings of the scope in the order of time: those that its units held, and those of others that
    any of its members attended. `Meetings` counts these. Refuses as `scope.reading_of` does.
    """
    reading = reading_of(work, actor, scope)
    below = set(reading.frame.below())
    holds = _of_meetings((), scope)
    attending = _sizes(work, reading, Figure.ATTENDING)
    found = work.db.execute(
        reading.meetings(
            Meeting.id, Meeting.title, Meeting.opens_at, Meeting.zone, Meeting.form, Unit.id, Unit.name
        ).order_by(Meeting.opens_at, Meeting.id)
    )
    met = [
        Met(*(*one, one[5] in below, holds and one[5] in below, attending.get(one[0], 0))) for one in found
    ]
    return [one for one in met if one.held or one.attending]


def sizes(work: Work, actor: Actor, scope: Scope) -> list[tuple[int, int]]:
    """The meetings in the order of time, and how many facts of each are listed. Refuses as
    `scope.reading_of` does."""
    reading = reading_of(work, actor, scope)
    counts = _sizes(work, reading, None)
    ids = work.db.scalars(reading.meetings(Meeting.id).order_by(Meeting.opens_at, Meeting.id))
    return [(one, counts[one]) for one in ids if one in counts]


def people(work: Work, actor: Actor, scope: Scope) -> set[int]:
    """The distinct people 人数 who attended, by person id. Refuses as `scope.reading_of` does."""
    query = reading_of(work, actor, scope).facts().select(Outcome.person_id, figure=Figure.ATTENDING)
    return set(work.db.scalars(query.distinct()))


def name_of(work: Work, actor: Actor, scope: Scope, dimension: Dimension, key: str) -> str:
    """What a key of the scope is called; a dash where nothing in it stands under that key, for names are told
    only of what may be read. Refuses as `scope.reading_of` does."""
    reading = reading_of(work, actor, scope.within((dimension, key)))
    of_meetings = dimension in OF_MEETINGS
    found = reading.meetings(Meeting.id) if of_meetings else reading.facts().select(Outcome.person_id)
    if work.db.scalars(found.limit(1)).first() is None:
        return "–"
    return _names(work, (dimension,), ((key,),), reading.frame)[dimension, key]


class _Cells:
    """In which cells of a table, margins included, something stands: by what was read of it."""

    def __init__(self, by: Sequence[Dimension], frame: Frame) -> None:
        self._folds = [cache(fold(one, frame)) for one in by]

    def under(self, read: Sequence[Any]) -> Iterator[tuple[Key, ...]]:
        """The keys of each of its cells."""
        return product(*((None, *keys(value)) for keys, value in zip(self._folds, read, strict=True)))

    def distinct(self, work: Work, query: Select[Any]) -> dict[tuple[Key, ...], set[Any]]:
        """By cell the distinct values of the query's last column; those before it are what was read."""
        found: defaultdict[tuple[Key, ...], set[Any]] = defaultdict(set)
        for *read, value in work.db.execute(query.distinct()):
            for keys in self.under(read):
                found[keys].add(value)
        return found


def _sizes(work: Work, reading: Reading, figure: Figure | None) -> dict[int, int]:
    """How many facts of each meeting the figure counts."""
    facts = reading.facts()
    here = facts.met.c.meeting_id
    return dict(iter(work.db.execute(facts.select(here, func.count(), figure=figure).group_by(here))))


def _stream(
    work: Work,
    reading: Reading,
    figure: Figure | None,
    met: Sequence[tuple[tuple[Any, ...], int]],
    start: int,
    end: int,
) -> Iterator[Fact]:
    """From the `start`-th fact to before the `end`-th; `met` has what is said of each meeting, in order, and
    how many facts it has."""
    wanted: dict[int, tuple[Any, ...]] = {}
    passed = first = 0  # facts of all meetings so far; of those before the wanted ones
    for said, times in met:
        if passed >= end:
            break
        if passed + times > start:
            first = first if wanted else passed
            wanted[said[0]] = said
        passed += times
        if wanted and passed - first >= AT_ONCE:
            yield from _of(work, reading, figure, wanted)[max(start - first, 0) : end - first]
            wanted = {}
    if wanted:
        yield from _of(work, reading, figure, wanted)[max(start - first, 0) : end - first]


def _of(
    work: Work, reading: Reading, figure: Figure | None, wanted: Mapping[int, tuple[Any, ...]]
) -> list[Fact]:
    """The facts of these meetings, in their order."""
    facts = replace(reading, settled=(*reading.settled, Meeting.id.in_(wanted))).facts()
    found: dict[int, list[Fact]] = {meeting_id: [] for meeting_id in wanted}
    query = facts.select(facts.met.c.meeting_id, *_SEEN, figure=figure).order_by(Outcome.membership_id)
    for meeting_id, *seen, committees, outcome in work.db.execute(query):
        fact = Fact(*(*wanted[meeting_id], *seen, tuple(committees), Verdict(outcome)))
        found[meeting_id].append(fact)
    return list(chain.from_iterable(found.values()))


def _of_meetings(by: Sequence[Dimension], scope: Scope) -> bool:
    """Whether only meetings are asked about, so that it can be said which were held."""
    return OF_MEETINGS.issuperset({*by, *(dimension for dimension, _key in scope.only)})


def _meetings_by(
    work: Work, reading: Reading, by: Sequence[Dimension], facts: Facts, cells: _Cells
) -> dict[tuple[Key, ...], Meetings]:
    below = reading.frame.below()
    came = facts.select(*facts.by, facts.met.c.meeting_id, figure=Figure.ATTENDING)
    attended = cells.distinct(work, came)
    elsewhere = cells.distinct(work, came.where(facts.met.c.host_id.not_in(below)))
    held = None
    if _of_meetings(by, reading.scope):
        own = select(*facts.by, facts.met.c.meeting_id).where(facts.met.c.host_id.in_(below))
        held = cells.distinct(work, own)
    return {
        keys: Meetings(
            None if held is None else len(held.get(keys, ())),
            len(attended.get(keys, ())),
            len(elsewhere.get(keys, ())),
        )
        for keys in {(None,) * len(by), *attended, *(held or ())}
    }


def _shown(
    figures: Mapping[tuple[Key, ...], Figures], by: Sequence[Dimension], place: int, frame: Frame
) -> tuple[str, ...]:
    """The keys of a dimension in the order of a table."""
    keys = {key for cell in figures if by and (key := cell[place]) is not None}

    def size(key: str) -> int:
        return figures[tuple(key if one == place else None for one in range(len(by)))].tally.expected

    return tuple(ordered(by[place], keys, size, frame))


def _names(
    work: Work, by: Sequence[Dimension], shown: Sequence[Sequence[str]], frame: Frame
) -> dict[tuple[Dimension, str], str]:
    """What the keys are called."""
    names = {
        (dimension, key): label(dimension, key, frame)
        for dimension, keys in zip(by, shown, strict=True)
        for key in keys
    }
    for dimension, number_of, called in (
        (Dimension.MEMBER, Person.id, Person.name),
        (Dimension.MEETING, Meeting.id, Meeting.title),
    ):
        if dimension in by:
            asked = [int(key) for key in shown[by.index(dimension)]]
            for found, name in work.db.execute(select(number_of, called).where(number_of.in_(asked))):
                names[dimension, str(found)] = name
    return names
