"""Working days are those of the State Council's arrangements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core import workdays

ARRANGED = {
    # 国办发明电〔2023〕7号
    2024: (
        ["01-01", "02-10/02-17", "04-04/04-06", "05-01/05-05", "06-10", "09-15/09-17", "10-01/10-07"],
        ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    ),
    # 国办发明电〔2024〕12号
    2025: (
        ["01-01", "01-28/02-04", "04-04/04-06", "05-01/05-05", "05-31/06-02", "10-01/10-08"],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    # 国办发明电〔2025〕7号
    2026: (
        [
            "01-01/01-03", "02-15/02-23", "04-04/04-06", "05-01/05-05", "06-19/06-21", "09-25/09-27",
            "10-01/10-07",
        ],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}  # fmt: skip


def days(year: int, spans: list[str]) -> Iterator[date]:
    for span in spans:
        first, _, last = span.partition("/")
        day, end = date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last or first}")
        while day <= end:
            yield day
            day += timedelta(days=1)


@pytest.mark.parametrize("year", ARRANGED)
def test_every_day_of_the_year_is_as_the_state_council_arranged_it(year: int) -> None:
    free, worked = (set(days(year, spans)) for spans in ARRANGED[year])
    wrong = [
        day
        for day in days(year, ["01-01/12-31"])
        if workdays.is_working(day) != (day in worked or (day.weekday() < 5 and day not in free))
    ]
    assert wrong == []
    assert workdays.announced(year)
    assert all(workdays.holiday_on(day) for day in free)


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2026, 12, 29), -15, date(2026, 12, 8)),
        (date(2026, 12, 29), -10, date(2026, 12, 15)),
        (date(2026, 10, 15), -10, date(2026, 9, 24)),  # over National Day, its make-up day and Mid-autumn
        (date(2026, 2, 10), 7, date(2026, 2, 26)),  # over Spring Festival, whose make-up days count
        (date(2025, 9, 26), 7, date(2025, 10, 13)),  # a Sunday and a Saturday that are worked
        (date(2024, 12, 31), 1, date(2025, 1, 2)),
        (date(2026, 10, 3), 0, date(2026, 10, 3)),
    ],
)
def test_counting(day: date, count: int, due: date) -> None:
    counted = workdays.forward(day, count) if count >= 0 else workdays.back(day, -count)
    assert counted == due


def test_the_holidays_that_put_a_day_off_are_named() -> None:
    def named(first: date, last: date) -> list[str]:
        return [str(name) for name in workdays.holidays_between(first, last)]

    assert named(date(2026, 9, 20), date(2026, 10, 15)) == ["Mid-autumn Festival", "National Day"]
    assert named(date(2026, 11, 2), date(2026, 11, 30)) == []
    assert named(date(2024, 12, 30), date(2025, 1, 3)) == ["New Year's Day"]


def test_a_year_not_announced_has_weekdays() -> None:
    assert not workdays.announced(2099)
    assert workdays.is_working(date(2099, 10, 1))
    assert not workdays.is_working(date(2099, 10, 3))
    assert workdays.forward(date(2099, 9, 30), 3) == date(2099, 10, 5)
    assert workdays.holiday_on(date(2099, 10, 3)) is None


@given(st.dates(date(2004, 2, 1), date(2098, 1, 1)), st.integers(1, 60))
def test_forth_and_back_meet(day: date, count: int) -> None:
    there = workdays.forward(day, count)
    assert workdays.is_working(there)
    first = day if workdays.is_working(day) else workdays.back(day, 1)
    assert workdays.back(there, count) == first
