"""The calendar in a real browser: dragged with the mouse, asked, moved; refused, put back; no rule broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from consult.calendars import feeds
from consult.core import clock
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Meeting
from consult.meetings.plan import Plan
from tests.browser import ways
from tests.browser.scene import Year

ZONE = ZoneInfo("Asia/Shanghai")
TITLE = "农村公路管护情况专题协商会"


WEEKS = count(10)


@pytest.fixture
def week() -> datetime:
    """Monday morning, so far from now that the made-up year has nothing then; each test has its own."""
    day = clock.now().astimezone(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    return day + timedelta(weeks=next(WEEKS), days=-day.weekday())


@pytest.fixture
def planned(year: Year, week: datetime) -> Iterator[Meeting]:
    """A meeting on that Tuesday from nine to half past ten."""
    opens = week + timedelta(days=1)
    plan = Plan(
        title=TITLE,
        opens_at=opens,
        closes_at=opens + timedelta(minutes=90),
        audience=Audience(units=(year.made.county_id,)),
    )
    with year.store.read() as work:
        office = year.made.organizer(work)
    meeting = year.store.write(scheduling.schedule, office, year.made.county_id, plan)
    yield meeting
    with year.store.read() as work:
        now = work.db.get_one(Meeting, meeting.id)
    year.store.write(scheduling.cancel, office, meeting.id, now.version, "测试完毕")


def opens_at(year: Year, meeting: Meeting) -> datetime:
    with year.store.read() as work:
        return work.db.get_one(Meeting, meeting.id).opens_at.astimezone(ZONE)


def calendar(page: Page, year: Year, view: str, day: datetime) -> Locator:
    """The calendar as the organizer sees it; the entry of the meeting on it."""
    office = year.account("chenjing")
    ways.sign_in(page, year.site, office.account, office.password)
    page.goto(f"{year.site}/calendar?view={view}&date={day:%Y-%m-%d}")
    entry = page.locator(".entry:not(.cancelled)", has_text=TITLE)
    expect(entry).to_be_visible()
    return entry


def day_of(page: Page, day: datetime) -> Locator:
    return page.locator(f"[role=gridcell][data-date='{day:%Y-%m-%d}']")


def drag(page: Page, entry: Locator, across: float, down: float = 0) -> None:
    """With the mouse, by so many days and pixels, as a hand does: in steps."""
    entry.scroll_into_view_if_needed()
    box = entry.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 12)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + across * box["width"] * step / 10, y + down * step / 10)
    page.mouse.up()


def test_a_meeting_is_dragged_to_another_day_and_is_there_after_one_said_yes(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "month", week)
    before = opens_at(year, planned)
    drag(page, entry, 2.1)
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("给这场会议改期？")
    expect(asked).to_contain_text("09:00–10:30")
    expect(asked).to_contain_text("人。")
    assert opens_at(year, planned) == before, "nothing is moved before one says yes"
    asked.get_by_role("button", name="改期").click()
    expect(asked).not_to_be_visible()
    assert opens_at(year, planned) == before + timedelta(days=2)
    page.reload()
    expect(day_of(page, before + timedelta(days=2))).to_contain_text(TITLE)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_who_says_no_finds_the_meeting_where_it_was(
    how: str, year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "month", week)
    before = opens_at(year, planned)
    drag(page, entry, 1.1)
    asked = page.get_by_role("dialog")
    expect(asked).to_be_visible()
    if how == "button":
        asked.get_by_role("button", name="不改，放回原处").click()
    else:
        page.keyboard.press("Escape")
    expect(asked).not_to_be_visible()
    expect(day_of(page, before)).to_contain_text(TITLE)
    assert opens_at(year, planned) == before


def test_a_meeting_that_somebody_else_moved_meanwhile_is_put_back_and_one_is_told_who(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "month", week)
    with year.store.read() as work:
        other = year.made.administrator(work)
    elsewhere = planned.opens_at + timedelta(days=3)
    year.store.write(
        scheduling.reschedule, other, planned.id, planned.version, elsewhere, elsewhere + timedelta(hours=1)
    )  # fmt: skip
    drag(page, entry, 1.1)
    asked = page.get_by_role("dialog")
    asked.get_by_role("button", name="改期").click()
    expect(asked.get_by_role("alert")).to_contain_text("林致远")
    asked.get_by_role("button", name="不改，放回原处").click()
    expect(day_of(page, elsewhere.astimezone(ZONE))).to_contain_text(TITLE)
    assert opens_at(year, planned) == elsewhere


def test_in_the_week_a_meeting_is_dragged_to_another_hour(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "week", week)
    entry.scroll_into_view_if_needed()
    before, box = opens_at(year, planned), entry.bounding_box()
    assert box
    drag(page, entry, 0, down=box["height"] * 2)  # which is 90 minutes high
    page.get_by_role("dialog").get_by_role("button", name="改期").click()
    expect(page.get_by_role("dialog")).not_to_be_visible()
    assert opens_at(year, planned) == before + timedelta(hours=3)


def test_what_is_chosen_stays_in_the_address(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "month", week)
    page.get_by_label("状态").select_option("cancelled")
    expect(entry).not_to_be_visible()
    page.get_by_role("button", name="日程", exact=True).click()
    assert f"date={week:%Y-%m}" in page.url
    page.reload()
    expect(page.get_by_label("状态")).to_have_value("cancelled")
    expect(page.get_by_role("button", name="日程", exact=True)).to_have_attribute("aria-pressed", "true")
    assert "state=cancelled" in page.url
    assert "view=agenda" in page.url


def test_a_member_on_a_phone_reads_the_agenda_and_moves_nothing(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page(width=390, height=844, has_touch=True)
    ways.sign_in_by_link(page, year.link())
    page.goto(f"{year.site}/calendar?date={week:%Y-%m-%d}")
    expect(page.get_by_role("button", name="日程", exact=True)).to_have_attribute("aria-pressed", "true")
    entry = page.locator(".entry:not(.cancelled)", has_text=TITLE)
    expect(entry).to_contain_text("09:00")
    expect(entry.get_by_role("link", name="改期")).to_have_count(0)
    entry.get_by_role("link", name=TITLE).click()
    expect(page).to_have_url(f"{year.site}/meetings/{planned.id}")


def test_with_the_keyboard_one_comes_to_the_page_that_asks_for_a_time(
    year: Year, planned: Meeting, week: datetime, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    entry = calendar(page, year, "month", week)
    entry.get_by_role("link", name=TITLE, exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{year.site}/meetings/{planned.id}/reschedule")


def test_a_feed_of_the_served_site_is_fetched_without_a_cookie(
    year: Year, new_page: Callable[..., Page]
) -> None:
    with year.store.read() as work:
        office = year.made.organizer(work)
    token = year.store.write(feeds.renew, office)
    answer = new_page().request.get(f"{year.site}/calendar/feed/{token}.ics")
    assert answer.status == 200
    assert answer.text().startswith("BEGIN:VCALENDAR")
    assert "set-cookie" not in answer.headers
