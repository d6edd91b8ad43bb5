"""The room in real browsers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from consult.attendance.models import Presence
from consult.core.store import Store
from consult.discussion import actions
from consult.members import sign_ins
from tests.live.site import Site, cookie_of, new_site
from tests.support.server import Server
from tests.support.wait import until

NO_SOCKETS = """
window.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.onerror && this.onerror(new Event("error")), 10) }
  close() {}
}
"""


@pytest.fixture
def site(start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str) -> Site:
    return new_site(start_server, sqlite_store, sqlite_url)


@pytest.fixture
def enter(site: Site, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """`enter(person, meeting, width=390)`: a new browser of that person's, in the room."""

    def open_room(person: int, meeting: int, *, token: str = "", script: str = "", **options: object) -> Page:
        page = new_page(**options, locale="en")
        name, value = (cookie_of(token) if token else site.cookie(person)).split("=", 1)
        page.context.add_cookies([{"name": name, "value": value, "url": site.server.url}])
        if script:
            page.add_init_script(script)
        page.goto(f"{site.server.url}/meetings/{meeting}/room")
        return page

    return open_room


def say(page: Page, text: str) -> None:
    page.fill("#say", text)
    page.press("#say", "Control+Enter")


def said(page: Page, text: str) -> Locator:
    return page.locator(".said", has_text=text)


def channels(site: Site) -> list[str]:
    with site.store.read() as work:
        return list(work.db.scalars(select(Presence.channel)))


def top(node: Locator) -> float:
    box = node.bounding_box()
    assert box is not None
    return box["y"]


