"""The big screen and a phone before it: scanned, pressed, counted, while the room goes on in browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import select

from consult.checkins.models import Prompt, PromptAnswer
from consult.core.store import Work
from tests.browser import ways
from tests.browser.scene import Year
from tests.browser.words import zh


def test_a_member_checks_in_at_the_big_screen_and_its_number_rises(
    year: Year, new_page: Callable[..., Page]
) -> None:
    screen = new_page(width=1280, height=720)
    account = year.account("admin")
    ways.sign_in(screen, year.site, account.account, account.password)
    screen.goto(f"{year.site}/meetings/{year.lobby}/checkin/screen")
    came = screen.locator("[data-people]")
    before = int(came.inner_text())
    drawn = screen.locator(".stage-qr svg").bounding_box()
    assert drawn is not None
    assert drawn["width"] > 350, "too small to be scanned from ten metres"
    assert screen.evaluate("document.documentElement.scrollHeight <= innerHeight")

    phone = new_page(width=390, height=844, has_touch=True)
    scanned = screen.get_attribute("[data-scan]", "data-scan")
    assert scanned is not None
    phone.goto(scanned)  # not signed in yet: signs in, and has his scan still
    expect(phone).to_have_url(re.compile("/sign-in"))
    ways.sign_in_by_link(phone, year.link())
    phone.goto(scanned)
    phone.get_by_role("button", name=zh("Check in"), exact=True).click()
    expect(phone.get_by_text(zh("Checked in"), exact=True)).to_be_visible()
    expect(came).to_have_text(str(before + 1))

    phone.goto(f"{year.site}/meetings/{year.lobby}/room")
    expect(phone.locator("[data-people]").first).to_have_text(str(before + 1))  # on the web, too: once
    phone.goto(f"{year.site}/meetings/{year.lobby}/checkin")
    phone.get_by_text(zh("I leave early")).first.click()
    phone.locator("details[open] form button").click()
    expect(phone.get_by_label(zh("The six digits on the screen"))).to_be_visible()
    nobody = zh("At the venue: %(venue)s · On leave: %(excused)s", venue=0, excused=0)
    expect(screen.get_by_text(nobody)).to_be_visible()


def test_the_screen_takes_a_code_away_that_the_network_can_not_renew(
    year: Year, new_page: Callable[..., Page]
) -> None:
    screen = new_page(width=1920, height=1080)
    screen.clock.install()
    account = year.account("admin")
    ways.sign_in(screen, year.site, account.account, account.password)
    screen.goto(f"{year.site}/meetings/{year.lobby}/checkin/screen")
    code = screen.locator("[data-scan]")
    expect(code).to_be_visible()
    screen.context.set_offline(True)
    screen.clock.run_for(40_000)
    expect(code).to_be_hidden()
    expect(screen.get_by_role("alert")).to_be_visible()
    screen.context.set_offline(False)
    screen.clock.run_for(3_000)
    # The page's clock has run ahead of the server's by now; the next answer sets it right.
    expect(code).to_be_visible()


def test_without_scripts_the_screen_loads_itself_for_the_next_code(
    year: Year, new_page: Callable[..., Page]
) -> None:
    screen = new_page(width=1280, height=720)
    account = year.account("admin")
    ways.sign_in(screen, year.site, account.account, account.password)
    page = screen.request.get(f"{year.site}/meetings/{year.lobby}/checkin/screen").text()
    seconds = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+)">', page)
    assert seconds is not None
    assert 1 <= int(seconds[1]) <= 30


def test_who_is_in_the_room_is_asked_and_answers_with_one_press(
    year: Year, new_page: Callable[..., Page]
) -> None:
    def ask(work: Work, number: int) -> None:
        until = work.now + timedelta(minutes=2)
        work.db.add(Prompt(meeting_id=year.lobby, number=number, at=work.now, until=until))

    phone = new_page(width=390, height=844, has_touch=True)
    ways.sign_in_by_link(phone, year.link())
    phone.goto(f"{year.site}/meetings/{year.lobby}/room")
    expect(phone.locator(".link[data-is=on], .link:not([data-is=off])").first).to_be_visible()
    question = phone.get_by_role("button", name=zh("I am here"))
    expect(question).to_be_hidden()
    year.store.write(ask, 0)
    expect(question).to_be_visible(timeout=10_000)
    question.click()
    expect(question).to_be_hidden()
    phone.reload()
    expect(phone.locator("[data-people]").first).not_to_have_text("0")
    expect(question).to_be_hidden()
    with year.store.read() as work:
        assert work.db.scalars(select(PromptAnswer.person_id)).all() == [year.member]
