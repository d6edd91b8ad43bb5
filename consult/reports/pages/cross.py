"""Figures by one thing, all side by side and beside last year's, or one figure by any two, with a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import Response, render_template
from flask_babel import gettext as _

from consult.core.errors import Message
from consult.core.export import Sheet, Value
from consult.core.web import store
from consult.members.current import current_actor
from consult.reports import dimensions, facts
from consult.reports.dimensions import DIMENSIONS, PERIODS, Dimension
from consult.reports.facts import Figures, Table
from consult.reports.measures import CROSSED, MEASURES, OF_MEETINGS, SIDE_BY_SIDE, Measure, adds_up, value
from consult.reports.pages.asked import Asked, asked, dimension_asked, measure_asked
from consult.reports.pages.blueprint import pages
from consult.reports.pages.sending import sent

OFFERED = tuple(one for one in Dimension if one not in (Dimension.MEETING, Dimension.MEMBER))
"""What tables are made by; meetings and members have lists of their own."""


@dataclass(frozen=True)
class View:
    """A table with what it was asked for, and the figures of a year earlier where they stand beside it."""

    asked: Asked
    rows: Dimension
    columns: Dimension | None
    measure: Measure
    table: Table
    before: Table

    @property
    def shown(self) -> tuple[Measure, ...]:
        if self.columns is not None:
            return (self.measure,)
        met = OF_MEETINGS if self.rows in dimensions.OF_MEETINGS else (Measure.ATTENDED,)
        return (*met, *SIDE_BY_SIDE)

    @property
    def row_keys(self) -> Sequence[str]:
        """The rows: those of the year before, too, where that stands beside."""
        keys = self.table.keys[0]
        gone = [] if self.columns or self.rows in PERIODS else self.before.keys[0]
        return [*keys, *(key for key in gone if key not in keys)]

    def row_name(self, key: str) -> str:
        return self.table.name(0, key) if key in self.table.keys[0] else self.before.name(0, key)

    @property
    def columns_added(self) -> bool:
        """Whether the table's cells come to its totals."""
        return adds_up(self.measure, self.rows, *([self.columns] if self.columns else []))

    @property
    def rules(self) -> list[Message]:
        """The rule of each figure that is shown, once."""
        return list({str(MEASURES[one].rule): MEASURES[one].rule for one in self.shown}.values())

    def door(self, measure: Measure, row: str | None = None, column: str | None = None) -> str:
        """The address of the rows behind a figure."""
        keys = [(self.rows, row)] + ([(self.columns, column)] if self.columns else [])
        return self.asked.url("reports.rows", *keys, figure=measure.value)

    def url(self, **changed: str | None) -> str:
        """The address of this page, changed so."""
        said = {"rows": self.rows.value, "columns": self.columns, "figure": self.measure.value}
        return self.asked.url("reports.cross", **{**said, **changed})

    def change(self, measure: Measure, key: str | None) -> tuple[int, int]:
        """A row's figure a year earlier, and how much more it is now."""
        then = value(measure, self.before.at(key))
        return then, value(measure, self.table.at(key)) - then


@pages.get("/reports/cross")
def cross() -> str:
    """A unit's figures by one or two dimensions: by sector, unless it is asked otherwise."""
    view = _view()
    return render_template(
        "reports/cross.html",
        view=view,
        asked=view.asked,
        table=view.table,
        DIMENSIONS={one: DIMENSIONS[one] for one in OFFERED},
        MEASURES=MEASURES,
        Measure=Measure,
        crossed=CROSSED,
        value=value,
        stacked=view.columns_added,
    )


@pages.get("/reports/cross.<any(csv, xlsx):form>")
def cross_sheet(form: str) -> Response:
    """The table as a sheet."""
    view = _view()
    title = " × ".join(str(DIMENSIONS[one]) for one in (view.rows, view.columns) if one)
    name = f"{view.asked.unit.name} {title} {view.asked.first}–{view.asked.last}"
    return sent(form, name, "figures", Sheet(title, _headings(view), _lines(view)))


def _view() -> View:
    actor = current_actor()
    rows = dimension_asked("rows") or Dimension.SECTOR
    columns = dimension_asked("columns")
    measure = measure_asked(Measure.TIMES)
    with store().read() as work:
        wanted = asked(work, actor)
        by = (rows, columns) if columns else (rows,)
        people = columns is None or measure is Measure.PEOPLE
        met = columns is None or measure in OF_MEETINGS
        table = facts.count(work, actor, wanted.scope, by, people=people, meetings=met)
        kept = by if columns is None else ()
        before = facts.count(
            work,
            actor,
            wanted.before,
            kept,
            people=columns is not None and people,
            meetings=columns is not None and met,
        )
    return View(wanted, rows, columns, measure, table, before)


def _headings(view: View) -> list[Message]:
    first = DIMENSIONS[view.rows]
    if view.columns is None:
        return [first, *(MEASURES[one].label for one in view.shown), _("Person-times a year earlier")]
    return [first, *(view.table.name(1, key) for key in view.table.keys[1]), _("Total")]


def _lines(view: View) -> Iterator[Sequence[Value]]:
    names: list[tuple[str | None, str]] = [(key, view.row_name(key)) for key in view.row_keys]
    for key, name in [*names, (None, _("Total"))]:
        if view.columns is None:
            own = (_written(one, view.table.at(key)) for one in view.shown)
            yield name, *own, value(Measure.TIMES, view.before.at(key))
        else:
            yield (
                name,
                *(_written(view.measure, view.table.at(key, one)) for one in (*view.table.keys[1], None)),
            )


def _written(measure: Measure, figures: Figures) -> Value:
    if measure is not Measure.RATE:
        return value(measure, figures)
    part, whole = figures.tally.rate
    return Fraction(part, whole) if whole else None
