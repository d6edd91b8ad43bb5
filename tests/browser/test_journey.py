"""The whole way in two browsers at once: a roster in, a meeting held through all that befalls a phone, its
attendance handed in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from consult.attendance.intervals import Ended
from consult.attendance.models import Presence
from consult.core import clock
from consult.core.store import Store, open_store
from consult.members.roster import RosterRow
from consult.members.roster_sample import made_up_roster, make_sheet
from tests.browser import ways
from tests.browser.words import zh
from tests.support.line import Line
from tests.support.server import Server
from tests.support.wait import until

MEMBERS, SEED, COUNTY = 30, 7, "岭川县政协"
ACCOUNT, PASSWORD = "bangongshi", "qing shui he an"
TOPIC = "推进城乡供水一体化"
ZONE = ZoneInfo("Asia/Shanghai")
SOON, LASTS = timedelta(seconds=35), timedelta(minutes=2)
EXACT = 20  # seconds to which the minutes are right

pytestmark = pytest.mark.slow


@dataclass
class Journey:
    """Those who take part, the member's line, and what they have done so far."""

    server: Server
    store: Store
    line: Line
    office: Page
    member: Page
    away: timedelta = timedelta(0)
    said: list[str] = field(default_factory=list)


@pytest.fixture
def journey(
    start_server: Callable[..., Server], sqlite_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> Iterator[Journey]:
    admin = ("--account", ACCOUNT, "--name", "陈静", "--unit", COUNTY, "--password", PASSWORD)
    create = [sys.executable, "-m", "consult", "create-admin", *admin]
    subprocess.run(create, check=True, env=os.environ | {"DATABASE_URL": sqlite_url})
    server = start_server(DATABASE_URL=sqlite_url, GRACE_SECONDS="5")
    store, line = open_store(sqlite_url), Line(server.port)
    office = new_page(width=1280, height=800, locale="en-GB")
    member = new_page(width=390, height=844, has_touch=True)
    yield Journey(server, store, line, office, member)
    office.screenshot(path=tmp_path / "office-at-the-end.png")
    member.screenshot(path=tmp_path / "member-at-the-end.png")
    line.close()
    store.close()


def test_a_meeting_from_the_roster_to_the_report(journey: Journey) -> None:
    import_the_roster(journey.office, journey.server.url)
    keep_a_topic(journey.office)
    meeting = schedule(journey.office, clock.now())
    come(journey)
    room = f"/meetings/{meeting}/room"
    ways.consent(journey.office, journey.server.url)
    journey.office.goto(journey.server.url + room)
    wait_in_the_lobby(journey, room)
    talk(journey)
    lose_the_line(journey)
    hide_the_page(journey, meeting)
    go_by_http(journey)
    moderate(journey)
    see_it_close(journey)
    read_the_report(journey, meeting)


def import_the_roster(page: Page, site: str) -> None:
    ways.sign_in(page, site, ACCOUNT, PASSWORD)
    page.get_by_role("link", name="Members").first.click()
    page.get_by_role("link", name="Import a roster").first.click()
    sheet = {"name": "委员名册.xlsx", "mimeType": "", "buffer": make_sheet(MEMBERS, SEED)}
    page.set_input_files("[name=file]", sheet)
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#new")).to_contain_text(f"{MEMBERS} rows")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="The roster is imported")).to_be_visible()


def keep_a_topic(page: Page) -> None:
    page.get_by_role("link", name="Topics").first.click()
    page.get_by_role("link", name="New topic").first.click()
    page.get_by_label("Title").fill(TOPIC)
    page.get_by_label("Background").fill("全县集中供水率百分之八十一，北片三镇管网老化。")
    page.get_by_label("Responsible departments").fill("县水利局\n县住房和城乡建设局")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=TOPIC)).to_be_visible()


def schedule(page: Page, now: datetime) -> int:
    """Through the editor, which knows minutes: at the next whole one that leaves some time for the lobby."""
    opens = (now + SOON + timedelta(minutes=1)).astimezone(ZONE).replace(second=0, microsecond=0)
    closes = opens + LASTS
    page.get_by_role("link", name="Schedule a meeting for it").click()
    page.get_by_label("Name of the meeting").fill(f"{TOPIC}远程协商")
    page.get_by_label("Day", exact=True).fill(opens.date().isoformat())
    page.get_by_label("Start").fill(f"{opens:%H:%M}")
    page.get_by_label("End", exact=True).fill(f"{closes:%H:%M}")
    if closes.date() != opens.date():
        page.get_by_label("Last day").fill(closes.date().isoformat())
    expect(page.locator("#steps")).to_contain_text(f"{closes:%H:%M}")
    page.get_by_role("button", name=f"Put on the calendar, {MEMBERS} expected").click()
    expect(page.get_by_text("The meeting is on the calendar.")).to_be_visible()
    expect(page.locator("main .state").first).to_have_attribute("data-is", "lobby")
    return int(re.findall(r"/meetings/(\d+)$", page.url)[0])


