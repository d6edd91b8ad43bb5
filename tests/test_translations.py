"""Every text a person sees is in the catalogue, and the catalogue says it in Chinese."""

from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CHINESE = ROOT / "consult" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts that the code asks for, as `make translations` finds them."""
    file = tmp_path_factory.mktemp("texts") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "extract", "--mapping-file", "babel.cfg"]
    command += ["--keywords", "_l", "--keywords", "t", "--output-file", str(file), "."]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with file.open("rb") as source:
        return read_po(source)


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CHINESE.open("rb") as source:
        return read_po(source, locale="zh_Hans_CN")


def plain(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def said(message: Message | None) -> str:
    if message is None or not message.string:
        return ""
    return message.string if isinstance(message.string, str) else message.string[0]


def test_every_text_is_translated(asked: Catalog, chinese: Catalog) -> None:
    missing = [plain(one) for one in asked if one.id and not said(chinese.get(one.id))]
    assert missing == []


def test_nothing_is_kept_that_nobody_asks_for(asked: Catalog, chinese: Catalog) -> None:
    unused = [plain(one) for one in chinese if one.id and asked.get(one.id) is None]
    assert unused == []


def test_placeholders_are_the_same(chinese: Catalog) -> None:
    wrong = [
        (plain(message), [str(error) for error in errors]) for message, errors in chinese.check() if errors
    ]
    assert wrong == []


def test_no_translation_is_doubtful_or_left_in_english(chinese: Catalog) -> None:
    letters = set(string.ascii_letters)
    left = [
        plain(one)
        for one in chinese
        if one.id and (one.fuzzy or (said(one) == plain(one) and len(letters & set(plain(one))) > 6))
    ]
    assert left == []
