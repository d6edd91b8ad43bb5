"""Who takes part in an organizer's story: three offices at their desks, members with their telephones, the
mail server and the group that tell them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, Page, expect

from consult.core import clock
from consult.core.store import Store, Work
from consult.members import passwords, roles, units
from consult.members.access import CONSOLE
from consult.members.models import Level, Role
from consult.members.roster import RosterRow
from consult.members.roster_sample import made_up_roster, make_csv
from tests.browser import letters, ways
from tests.browser.words import zh
from tests.support.mail import MailServer
from tests.support.receiver import Receiver
from tests.support.server import Server
from tests.support.wait import until

PROVINCE, COUNTY, OTHER = "临江省政协", "岭川县政协", "玉泉县政协"
SHENG, LINGCHUAN, YUQUAN, PASSWORD = "sheng", "lingchuan", "yuquan", "qing shui he an"
MEMBERS, FEWER = 30, 10
SECRET = "the group and the office know it"
ZONE = ZoneInfo("Asia/Shanghai")
LASTS = timedelta(minutes=90)
ARRIVES = 60  # seconds; letters and pages of a busy machine


@dataclass
class Story:
    """Those who take part, and what tells them."""

    server: Server
    store: Store
    mail: MailServer
    group: Receiver
    province: Page
    office: Page  # of the county whose year it is
    other: Page  # of another county
    phones: list[Page]
    members: list[RosterRow] = field(default_factory=lambda: roster(MEMBERS, 7, "lingchuan", 0))
    fewer: list[RosterRow] = field(default_factory=lambda: roster(FEWER, 8, "yuquan", 1000))

    def told(self, text: str, title: str) -> dict[str, list[EmailMessage]]:
        """The letters with this subject of ours, by whom they are for."""
        return letters.with_subject(self.mail.box, zh(text, title=title))

    def all_told(self, text: str, title: str, whom: set[str]) -> dict[str, list[EmailMessage]]:
        """The same, once these and nobody else have one."""
        until(lambda: set(self.told(text, title)) >= whom, ARRIVES, f"“{zh(text, title=title)}” at all")
        found = self.told(text, title)
        assert set(found) == whom
        return found

    def told_one(self, text: str, title: str, member: RosterRow, words: str) -> None:
        """This member, and nobody else, gets a letter with this subject that says these words; others may
        come before it."""
        until(lambda: words in self._last(text, title, member), ARRIVES, f"“{words}” to {member.name}")
        assert set(self.told(text, title)) == {member.email}

    def _last(self, text: str, title: str, member: RosterRow) -> str:
        found = self.told(text, title).get(member.email)
        return letters.words(found[-1]) if found else ""

    def go(self, page: Page, path: str) -> None:
        page.goto(self.server.url + path)


def found(work: Work, hashed: str) -> None:
    """A province with two counties, an office each."""
    province = units.create(work, PROVINCE, Level.PROVINCE, None)
    counties = [units.create(work, name, Level.COUNTY, province) for name in (COUNTY, OTHER)]
    names = ("林致远", "陈静", "许文博")
    for unit, account, name in zip((province, *counties), (SHENG, LINGCHUAN, YUQUAN), names, strict=True):
        roles.create_staff(work, CONSOLE, unit.id, account, name, Role.ORGANIZER).password_hash = hashed


def open_story(
    server: Server, store: Store, mail: MailServer, group: Receiver, new_page: Callable[..., Page]
) -> Story:
    """All at their places; nobody has done anything yet."""
    desks = [new_page(width=1280, height=800, locale="en-GB") for _office in range(3)]
    phones = [new_page(width=390, height=844, has_touch=True) for _member in range(3)]
    return Story(server, store, mail, group, desks[0], desks[1], desks[2], phones)


def hashed_password() -> str:
    return passwords.hashed(PASSWORD)


def roster(members: int, seed: int, domain: str, shift: int) -> list[RosterRow]:
    """Made-up members who all have an address, and telephones of their own."""
    return [
        replace(row, phone=str(int(row.phone) + shift), email=f"member{order}@{domain}.example.com")
        for order, row in enumerate(made_up_roster(members, seed), 1)
    ]


def addresses(rows: list[RosterRow]) -> set[str]:
    return {row.email for row in rows}


def import_roster(page: Page, rows: list[RosterRow]) -> None:
    page.get_by_role("link", name="Members").first.click()
    page.get_by_role("link", name="Import a roster").first.click()
    sheet = FilePayload(name="委员名册.csv", mimeType="text/csv", buffer=make_csv(rows, "utf-8-sig"))
    page.set_input_files("[name=file]", sheet)
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#new")).to_contain_text(f"{len(rows)} rows")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="The roster is imported")).to_be_visible()


def sign_in_link(story: Story, who: RosterRow) -> str:
    """Which the office makes on the member's page."""
    page = story.office
    page.get_by_role("link", name="Members").first.click()
    page.get_by_label("Search").fill(who.number)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=who.name).click()
    page.get_by_role("button", name="New sign-in link").click()
    return f"{story.server.url}/s/{page.locator('.slip code').inner_text()}"


