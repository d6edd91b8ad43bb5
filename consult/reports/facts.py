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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, or_, select

from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import COUNTED, Figure, Tally
from consult.attendance.rules import Outcome as Verdict
from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.meetings.access import visible_to
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members.access import READING, Actor, unit_for
from consult.members.models import Person, Unit
from consult.reports.dimensions import OF_MEETINGS, Dimension, Frame, column, condition, fold, label, ordered

LONGEST = timedelta(days=366 * 10)  # that figures are asked for at once
AT_ONCE = 1000  # rows that a stream has in memory

Key = str | None
"""A key of a dimension; None is all of them together."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which facts: of the members of a unit and of those below it, at meetings that were to open from `start`
    until before `end`; and `only` those that stand under these keys (several of one dimension: any of them).

    Without a unit: all that the reader may read, of the meetings of his units also the guests from elsewhere.
    Times are in the zone.
    """

    unit_id: int | None
    start: datetime
    end: datetime
    zone: str
    only: tuple[tuple[Dimension, str], ...] = ()

    def within(self, *keys: tuple[Dimension, str]) -> Scope:
        """The part of it under these keys, too."""
        return replace(self, only=(*self.only, *keys))


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
_CAME = Figure.ATTENDING


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
    committees: tuple[str, ...]
    party: str
    outcome: Verdict
    seconds: int


@dataclass(frozen=True, slots=True)
class Met:
    """A meeting of the scope: whether one of its units held it, and how many of its members attended."""

    meeting_id: int
    title: str
    opens_at: datetime
    zone: str
    form: str
    host_id: int
    host: str
    held: bool
    attending: int


@dataclass(frozen=True)
class _Reading:
    """A scope as this reader may read it: what keys are relative to, and which meetings and facts count."""

    scope: Scope
    frame: Frame
    settled: tuple[ColumnElement[bool], ...]  # conditions on Meeting, its Settlement and its host's Unit
    theirs: tuple[ColumnElement[bool], ...]  # conditions on Outcome

    def meetings(self, *columns: Any) -> Select[Any]:
        """These columns of the meetings that count."""
        return (
            select(*columns)
            .select_from(Meeting)
            .join(Unit, Unit.id == Meeting.host_id)
            .join(Settlement, Settlement.meeting_id == Meeting.id)
            .where(*self.settled)
        )

    def facts(self, *columns: Any, figure: Figure | None = None) -> Select[Any]:
        """These columns of the facts, of those that the figure counts."""
        query = self.meetings(*columns).join(Outcome, Outcome.settlement_id == Settlement.id)
        query = query.where(*self.theirs)
        return query if figure is None else query.where(Outcome.outcome.in_(sorted(COUNTED[figure])))


