"""Every main screen, looked at on a phone and on a desk, in both languages, the room in the dark too.

`PICTURES=docs/pictures` (make pictures) puts those that the README shows there; all of them go to the test's
own folder otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from consult.members.roster_sample import made_up_roster, make_csv
from consult.rehearsal import county
from tests.browser import examine, ways
from tests.browser.scene import MEMBERS, SEED, Year

SHAPES = {390: 844, 1280: 720}
MOST_BYTES = 180_000  # of what the README shows
SHOWN = (
    "room-open-390", "room-open-1280", "report-1280", "home-390", "dashboard-1280", "import-1280",
    "sign-in-link-390", "answer-390", "timeline-390", "calendar-1280", "plan-1280",
)  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width", SHAPES)
def test_the_member_s_screens(
    width: int, language: str, year: Year, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = new_page(width=width, height=SHAPES[width], locale=language, has_touch=width < 960)
    picture = Camera(page, width, language, tmp_path)
    link = year.link()
    picture("sign-in-link", link)
    ways.sign_in_by_link(page, link)
    picture("home", f"{year.site}/")
    picture("attendance-own", f"{year.site}/my/attendance")
    picture("answer", f"{year.site}/meetings/{year.ahead}/answer")
    picture("materials", f"{year.site}/meetings/{year.ahead}/materials")
    picture("topics-own", f"{year.site}/topics/mine")
    picture("notices-own", f"{year.site}/notices")
    for name, meeting in (("lobby", year.lobby), ("closed", year.past), ("open", year.open)):
        page.goto(f"{year.site}/meetings/{meeting}/room")
        expect(page.locator("[data-part=link][data-is=on] span")).not_to_be_empty()
        picture(f"room-{name}")
    page.emulate_media(color_scheme="dark")
    picture("room-open-dark")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width", SHAPES)
def test_the_office_s_screens(
    width: int, language: str, year: Year, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = new_page(width=width, height=SHAPES[width], locale=language, has_touch=width < 960)
    picture = Camera(page, width, language, tmp_path)
    site, account = year.site, year.account("chenjing")
    picture("sign-in", f"{site}/sign-in")
    ways.sign_in(page, site, account.account, account.password)
    picture("dashboard", f"{site}/")
    picture("meetings", f"{site}/meetings")
    picture("meeting", f"{site}/meetings/{year.ahead}")
    picture("editor", f"{site}/meetings/{year.ahead}/edit")
    for name in ("answers", "timeline", "notices"):
        picture(name, f"{site}/meetings/{year.ahead}/{name}")
    picture("calendar", f"{site}/calendar")
    picture("plan", f"{site}/plans")
    picture("members", f"{site}/members")
    picture("report", f"{site}/meetings/{year.past}/report")
    page.goto(f"{site}/units/{year.made.county_id}/import")
    sheet = {"name": county.ROSTER.replace("xlsx", "csv"), "mimeType": "text/csv", "buffer": _newer_roster()}
    page.set_input_files("[name=file]", sheet)
    page.locator(".commit button").click()
    expect(page.locator("#changed")).to_be_visible()
    picture("import")


@dataclass(frozen=True)
class Camera:
    """Takes pictures of a page, and sees that nothing sticks out of it."""

    page: Page
    width: int
    language: str
    folder: Path

    def __call__(self, name: str, address: str | None = None) -> None:
        if address is not None:
            self.page.goto(address)
        assert not examine.overflow(self.page)
        whole = f"{name}-{self.width}"
        wanted = self.language == "zh-CN" and whole in SHOWN
        folder = Path(os.environ.get("PICTURES", self.folder)) if wanted else self.folder
        file = folder / f"{whole}{'' if self.language == 'zh-CN' else '-en'}.png"
        self.page.screenshot(path=file, animations="disabled")
        assert not wanted or file.stat().st_size < MOST_BYTES


def _newer_roster() -> bytes:
    """The county's roster some months later: three have changed, one is new."""
    roster = made_up_roster(MEMBERS, SEED)
    for place, change in {
        3: {"post": "县农业农村局局长"},
        17: {"phone": "19900009017", "committees": ("提案委员会", "经济和农业农村委员会")},
        40: {"sector": "特邀人士"},
    }.items():
        roster[place] = replace(roster[place], **change)
    new = replace(
        roster[5], number="0121", name="尹素珍", phone="19900000121", post="县妇幼保健院院长", email=""
    )
    return make_csv([*roster, new], "utf-8-sig")
