"""An objection from a phone, answered at a desk: report and member's own page say the same afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import examine, ways
from tests.browser.scene import Year

TEXT = "那天我住院，入院证明已交办公室。"
ANSWER = "入院证明已核对，按请假更正。"


def test_a_member_objects_and_the_office_corrects(
    year: Year, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("PICTURES", tmp_path))
    phone = new_page(width=390, height=844, locale="zh-CN", has_touch=True)
    ways.sign_in_by_link(phone, year.link())
    phone.goto(f"{year.site}/meetings/{year.past}/report")
    own = phone.locator("#main section", has=phone.get_by_role("link", name="结果不对")).first
    own.get_by_role("link", name="结果不对").click()
    phone.get_by_label("我请过假").check()
    phone.get_by_label("情况说明").fill(TEXT)
    look(phone, pictures, "objection-form-390")
    phone.get_by_role("button", name="送交会务组").click()
    expect(phone.get_by_text("您已提出异议，会务组尚未答复。")).to_be_visible()
    look(phone, pictures, "objection-own-390")

    desk = new_page(width=1280, height=720, locale="zh-CN")
    office = year.account("chenjing")
    ways.sign_in(desk, year.site, office.account, office.password)
    desk.goto(f"{year.site}/")
    desk.locator(".needs li", has_text="出席异议").get_by_role("link").click()
    look(desk, pictures, "versions-1280")
    desk.get_by_role("link", name="答复").click()
    expect(desk.get_by_text(TEXT)).to_be_visible()
    desk.get_by_label("您的答复").fill(ANSWER)
    expect(desk.get_by_label("结果", exact=True)).to_have_value("excused")
    look(desk, pictures, "objection-answer-1280")
    desk.get_by_role("button", name="采纳并更正").click()
    expect(desk.locator("#changed tbody tr")).to_have_count(1)
    look(desk, pictures, "versions-after-1280")

    desk.goto(f"{year.site}/meetings/{year.past}/report")
    row = desk.locator("#people tbody tr", has_text="经会务组更正")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("请假")
    phone.goto(f"{year.site}/my/attendance")
    said = phone.locator("#main section", has_text=ANSWER)
    expect(said).to_have_count(1)
    expect(said.locator(".verdict-line")).to_contain_text("请假")
    expect(said).to_contain_text("会务组采纳了您的异议。")
    look(phone, pictures, "objection-answered-390")


def look(page: Page, pictures: Path, name: str) -> None:
    """Takes a picture, and finds nothing to object to in the page."""
    page.screenshot(path=pictures / f"{name}.png", full_page=True)
    assert not examine.overflow(page)
    assert not examine.low_controls(page)
    assert not examine.foreign_words(page)