class _Cells:
    """In which cells of a table, margins included, something stands: by what was read of it."""

    def __init__(self, by: Sequence[Dimension], frame: Frame) -> None:
        self.columns = [column(one, frame).label(f"by_{place}") for place, one in enumerate(by)]
        self._folds = [cache(fold(one, frame)) for one in by]

    def under(self, read: Sequence[Any]) -> Iterator[tuple[Key, ...]]:
        """The keys of each of its cells."""
        return product(*((None, *keys(value)) for keys, value in zip(self._folds, read, strict=True)))

    def distinct(self, work: Work, query: Select[Any]) -> dict[tuple[Key, ...], set[Any]]:
        """By cell the distinct values of the query's last column; those before it are `columns`."""
        found: defaultdict[tuple[Key, ...], set[Any]] = defaultdict(set)
        for *read, value in work.db.execute(query.distinct()):
            for keys in self.under(read):
                found[keys].add(value)
        return found


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

    Refuses: Missing, to who does not read there; Invalid, for a time that is too long or no time at all, and
    for a dimension that is crossed with itself.
    """
    if len(set(by)) < len(by):
        raise Invalid(_l("Please choose two different things to count by."), field="columns")
    reading = _reading(work, actor, scope)
    cells = _Cells(by, reading.frame)
    counts: defaultdict[tuple[Key, ...], Counter[Verdict]] = defaultdict(Counter)
    facts = reading.facts(*cells.columns, Outcome.outcome).subquery()
    for *read, outcome, times in work.db.execute(select(*facts.c, func.count()).group_by(*facts.c)):
        for keys in cells.under(read):
            counts[keys][Verdict(outcome)] += times
    came = reading.facts(*cells.columns, Outcome.person_id, figure=_CAME)
    ids = cells.distinct(work, came) if people else {}
    met = _meetings_by(work, reading, by, cells) if meetings else {}
    figures = {
        keys: Figures(Tally.of(counts[keys]), len(ids.get(keys, ())) if people else None, met.get(keys))
        for keys in ({(None,) * len(by), *counts, *met})
    }
    shown = tuple(_shown(figures, by, place, reading.frame) for place in range(len(by)))
    return Table(tuple(by), shown, _names(work, by, shown, reading.frame), figures)


def number(work: Work, actor: Actor, scope: Scope, figure: Figure | None = None) -> int:
    """How many facts `rows` has. Refuses as `count` does."""
    facts = _reading(work, actor, scope).facts(Outcome.membership_id, figure=figure).subquery()
    return work.db.scalar(select(func.count()).select_from(facts)) or 0


def rows(
    work: Work,
    actor: Actor,
    scope: Scope,
    figure: Figure | None = None,
    *,
    start: int = 0,
    most: int | None = None,
) -> Iterator[Fact]:
    """The facts that a figure counts, in the order of time, from the `start`-th on, at most so many; without
    a figure all that are listed, those too that no figure counts. They are read as they are taken, however
    many there are. Refuses as `count` does.
    """
    query = _reading(work, actor, scope).facts(
        Meeting.id, Meeting.title, Meeting.opens_at, Meeting.zone, Meeting.form, Unit.name,
        Outcome.membership_id, Outcome.person_id, Outcome.name, Outcome.unit_name, Outcome.sector,
        Outcome.committees, Outcome.party, Outcome.outcome, Outcome.seconds,
        figure=figure,
    )  # fmt: skip
    query = query.order_by(Meeting.opens_at, Meeting.id, Outcome.membership_id).offset(start).limit(most)
    found = work.db.execute(query.execution_options(yield_per=AT_ONCE))
    return (
        Fact(*(*before, tuple(committees), party, Verdict(outcome), seconds))
        for *before, committees, party, outcome, seconds in found
    )


def meetings(work: Work, actor: Actor, scope: Scope) -> list[Met]:
    """The meetings of the scope in the order of time: those that its units held, and those of others that
    any of its members attended. `Meetings` counts these. Refuses as `count` does.
    """
    reading = _reading(work, actor, scope)
    below = set(reading.frame.below()) if _of_meetings((), scope) else set()
    came = reading.facts(Meeting.id, func.count(), figure=_CAME).group_by(Meeting.id)
    attending: dict[int, int] = dict(iter(work.db.execute(came)))
    found = work.db.execute(
        reading.meetings(
            Meeting.id, Meeting.title, Meeting.opens_at, Meeting.zone, Meeting.form, Unit.id, Unit.name
        ).order_by(Meeting.opens_at, Meeting.id)
    )
    met = [Met(*(*one, one[5] in below, attending.get(one[0], 0))) for one in found]
    return [one for one in met if one.held or one.attending]


def _reading(work: Work, actor: Actor, scope: Scope) -> _Reading:
    if not scope.start < scope.end <= scope.start + LONGEST:
        raise Invalid(_l("The time must end after it begins, and be ten years at most."), field="to")
    if scope.unit_id is not None:
        tops: tuple[str, ...] = (unit_for(work, actor, scope.unit_id, *READING).path,)
    elif not (tops := actor.paths(*READING)):
        raise Missing
    frame = Frame(_units(work), tops, scope.start, scope.end, ZoneInfo(scope.zone))
    below = frame.below()
    settled: list[ColumnElement[bool]] = [
        Settlement.id == _latest(),
        Meeting.state.in_((State.SETTLED, State.ARCHIVED)),
        Meeting.opens_at >= scope.start,
        Meeting.opens_at < scope.end,
        visible_to(actor),
    ]
    ours = Outcome.unit_id.in_(below)
    theirs = [ours if scope.unit_id is not None else or_(ours, Meeting.host_id.in_(below))]
    whole = _Reading(scope, frame, tuple(settled), tuple(theirs))

    def known(read: ColumnElement[Any]) -> Iterable[Any]:
        return work.db.scalars(whole.facts(read).distinct())

    for dimension in dict.fromkeys(one for one, _key in scope.only):
        keys = {key for one, key in scope.only if one == dimension}
        holds = condition(dimension, keys, frame, known)
        (settled if dimension in OF_MEETINGS else theirs).append(holds)
    return replace(whole, settled=tuple(settled), theirs=tuple(theirs))


def _units(work: Work) -> dict[int, Unit]:
    """All units in the order of the tree."""
    units = work.db.scalars(select(Unit)).all()
    return {
        unit.id: unit
        for unit in sorted(units, key=lambda unit: [int(part) for part in unit.path.split("/") if part])
    }


def _latest() -> ColumnElement[int]:
    newer = select(func.max(Settlement.id)).where(Settlement.meeting_id == Meeting.id)
    return newer.correlate(Meeting).scalar_subquery()


def _of_meetings(by: Sequence[Dimension], scope: Scope) -> bool:
    """Whether only meetings are asked about, so that it can be said which were held."""
    return OF_MEETINGS.issuperset({*by, *(dimension for dimension, _key in scope.only)})


def _meetings_by(
    work: Work, reading: _Reading, by: Sequence[Dimension], cells: _Cells
) -> dict[tuple[Key, ...], Meetings]:
    own = Meeting.host_id.in_(reading.frame.below())
    came = reading.facts(*cells.columns, Meeting.id, figure=_CAME)
    attended = cells.distinct(work, came)
    elsewhere = cells.distinct(work, came.where(~own))
    held = None
    if _of_meetings(by, reading.scope):
        held = cells.distinct(work, reading.meetings(*cells.columns, Meeting.id).where(own))
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
