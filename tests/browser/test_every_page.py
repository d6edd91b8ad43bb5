"""Every page that can be reached by links is whole: on phones and desks, in both languages, for both kinds
of people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import examine, ways
from tests.browser.scene import Year

WIDTHS = (360, 1280)
LARGEST = "170"  # per cent, of the sizes of text that one may choose
TOLD = 8  # faults of one page; the rest are like them
FILES = re.compile(r"\.(csv|docx|xlsx|ics|pdf|zip)$")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("who", ["office", "member"])
def test_every_page_is_whole(who: str, language: str, year: Year, new_page: Callable[..., Page]) -> None:
    page = new_page(width=WIDTHS[0], height=740, locale=language, has_touch=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    enter(page, year, who)
    accounts = [one.account for one in year.made.accounts]
    faults: dict[str, list[str]] = {}
    for address in reachable(page, year.site):
        said.clear()
        answer = page.goto(address)
        assert answer is not None
        found = [f"answers {answer.status}"] if answer.status != 200 else []
        found += [*shown_faults(page), *said]
        found += examine.foreign_words(page, accounts) if language == "zh-CN" else []
        if found:
            faults[address.removeprefix(year.site)] = found
    assert not faults, "\n".join(
        f"{where}\n    " + "\n    ".join(what[:TOLD]) for where, what in faults.items()
    )


def test_the_room_can_be_read_before_it_opens(year: Year, new_page: Callable[..., Page]) -> None:
    page = new_page(width=390, height=844, locale="zh-CN")
    enter(page, year, "member")
    for meeting_id in (year.ahead, year.lobby):
        page.goto(f"{year.site}/meetings/{meeting_id}/room")
        expect(page.locator("[data-part=countdown]")).to_have_text(re.compile("[0-9] (天|小时|分|秒)"))
        assert examine.faint_texts(page) == []


def enter(page: Page, year: Year, who: str) -> None:
    if who == "member":
        ways.sign_in_by_link(page, year.link())
        return
    account = year.account("admin")
    ways.sign_in(page, year.site, account.account, account.password)


def reachable(page: Page, site: str) -> Iterator[str]:
    """The home page and, once each kind, the pages that the pages already shown link to."""
    waiting, seen = [f"{site}/"], {kind(f"{site}/")}
    while waiting:
        yield waiting.pop(0)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))"):
            address = urljoin(page.url, href).partition("#")[0]
            if not address.startswith(f"{site}/") or FILES.search(urlsplit(address).path):
                continue
            if kind(address) not in seen:
                seen.add(kind(address))
                waiting.append(address)


def kind(address: str) -> tuple[str, ...]:
    """Addresses that differ in numbers only are pages of one kind."""
    parts = urlsplit(address)
    return re.sub("[0-9]+", "N", parts.path), *sorted(parse_qs(parts.query))


def shown_faults(page: Page) -> Iterator[str]:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        for fault in (*examine.overflow(page), *examine.low_controls(page)):
            yield f"{width} px: {fault}"
    page.set_viewport_size({"width": WIDTHS[0], "height": 740})
    yield from examine.faint_texts(page)
    for text in (LARGEST, ""):
        page.evaluate("text => dispatchEvent(new CustomEvent('device-changed', { detail: { text } }))", text)
        yield from (f"{WIDTHS[0]} px, text {text} %: {fault}" for fault in examine.overflow(page) if text)
    yield from examine.unmarked_focus(page)