def test_what_one_says_all_read(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting()
    wang, office = enter(site.people.wang, meeting, width=390, height=844), enter(site.people.office, meeting)
    expect(wang.locator("[data-part=link]")).to_have_attribute("data-is", "on")
    say(wang, "<b>水质</b>检测结果\n请公开")
    mine = said(wang, "请公开")
    expect(mine).to_have_attribute("data-own", "")
    expect(mine.locator(".no")).to_have_text("No. 3")
    expect(wang.locator("#say")).to_have_value("")
    theirs = said(office, "请公开")
    expect(theirs.locator(".said-text")).to_have_text("<b>水质</b>检测结果\n请公开")
    expect(theirs.locator(".said-by")).to_contain_text("王秀兰")
    expect(theirs.locator(".said-by")).to_contain_text("医药卫生界")
    expect(office.locator(".big-tally b")).to_have_text("1")
    assert wang.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_office_pins_and_hides_with_a_reason(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting()
    wang, li, office = (
        enter(person, meeting) for person in (site.people.wang, site.people.li, site.people.office)
    )
    say(wang, "无关的话")
    theirs = said(office, "无关的话")
    theirs.hover()
    theirs.get_by_role("button", name="Pin").click()
    expect(li.locator("[data-part=pinned]")).to_contain_text("无关的话")
    theirs.hover()
    theirs.get_by_role("button", name="Hide").click()
    office.fill("#reason", "与议题无关")
    office.locator("#hide").get_by_role("button", name="Hide").click()
    expect(li.locator("#c-3 .said-text")).to_contain_text("The office has hidden this comment")
    expect(li.locator("[data-part=pinned]")).to_be_hidden()
    expect(li.locator("body")).not_to_contain_text("无关的话")
    wang.reload()
    wang.locator("#c-3").get_by_role("button", name="Show the text").click()
    expect(wang.locator("#c-3 .said-text")).to_have_text("无关的话\nHidden because: 与议题无关")


def test_what_is_written_while_the_server_is_down_is_sent_once(
    site: Site, enter: Callable[..., Page]
) -> None:
    meeting = site.meeting()
    wang = enter(site.people.wang, meeting)
    say(wang, "断线以前")
    expect(said(wang, "断线以前").locator(".no")).to_be_visible()
    site.server.kill9()
    say(wang, "断线以后")
    expect(said(wang, "断线以后")).to_have_attribute("data-is", "pending")
    expect(wang.locator("[data-part=banner]")).to_contain_text("What you write is kept", timeout=10_000)
    wang.fill("#say", "还没写完")
    site.server.start()
    expect(said(wang, "断线以后").locator(".no")).to_have_text("No. 4", timeout=30_000)
    expect(wang.locator("[data-part=banner]")).to_contain_text("Connected again")
    wang.reload()
    expect(said(wang, "断线以后")).to_have_count(1)
    expect(wang.locator("#say")).to_have_value("还没写完")


def test_a_refused_comment_can_be_deleted_or_sent_again(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting()
    wang = enter(site.people.wang, meeting)
    expect(wang.locator("[data-part=link]")).to_have_attribute("data-is", "on")
    wang.evaluate("crypto.getRandomValues = (bytes) => bytes")  # always the same key
    say(wang, "第一句")
    expect(said(wang, "第一句").locator(".no")).to_be_visible()
    say(wang, "第二句")
    refused = said(wang, "第二句")
    expect(refused).to_have_attribute("data-is", "failed")
    expect(refused.get_by_role("alert")).to_contain_text("Not sent, kept on this device.")
    wang.reload()
    expect(refused).to_have_attribute("data-is", "failed")
    refused.get_by_role("button", name="Delete").click()
    expect(refused).to_have_count(0)


def test_without_sockets_the_room_works_over_http(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting()
    li = enter(site.people.li, meeting)
    wang = enter(site.people.wang, meeting, script=NO_SOCKETS)
    expect(wang.locator("[data-part=link]")).to_contain_text("compatible mode", timeout=15_000)
    say(wang, "从兼容方式发出")
    expect(said(li, "从兼容方式发出")).to_be_visible()
    say(li, "收到")
    expect(said(wang, "收到")).to_be_visible(timeout=10_000)
    expect(wang.locator(".big-tally b")).to_have_text("2", timeout=10_000)


def test_the_lobby_turns_into_the_room_by_itself(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting(opens=0.1, closes=60)
    wang = enter(site.people.wang, meeting)
    expect(wang.locator("[data-part=countdown]")).to_have_text(re.compile(r"\d s"))
    wang.fill("#say", "先写好的草稿")
    expect(wang.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(wang.locator(".room")).to_have_attribute("data-state", "open", timeout=15_000)
    expect(wang.locator("[data-part=log]")).to_contain_text("The meeting has opened")
    wang.get_by_role("button", name="Send", exact=True).click()
    expect(said(wang, "先写好的草稿").locator(".no")).to_be_visible()


def test_older_comments_come_on_scrolling_and_new_ones_do_not_jump(
    site: Site, enter: Callable[..., Page]
) -> None:
    meeting = site.meeting()
    site.pour(meeting, 1, 500)
    wang = enter(site.people.wang, meeting)
    expect(wang.locator("#c-502")).to_be_in_viewport()
    expect(wang.locator(".said")).to_have_count(200)
    log = wang.locator("[data-part=log]")
    for count in (400, 500):
        log.evaluate("log => log.scrollTo(0, -log.scrollHeight)")
        expect(wang.locator(".said")).to_have_count(count)
    seqs = wang.eval_on_selector_all(".said", "all => all.map(one => Number(one.dataset.seq))")
    assert seqs == list(range(3, 503))
    wang.locator("#c-250").scroll_into_view_if_needed()
    place = top(wang.locator("#c-250"))
    site.pour(meeting, 501, 503)
    expect(wang.locator("[data-part=newer]")).to_have_text("3 new comments")
    assert abs(top(wang.locator("#c-250")) - place) < 2
    wang.locator("[data-part=newer]").click()
    expect(wang.locator("#c-505")).to_be_in_viewport()
    expect(wang.locator("[data-part=newer]")).to_be_hidden()


def test_who_is_signed_out_elsewhere_is_told_and_keeps_his_words(
    site: Site, enter: Callable[..., Page]
) -> None:
    meeting = site.meeting()
    sign_in, token = site.people.sign_in(site.people.wang)
    wang = enter(site.people.wang, meeting, token=token)
    expect(wang.locator("[data-part=link]")).to_have_attribute("data-is", "on")
    wang.fill("#say", "没写完的话")
    site.store.write(sign_ins.end, sign_in)
    expect(wang.locator("[data-part=banner]")).to_contain_text("You are signed out", timeout=10_000)
    expect(wang.locator("[data-part=sign-in]")).to_have_attribute("href", re.compile("/sign-in"))
    expect(wang.locator("#say")).to_have_value("没写完的话")


def test_after_the_end_the_room_stays_readable(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting(opens=-30, closes=60)
    wang = enter(site.people.wang, meeting)
    say(wang, "会上说的话")
    expect(said(wang, "会上说的话").locator(".no")).to_be_visible()
    moved = site.meeting(opens=-30, closes=-10, grace_seconds=0)
    site.store.write_at(
        site.moment(-20), actions.post, site.people.actor(site.people.wang), moved, "key-0001", "早前说的话"
    )
    wang.goto(f"{site.server.url}/meetings/{moved}/room")
    expect(wang.locator("[data-part=hall]")).to_contain_text("My attendance")
    expect(wang.locator("[data-part=hall]")).to_contain_text("早前说的话")
    expect(wang.locator("[data-part=composer]")).to_be_hidden()
    wang.get_by_role("button", name="Read all comments").click()
    expect(said(wang, "早前说的话")).to_be_visible()


def test_opening_the_video_counts_and_needs_no_pop_up(site: Site, enter: Callable[..., Page]) -> None:
    meeting = site.meeting(video_link="https://video.example/room/1")
    wang = enter(site.people.wang, meeting, script="window.open = () => null")
    wang.context.route("https://video.example/**", lambda route: route.fulfill(body="the video"))
    wang.get_by_role("link", name="Open the video").click()
    wang.wait_for_url("https://video.example/room/1")
    until(lambda: "video" in channels(site), 10, "the video to be counted")
    wang.go_back()
    expect(wang.locator("[data-part=link]")).to_have_attribute("data-is", "on")
