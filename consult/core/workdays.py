"""Working days as the State Council arranges them: weekends, holidays and make-up days. Pure.

The arrangement of a year is announced in the November before. For years of which the calendar package does
not know it, weekdays are counted; `announced` says so, for pages to say it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import chinese_calendar
from flask_babel import lazy_gettext as _l

from consult.core.errors import Message

ANNOUNCED = frozenset(day.year for day in chinese_calendar.holidays)
SATURDAY = 5  # as date.weekday() counts

NAMES: Mapping[str, Message] = {
    "New Year's Day": _l("New Year's Day"),
    "Spring Festival": _l("Spring Festival"),
    "Tomb-sweeping Day": _l("Tomb-sweeping Day"),
    "Labour Day": _l("Labour Day"),
    "Dragon Boat Festival": _l("Dragon Boat Festival"),
    "Mid-autumn Festival": _l("Mid-autumn Festival"),
    "National Day": _l("National Day"),
    "Anti-Fascist 70th Day": _l("Victory Day"),
}


def announced(year: int) -> bool:
    """Whether the year's holidays and make-up days are known."""
    return year in ANNOUNCED


def is_working(day: date) -> bool:
    """Whether offices work on that day; of a year not announced: whether it is a weekday."""
    if day in chinese_calendar.workdays:  # looked up in its tables, for this is asked thousandfold
        return True
    return day.weekday() < SATURDAY and day not in chinese_calendar.holidays


def back(day: date, count: int) -> date:
    """The working day that lies so many working days before that day."""
    return _step(day, count, timedelta(days=-1))


def forward(day: date, count: int) -> date:
    """The working day that lies so many working days after that day."""
    return _step(day, count, timedelta(days=1))


def holiday_on(day: date) -> Message | None:
    """The holiday for which that day is free; None on working days, plain weekends and where nothing is
    announced."""
    if not announced(day.year) or is_working(day):
        return None
    return NAMES.get(chinese_calendar.holidays.get(day, ""))


def holidays_between(first: date, last: date) -> list[Message]:
    """The holidays that take weekdays away from first to last, each once, in their order."""
    names: dict[str, Message] = {}
    day = first
    while day <= last:
        name = holiday_on(day)
        if name is not None and day.weekday() < SATURDAY:
            names.setdefault(chinese_calendar.holidays[day], name)
        day += timedelta(days=1)
    return list(names.values())


def _step(day: date, count: int, step: timedelta) -> date:
    while count > 0:
        day += step
        count -= is_working(day)
    return day
