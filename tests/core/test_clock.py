"""Wall clocks and instants."""

from __future__ import annotations

from datetime import datetime

import pytest

from consult.core import clock
from consult.core.errors import Invalid


def at(local: str, zone: str) -> str:
    return clock.iso(clock.from_local(datetime.fromisoformat(local), clock.zone(zone), "opens"))


def test_local_time_becomes_the_instant() -> None:
    assert at("2026-11-24T15:00", "Asia/Shanghai") == "2026-11-24T07:00:00.000Z"


def test_time_that_happens_twice_is_the_first() -> None:
    assert at("2026-11-01T01:30", "America/New_York") == "2026-11-01T05:30:00.000Z"


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        ("2026-03-08T02:30", "America/New_York"),  # set forward over it
        ("9999-12-31T23:59", "Asia/Shanghai"),
        ("0001-01-01T00:00", "Asia/Shanghai"),
        ("1999-12-31T23:59", "Asia/Shanghai"),
    ],
)
def test_impossible_times_are_refused(local: str, zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        at(local, zone)
    assert refused.value.field == "opens"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "x" * 5000, "Asia/\x00"])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clock.zone(name)
