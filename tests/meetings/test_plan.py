"""What a plan refuses, and that its rule is the one attendance counts by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consult.attendance import rules
from consult.core import clock
from consult.core.errors import Invalid
from consult.meetings import rule_data
from consult.meetings.models import Mode
from consult.meetings.plan import Plan
from consult.meetings.rule_data import RuleData
from tests.support.cast import NINE, at

PLAN = Plan(title="推进城乡供水一体化", opens_at=NINE, closes_at=at(60))
BERLIN = ZoneInfo("Europe/Berlin")


def refused(**given: Any) -> str | None:
    with pytest.raises(Invalid) as refusal:
        replace(PLAN, **given)
    assert str(refusal.value)
    return refusal.value.field


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"closes_at": at(-1)}, "closes_at"),
        ({"closes_at": NINE}, "closes_at"),
        ({"closes_at": NINE + timedelta(days=14, seconds=1)}, "closes_at"),
        ({"closes_at": NINE.replace(year=9999)}, "closes_at"),
        ({"opens_at": NINE.replace(year=1), "closes_at": at(0)}, "opens_at"),
        ({"opens_at": NINE.replace(year=1999), "closes_at": at(0)}, "opens_at"),
        ({"title": ""}, "title"),
        ({"title": "\u200b\u202e"}, "title"),
        ({"title": "议" * 121}, "title"),
        ({"place": "室" * 121}, "place"),
        ({"mode": Mode.HYBRID}, "place"),
        ({"mode": Mode.ON_SITE, "place": ""}, "place"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"lobby_minutes": -1}, "lobby_minutes"),
        ({"lobby_minutes": 241}, "lobby_minutes"),
        ({"grace_seconds": -1}, "grace_seconds"),
        ({"grace_seconds": 3601}, "grace_seconds"),
        ({"video_link": "http://meeting.example/1"}, "video_link"),
        ({"video_link": "javascript:alert(1)"}, "video_link"),
        ({"video_link": "https://"}, "video_link"),
        ({"video_link": "https:meeting.example"}, "video_link"),
        ({"video_link": "https://[meeting/1"}, "video_link"),
        ({"video_link": "https://meeting.example:port/"}, "video_link"),
        ({"video_link": "https://meeting.example/a b"}, "video_link"),
        ({"video_link": "https://meeting.example\\@evil.example"}, "video_link"),
        ({"video_link": "https://user:secret@meeting.example/"}, "video_link"),
        ({"video_link": "https://meeting.example/" + "x" * 500}, "video_link"),
        ({"video_link": "//meeting.example/1"}, "video_link"),
    ],
)
def test_a_wrong_plan_is_refused_at_its_field(given: dict[str, Any], field: str) -> None:
    assert refused(**given) == field


@pytest.mark.parametrize(
    "given",
    [
        {"closes_at": at(1 / 60)},
        {"closes_at": NINE + timedelta(days=14)},
        {"lobby_minutes": 0},
        {"lobby_minutes": 240},
        {"grace_seconds": 0},
        {"mode": Mode.ON_SITE, "place": "县政协三楼会议室"},
        {"video_link": "https://meeting.example/j/88?pwd=1#a"},
        {"video_link": "https://视频.example/1"},
        {"video_link": "http://localhost:8080/1"},
        {"zone": "Asia/Urumqi"},
    ],
)
def test_a_right_plan_stands(given: dict[str, Any]) -> None:
    assert replace(PLAN, **given)


def test_the_meetings_day_is_its_own_clocks() -> None:
    late = replace(PLAN, opens_at=at(15.5 * 60), closes_at=at(16 * 60))
    assert late.day.day == 11
    assert replace(late, zone="UTC").day.day == 10


@pytest.mark.parametrize(
    ("naive", "instant"),
    [
        ("2026-03-29 01:59", "2026-03-29T00:59:00.000Z"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00.000Z"),  # twice that night: the first is meant
        ("2026-10-25 03:00", "2026-10-25T02:00:00.000Z"),
    ],
)
def test_wall_clock_times_are_those_of_the_zone(naive: str, instant: str) -> None:
    assert clock.iso(clock.from_local(datetime.fromisoformat(naive), BERLIN, "opens_at")) == instant


def test_a_time_that_the_clocks_leave_out_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        clock.from_local(datetime.fromisoformat("2026-03-29 02:30"), BERLIN, "opens_at")
    assert refusal.value.field == "opens_at"


def test_a_meeting_over_the_change_of_clocks_lasts_as_long_as_it_lasts() -> None:
    opens = clock.from_local(datetime.fromisoformat("2026-10-25 01:30"), BERLIN, "opens_at")
    closes = clock.from_local(datetime.fromisoformat("2026-10-25 03:30"), BERLIN, "closes_at")
    assert closes - opens == timedelta(hours=3)


@pytest.mark.parametrize("share", [(0, 3), (4, 3), (-1, 2), (1, 1001), (2, 0)])
def test_a_share_that_is_none_is_refused(share: tuple[int, int]) -> None:
    with pytest.raises(Invalid) as refusal:
        RuleData(share=share)
    assert refusal.value.field == "share"


@pytest.mark.parametrize("part", rule_data.TIMES)
@pytest.mark.parametrize("seconds", [-1, 24 * 3600 + 1])
def test_a_rule_s_time_is_at_most_a_day(part: str, seconds: int) -> None:
    with pytest.raises(Invalid) as refusal:
        RuleData(**{part: seconds})
    assert refusal.value.field == part


def test_attendance_reads_the_rule_as_it_was_meant() -> None:
    assert rule_data.VERSION == rules.VERSION
    assert RuleData().as_data() == rules.Rule().as_data()
    other = RuleData(None, at_least=2400, half_days=True, on_site_only=True)
    assert rules.Rule.from_data(other.as_data()).as_data() == other.as_data()
    given = RuleData((3, 4), 30, 45, 50, 55, 65)
    assert RuleData.from_data(given.as_data()) == given
    read = rules.Rule.from_data(given.as_data())
    assert read.share == (3, 4)
    assert [length.total_seconds() for length in vars_of(read)] == [30, 45, 50, 55, 65]


def test_a_rule_of_the_earlier_version_means_what_it_meant() -> None:
    data = RuleData().as_data()
    for part in ("at_least", "half_days", "on_site_only"):
        del data[part]
    assert RuleData.from_data({**data, "version": "2026-1"}) == RuleData()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"share": None}, "share"),
        ({"at_least": 60}, "share"),
        ({"share": None, "at_least": 59}, "at_least"),
        ({"share": None, "at_least": 24 * 3600 + 1}, "at_least"),
    ],
)
def test_either_a_share_or_minutes_are_asked_for(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        RuleData(**given)
    assert refusal.value.field == field


def vars_of(rule: rules.Rule) -> list[timedelta]:
    return [rule.late_after, rule.early_before, rule.bridge_hidden, rule.return_grace, rule.video_lasts]
