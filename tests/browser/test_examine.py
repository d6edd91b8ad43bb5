"""What the other tests here look for, they see."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser import examine

RING = "<style>:focus-visible { outline: 3px solid navy }</style>"
GOOD = f"""<html lang="zh"><title>会议</title>{RING}
<p>CSV 和 Excel，member0001@example.com，<a href="/">更多</a></p>
<button style="height: 44px">发送</button> <span lang="en">English words</span>"""
BAD = f"""<html lang="zh"><title>会议</title>{RING}<p>Hello 各位</p><input placeholder="Type here">
<button style="height: 30px; outline: none">发送</button><div style="width: 3000px">宽</div>
<section style="background: #fff"><p style="color: #fff">倒计时</p></section>"""


def test_a_good_page_has_no_faults(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.set_content(GOOD)
    assert [*examine.foreign_words(page), *examine.low_controls(page), *examine.overflow(page)] == []
    assert examine.unmarked_focus(page) == examine.faint_texts(page) == []


def test_each_fault_is_seen(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.set_content(BAD)
    assert examine.foreign_words(page) == ["“Hello 各位” is not Chinese", "“Type here” is not Chinese"]
    low = examine.low_controls(page)
    assert len(low) == 2
    assert "is 30.0 px high" in low[1]
    assert "sideways" in examine.overflow(page)[0]
    assert examine.faint_texts(page) == ["“倒计时” stands out by 1.0 only"]
    unmarked = examine.unmarked_focus(page)
    assert len(unmarked) == 1
    assert "发送" in unmarked[0]