def come(journey: Journey) -> None:
    """The office hands the member a link; looking at it does not use it up; pressing the button does."""
    office, member = journey.office, journey.member
    office.get_by_role("link", name="Members").first.click()
    office.get_by_label("Search").fill(who().number)
    office.get_by_role("button", name="Search").click()
    office.get_by_role("link", name=who().name).click()
    office.get_by_role("button", name="New sign-in link").click()
    link = f"{journey.line.url}/s/{office.locator('.slip code').inner_text()}"
    for _ in range(2):
        member.goto(link)
        expect(member.get_by_role("heading", name=who().name)).to_be_visible()
    ways.sign_in_by_link(member, link)
    office.goto(link.replace(journey.line.url, journey.server.url))
    expect(office.get_by_role("heading", name="This link has been used already")).to_be_visible()


def wait_in_the_lobby(journey: Journey, room: str) -> None:
    """One large button, the consent that is due before the first meeting, the lobby; the clock opens."""
    member = journey.member
    member.locator("a.button.main.big").click()
    expect(member).to_have_url(re.compile("/consent"))
    member.get_by_role("button", name=zh("I have read this and agree")).click()
    expect(member).to_have_url(journey.line.url + room)
    expect(room_of(member)).to_have_attribute("data-state", "lobby")
    expect(room_of(journey.office).locator("[data-people]").first).to_have_text("1")
    words(member).fill("我先写好，开始了就发。")
    expect(send(member)).to_be_disabled()
    for page in (journey.office, member):
        expect(room_of(page)).to_have_attribute("data-state", "open", timeout=120_000)
    send(member).click()
    heard(journey, "我先写好，开始了就发。")


def talk(journey: Journey) -> None:
    """A comment shows as pending until it is stored, and then in the other browser."""
    say(journey.office, "欢迎各位委员。")
    heard(journey, "欢迎各位委员。")
    journey.line.hold()
    say(journey.member, "管网老化，建议排进明年计划。")
    expect(pending(journey.member)).to_have_text(re.compile("管网老化"))
    expect(said(journey.office, "管网老化")).to_have_count(0)
    journey.line.release()
    expect(pending(journey.member)).to_have_count(0)
    heard(journey, "管网老化，建议排进明年计划。")


def lose_the_line(journey: Journey) -> None:
    """What was typed stays, what was missed comes, each once."""
    member, banner = journey.member, journey.member.locator("[data-part=banner]")
    lost_at = clock.now()
    journey.line.cut()
    say(member, "断线时写的一条。")
    words(member).fill("还没有写完的")
    expect(banner).to_contain_text(zh("The connection is lost; reconnecting. What you write is kept."))
    missed = [f"断线期间的第{number}条。" for number in "一二三"]
    for text in missed:
        say(journey.office, text)
        expect(said(journey.office, text)).to_have_count(1)
    expect(pending(member)).to_have_count(1)
    journey.line.mend()
    expect(banner).to_contain_text(
        zh("Connected again; %(count)s missed comments received.", count=3), timeout=20_000
    )
    journey.away += clock.now() - lost_at
    for text in (*missed, "断线时写的一条。"):
        heard(journey, text)
    expect(pending(member)).to_have_count(0)
    expect(words(member)).to_have_value("还没有写完的")


def hide_the_page(journey: Journey, meeting: int) -> None:
    """As when another app is before it; the ledger notes it, and that it came back."""
    turn(journey.member, hidden=True)
    until(lambda: hidden_once(journey, meeting), 10, "the ledger to note the hidden page")
    say(journey.office, "说给藏起来的页面。")
    turn(journey.member, hidden=False)
    heard(journey, "说给藏起来的页面。")
    until(lambda: present(journey, meeting), 10, "the ledger to note its return")


