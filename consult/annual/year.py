"""Reading a unit's year: its records, its meetings with who came, its members; in a constant number of
queries however much there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.annual import counting
from consult.annual.counting import Held, Told, Year
from consult.annual.lines import BY_KEY, Line, of_series
from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.members import platform
from consult.members.access import READING, Actor, unit_for
from consult.members.models import Level, Unit
from consult.members.parties import Standing
from consult.records import rows
from consult.reports import facts
from consult.reports.dimensions import Dimension
from consult.reports.scope import Scope

EARLIEST, LATEST = 2000, 2099
LATELY = 3


@dataclass(frozen=True)
class Asked:
    """Whose year is asked for: of the unit alone, or with the units below it; times are in the zone."""

    unit_id: int
    year: int
    below: bool
    zone: str


@dataclass(frozen=True)
class Report:
    """A year's lines beside those of the year before. `as_of`: the day on which members are counted."""

    unit: Unit
    year: int
    below: bool
    as_of: date
    lines: tuple[Told, ...]
    before: tuple[Told, ...]
    twice: tuple[rows.Row, ...]

    @cached_property
    def last_year(self) -> dict[tuple[str, str], Told]:
        """The lines of the year before, by key and series."""
        return {(one.line.key, one.line.series): one for one in self.before}

    def earlier(self, one: Told) -> Told | None:
        """The same line of the year before, if there was anything."""
        found = self.last_year.get((one.line.key, one.line.series))
        return None if found is None or found.empty else found


def report(work: Work, actor: Actor, asked: Asked) -> Report:
    """The year's report. Refuses: Missing, to who does not read there; Invalid, for a year that can't be."""
    unit = _unit(work, actor, asked)
    this, before = (
        _read(work, actor, unit, asked),
        _read(work, actor, unit, replace(asked, year=asked.year - 1)),
    )
    lines = (_with_people(work, actor, asked, this, one) for one in counting.lines(this))
    return Report(
        unit, asked.year, asked.below, _as_of(work, asked), tuple(lines), tuple(counting.lines(before)),
        this.twice,
    )  # fmt: skip


def line(work: Work, actor: Actor, asked: Asked, key: str, series: str) -> tuple[Unit, date, Told]:
    """One line with the rows behind it. Refuses: Missing, also for a line that there is not; Invalid."""
    unit = _unit(work, actor, asked)
    found: Line | None = of_series(series) if key == "outreach_series" and series else BY_KEY.get(key)
    if found is None:
        raise Missing
    this = _read(work, actor, unit, asked)
    return unit, _as_of(work, asked), _with_people(work, actor, asked, this, counting.told(this, found))


def years(work: Work, asked: Asked, this_year: int) -> list[int]:
    """The years that may be chosen: a few lately, that shown, and those of which there are records."""
    lately = range(this_year - LATELY, this_year + 1)
    return sorted({*lately, *rows.years(work, asked.unit_id, this_year), asked.year}, reverse=True)


def _unit(work: Work, actor: Actor, asked: Asked) -> Unit:
    if not EARLIEST < asked.year <= LATEST:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field="year")
    return unit_for(work, actor, asked.unit_id, *READING)


def _as_of(work: Work, asked: Asked) -> date:
    """The last day of the year, or today while it lasts."""
    return min(date(asked.year, 12, 31), work.now.astimezone(ZoneInfo(asked.zone)).date())


def _read(work: Work, actor: Actor, unit: Unit, asked: Asked) -> Year:
    return Year(
        unit.level,
        asked.below,
        tuple(rows.year_of(work, actor, unit.id, asked.year, below=asked.below)),
        tuple(_held(work, actor, unit, asked)),
        tuple(platform.on(work, actor, unit.id, _as_of(work, asked), asked.zone, below=asked.below)),
    )


def _scope(asked: Asked) -> Scope:
    """The facts of the members who are reported on."""
    zone = ZoneInfo(asked.zone)
    start, end = (datetime(year, 1, 1, tzinfo=zone) for year in (asked.year, asked.year + 1))
    scope = Scope(asked.unit_id, start, end, asked.zone)
    return scope if asked.below else scope.within((Dimension.UNIT, str(asked.unit_id)))


def _held(work: Work, actor: Actor, unit: Unit, asked: Asked) -> list[Held]:
    scope = _scope(asked)
    levels = {unit_id: Level(level) for unit_id, level in work.db.execute(select(Unit.id, Unit.level))}
    came = facts.count(work, actor, scope, (Dimension.MEETING, Dimension.STANDING), people=False)
    found = []
    for met in facts.meetings(work, actor, replace(scope, only=())):
        key = str(met.meeting_id)
        own = met.held if asked.below else met.host_id == unit.id
        by_standing = {one: came.at(key, one).times for one in Standing}
        times = came.at(key).times
        if own or times:
            day = met.opens_at.astimezone(ZoneInfo(met.zone)).date()
            found.append(
                Held(
                    met.meeting_id,
                    met.title,
                    day,
                    met.form,
                    met.host,
                    levels[met.host_id],
                    own,
                    times,
                    by_standing,
                )
            )
    return found


def _with_people(work: Work, actor: Actor, asked: Asked, year: Year, one: Told) -> Told:
    """The line with the distinct people behind its person-times: those in records and those at meetings."""
    column = counting.times_column(one.line)
    if column is None or not one.total(column).value:
        return one
    source = one.line.columns[column]
    people = counting.people_of_records(year, one.line)
    meetings = [(Dimension.MEETING, str(met.meeting_id)) for met in counting.meetings_of(year, source)]
    if meetings:
        scope = _scope(asked).within(*meetings)
        if source.of is not None:
            scope = scope.within((Dimension.STANDING, source.of))
        people |= facts.people(work, actor, scope)
    return replace(one, people=len(people))
