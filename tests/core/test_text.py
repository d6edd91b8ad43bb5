"""Text from outside is made safe and comparable once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core import text
from consult.core.errors import Invalid


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  你好 ", "你好"),
        ("a\x00b", "ab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u200b\u200c\ufeff", ""),
        (" \u200d \u200d", ""),
        ("\ud800x", "?x"),
        ("e\u0301", "é"),
        ("a" + "\u0300" * 50, "à" + "\u0300" * 4),
        ("一\r\n二\r三", "一\n二\n三"),
        ("古丽扎尔·阿不都热依木", "古丽扎尔·阿不都热依木"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert text.clean(raw) == cleaned


@given(st.text())
def test_clean_twice_is_clean_once(raw: str) -> None:
    once = text.clean(raw)
    assert text.clean(once) == once


@pytest.mark.parametrize("raw", [None, 5, ["x"], "", " \u200b ", "x" * 31, "x" * 1_000_000])
def test_line_refuses_and_names_the_field(raw: object) -> None:
    with pytest.raises(Invalid) as refused:
        text.line(raw, "title", longest=30)
    assert refused.value.field == "title"


def test_line_is_one_line() -> None:
    assert text.line(" 供水\n一体化 ", "title", longest=30) == "供水 一体化"


def test_optional_text_may_be_empty() -> None:
    assert text.paragraphs("", "background", longest=30, required=False) == ""