def go_by_http(journey: Journey) -> None:
    """Where sockets are blocked all goes on; what is unsent survives a reload; sockets come back."""
    member, link = journey.member, journey.member.locator("[data-part=link]")
    journey.line.block_sockets()
    expect(link).to_have_text(zh("Connected (compatible mode)"), timeout=15_000)
    words(member).fill("")
    say(member, "没有长连接也能说。")
    heard(journey, "没有长连接也能说。")
    say(journey.office, "没有长连接也能听。")
    heard(journey, "没有长连接也能听。")
    member.route("**/comments", lambda route: route.abort())
    say(member, "刷新前没有发出的。")
    words(member).fill("刷新前的草稿")
    expect(pending(member)).to_have_count(1)
    member.reload()
    expect(words(member)).to_have_value("刷新前的草稿")
    expect(pending(member)).to_have_text(re.compile("刷新前没有发出的"))
    member.unroute("**/comments")
    heard(journey, "刷新前没有发出的。")
    journey.line.allow_sockets()
    expect(link).to_have_text(zh("Connected"), timeout=20_000)


def moderate(journey: Journey) -> None:
    """The office hides one comment, whose words are gone, and pins another."""
    act(said(journey.office, "断线时写的一条。"), "Hide")
    journey.office.get_by_label("Reason").fill("与议题无关")
    journey.office.locator("dialog").get_by_role("button", name="Hide").click()
    gone = journey.member.locator(".said[data-is=hidden]")
    expect(gone).to_have_count(1)
    expect(said(journey.member, "断线时写的一条。")).to_have_count(0)
    gone.get_by_role("button", name=zh("Show the text")).click()
    expect(gone).to_contain_text("与议题无关")
    act(said(journey.office, "管网老化，建议排进明年计划。"), "Pin")
    expect(journey.member.locator("[data-part=pinned]")).to_contain_text("管网老化")


def see_it_close(journey: Journey) -> None:
    """The clock closes it; the room can be read on."""
    for page in (journey.office, journey.member):
        expect(room_of(page)).to_have_attribute("data-state", "closed", timeout=150_000)
    expect(words(journey.member)).to_be_hidden()
    journey.member.get_by_role("button", name=zh("Read all comments")).click()
    expect(said(journey.member, "欢迎各位委员。")).to_be_visible()
    expect(room_of(journey.member)).to_have_attribute("data-state", "settled", timeout=30_000)


def read_the_report(journey: Journey, meeting: int) -> None:
    """One was there, all but for the broken line; the others were not."""
    office = journey.office
    office.goto(f"{journey.server.url}/meetings/{meeting}/report")
    figures = office.locator(".figures dd").all_inner_texts()
    assert [int(figure.split()[0]) for figure in figures[:4]] == [MEMBERS, 1, 0, MEMBERS - 1]
    row = office.locator("#people tr", has_text=who().name)
    expect(row.locator(".label")).to_have_attribute("data-is", "on_time")
    hours, minutes, seconds = (int(part) for part in row.locator("td.n").inner_text().split(":"))
    counted = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert abs(counted - (LASTS - journey.away)) <= timedelta(seconds=EXACT)
    journey.member.goto(f"{journey.line.url}/my/attendance")
    expect(journey.member.locator("main")).to_contain_text(f"{hours}:{minutes:02}:{seconds:02}")


def who() -> RosterRow:
    return made_up_roster(MEMBERS, SEED)[4]


def room_of(page: Page) -> Locator:
    return page.locator(".room")


def words(page: Page) -> Locator:
    return page.locator("[data-part=composer] textarea")


def send(page: Page) -> Locator:
    return page.locator("[data-part=composer] button[type=submit]")


def said(page: Page, text: str) -> Locator:
    """Comments with these words that are stored, as far as the page knows."""
    return page.locator(".said[data-seq]", has_text=text)


def pending(page: Page) -> Locator:
    return page.locator(".said[data-is=pending]")


def say(page: Page, text: str) -> None:
    words(page).fill(text)
    send(page).click()


def heard(journey: Journey, text: str) -> None:
    """It stands in both browsers, once."""
    for page in (journey.office, journey.member):
        expect(said(page, text)).to_have_count(1, timeout=15_000)


def act(comment: Locator, word: str) -> None:
    comment.hover()
    comment.get_by_role("button", name=word).click()


def turn(page: Page, hidden: bool) -> None:
    """The page goes behind another one, or comes back, as far as it can tell."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden })
          document.dispatchEvent(new Event("visibilitychange"))
        }""",
        hidden,
    )


def rows(journey: Journey, meeting: int) -> list[Presence]:
    with journey.store.read() as work:
        found = select(Presence).where(Presence.meeting_id == meeting, Presence.membership_id.is_not(None))
        return list(work.db.scalars(found.order_by(Presence.id)))


def hidden_once(journey: Journey, meeting: int) -> bool:
    return [row.ended for row in rows(journey, meeting)][-1] == Ended.HIDDEN


def present(journey: Journey, meeting: int) -> bool:
    return [row.left_at for row in rows(journey, meeting)][-1] is None
