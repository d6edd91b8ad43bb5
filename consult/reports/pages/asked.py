"""What a page of figures is asked for by its address: unit, time and keys; and addresses for the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext as _

from consult.core import clock, times
from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.core.web import settings
from consult.members.access import READING, Actor, units_under
from consult.members.models import Unit
from consult.reports.dimensions import Dimension
from consult.reports.measures import Measure
from consult.reports.scope import Scope

LONGEST_KEY = 200


@dataclass(frozen=True)
class Asked:
    """A unit, the days from `first` to `last`, the keys that rows stand under; and the units one may ask."""

    unit: Unit
    units: Sequence[Unit]
    first: date
    last: date
    only: tuple[tuple[Dimension, str], ...]

    @property
    def scope(self) -> Scope:
        return Scope(
            self.unit.id, _midnight(self.first), _midnight(self.last + _DAY), settings().zone, self.only
        )

    @property
    def year(self) -> int | None:
        """The year, if the days are those of one."""
        whole = (date(self.first.year, 1, 1), date(self.first.year, 12, 31))
        return self.first.year if (self.first, self.last) == whole else None

    @property
    def before(self) -> Scope:
        """The same a year earlier."""
        first, last = _year_before(self.first), _year_before(self.last)
        return Scope(self.unit.id, _midnight(first), _midnight(last + _DAY), settings().zone, self.only)

    @property
    def args(self) -> dict[str, str]:
        """What of an address says unit, time and keys."""
        said = {"unit": str(self.unit.id), "from": self.first.isoformat(), "to": self.last.isoformat()}
        return said | {dimension.value: key for dimension, key in self.only}

    def url(self, endpoint: str, *keys: tuple[Dimension, str | None], **more: str | None) -> str:
        """The address of that page for the same, under these keys, too."""
        args = self.args | {str(dimension): key for dimension, key in keys if key is not None}
        given = {name: value for name, value in more.items() if value is not None}
        return url_for(endpoint, **{**args, **given})  # type: ignore[arg-type]


def asked(work: Work, reader: Actor) -> Asked:
    """What the address asks for: the reader's highest unit and this year unless it says otherwise.

    Refuses: Missing, to who reads nowhere, or not there; Invalid, for days that are none.
    """
    units = units_under(work, reader, *READING)
    if not units:
        raise Missing
    wanted = request.args.get("unit", type=int)
    chosen = [unit for unit in units if wanted is None or unit.id == wanted]
    if not chosen:
        raise Missing
    today = clock.now().astimezone(ZoneInfo(settings().zone)).date()
    first = _day("from", date(today.year, 1, 1))
    last = _day("to", date(first.year, 12, 31))
    if last < first:
        raise Invalid(_("The end must not be before the beginning."), field="to")
    only = tuple(
        (one, request.args[one.value][:LONGEST_KEY]) for one in Dimension if one.value in request.args
    )
    return Asked(chosen[0], units, first, last, only)


def own_time() -> tuple[int, Scope]:
    """The year that a member asks for of his own, this one unless he says otherwise. Refuses: Invalid."""
    zone = ZoneInfo(settings().zone)
    year = request.args.get("year", clock.now().astimezone(zone).year, type=int)
    if not clock.EARLIEST.year <= year < clock.LATEST.year:
        raise Invalid(_("The year must lie between 2000 and 2099."), field="year")
    return year, Scope(None, _midnight(date(year, 1, 1)), _midnight(date(year + 1, 1, 1)), settings().zone)


def measure_asked(default: Measure) -> Measure:
    """The figure that the address names. Refuses: Invalid, for an unknown one."""
    try:
        return Measure(request.args.get("figure") or default)
    except ValueError as error:
        raise Invalid(_("There is no such figure."), field="figure") from error


def dimension_asked(name: str) -> Dimension | None:
    """The dimension that the address names, if any. Refuses: Invalid, for an unknown one."""
    try:
        return Dimension(request.args[name]) if request.args.get(name) else None
    except ValueError as error:
        raise Invalid(_("Nothing is counted by this."), field=name) from error


_DAY = timedelta(days=1)


def _day(name: str, default: date) -> date:
    return times.day(request.args[name], name) if request.args.get(name) else default


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings().zone))


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