def press(page: Page, link: str, who: RosterRow) -> None:
    """Opens a letter's link: it shows the name and a button, which leads to what the letter is about."""
    page.goto(link)
    expect(page.get_by_role("heading", name=who.name)).to_be_visible()
    page.locator("form", has=page.locator("[name=press]")).get_by_role("button").click()
    expect(page).not_to_have_url(re.compile("/s/"))


def unread(page: Page) -> int:
    """What the bell counts."""
    shown = page.locator("[data-unread]")
    return int(shown.inner_text()) if shown.is_visible() else 0


def come_to_the_offices(story: Story) -> None:
    """All sign in, and the counties' rosters are imported."""
    ways.sign_in(story.province, story.server.url, SHENG, PASSWORD)
    ways.sign_in(story.office, story.server.url, LINGCHUAN, PASSWORD)
    import_roster(story.office, story.members)
    ways.sign_in(story.other, story.server.url, YUQUAN, PASSWORD)
    import_roster(story.other, story.fewer)


def add_the_group(story: Story) -> None:
    """The members' group is told by a signed webhook; a test message says that it works."""
    page = story.office
    story.go(page, "/notices/robots/new")
    page.get_by_label("Any other program (signed webhook)").check()
    page.get_by_label("Name of the group").fill("委员群")
    page.get_by_label("Address of the robot (webhook)").fill(story.group.url())
    page.get_by_label("Secret").fill(SECRET)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Send a test message").click()
    until(lambda: len(story.group.received) == 1, ARRIVES, "the test message in the group")
    story.group.received.clear()


def tomorrow(hour: int, days: int = 1) -> datetime:
    day = clock.now().astimezone(ZONE) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def fill_times(page: Page, opens: datetime) -> None:
    closes = opens + LASTS
    page.get_by_label("Day", exact=True).fill(opens.date().isoformat())
    page.get_by_label("Start").fill(f"{opens:%H:%M}")
    page.get_by_label("End", exact=True).fill(f"{closes:%H:%M}")
    last = closes.date().isoformat() if closes.date() != opens.date() else ""
    page.get_by_label("Last day").fill(last)


def number_in(address: str) -> int:
    return int(re.findall(r"/(\d+)$", address)[0])


def tab(page: Page, name: str) -> None:
    page.get_by_label("Pages of the meeting").get_by_role("link", name=name).click()
    expect(page.locator(".tabs [aria-current=page]", has_text=name)).to_be_visible()


def in_the_group(story: Story, kind: str) -> list[dict[str, str]]:
    """What the group was told of that kind; a letter that came twice counts once."""
    return list(
        {one.json["id"]: one.json for one in story.group.received if one.json["kind"] == kind}.values()
    )


def soon_after_the_minute(at: datetime) -> datetime:
    return (at + timedelta(minutes=1)).astimezone(ZONE).replace(second=0, microsecond=0)
