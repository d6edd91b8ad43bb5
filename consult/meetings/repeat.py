"""On which days a meeting is held again: every so many weeks, or monthly. Pure; never more than MOST days."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid

MOST = 52
MOST_WEEKS = 52
LAST_YEAR = 2099


class Every(enum.StrEnum):
    """How a meeting repeats."""

    WEEKS = "weeks"  # on its weekday
    DAY = "day"  # each month on the same day of the month
    WEEKDAY = "weekday"  # each month on the same weekday, such as the second Tuesday


@dataclass(frozen=True)
class Pattern:
    """How a meeting repeats, and until when: so many times more, or until a day, which may be one of them.

    Refuses: Invalid (fields `weeks`, `times`, `until`), also when neither end or both are given.
    """

    every: Every
    weeks: int = 1
    times: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise Invalid(_l("Between 1 and %(most)s weeks.", most=MOST_WEEKS), field="weeks")
        if (self.times is None) == (self.until is None):
            raise Invalid(_l("Please say either how many times, or until which day."), field="times")
        if self.times is not None and not 1 <= self.times <= MOST:
            raise Invalid(_l("Between 1 and %(most)s times.", most=MOST), field="times")


def days(first: date, pattern: Pattern) -> list[date]:
    """The days after the first on which the meeting is held again. Months without such a day are left out.

    Refuses: Invalid (field `until`), when there are none until then, or more than MOST.
    """
    found: list[date] = []
    step = 0
    while pattern.times is None or len(found) < pattern.times:
        step += 1
        day = _nth(first, pattern, step)
        if day is not None and pattern.until is not None and day > pattern.until:
            break
        month = _month(first, step) if pattern.every is not Every.WEEKS else (day or first)
        if month.year > LAST_YEAR or (pattern.until is not None and month > pattern.until):
            break
        if day is not None:
            found.append(day)
        if len(found) > MOST:
            raise Invalid(_l("A meeting is repeated at most %(most)s times.", most=MOST), field="until")
    if not found:
        raise Invalid(_l("There is no such day until then."), field="until" if pattern.until else "times")
    return found


def ordinal(day: date) -> int:
    """Which one of its weekday in its month the day is, from 1."""
    return (day.day - 1) // 7 + 1


def _nth(first: date, pattern: Pattern, step: int) -> date | None:
    if pattern.every is Every.WEEKS:
        return first + timedelta(weeks=pattern.weeks * step)
    month = _month(first, step)
    if pattern.every is Every.DAY:
        wanted = first.day
    else:
        wanted = 1 + (first.weekday() - month.weekday()) % 7 + 7 * (ordinal(first) - 1)
    day = month + timedelta(days=wanted - 1)
    return day if day.month == month.month else None


def _month(first: date, step: int) -> date:
    """The first day of the month so many months later."""
    years, month = divmod(first.month - 1 + step, 12)
    return date(first.year + years, month + 1, 1)
