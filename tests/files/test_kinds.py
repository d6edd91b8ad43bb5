"""What is taken, told by content and name; and names made harmless."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.errors import Invalid
from consult.files.files import brought
from consult.files.kinds import LONGEST_NAME, clean_name, recognised
from tests.files.samples import DOCX, PDF, RIGHT, WRONG

NAMES = {
    "../../etc/关于供水.pdf": "关于供水.pdf",
    "C:\\Users\\王\\议程.docx": "议程.docx",
    "a\r\nSet-Cookie: x=1.pdf": "a Set-Cookie_ x=1.pdf",
    "a\x00b.pdf": "ab.pdf",
    "\u202e说明\u200b.txt": "说明.txt",
    ' "引号"<b>.pdf ': "_引号__b_.pdf",
    "...隐藏.pdf": "隐藏.pdf",
    "长" * 500 + ".pdf": "长" * (LONGEST_NAME - 4) + ".pdf",
    "ｆｕｌｌ.pdf": "ｆｕｌｌ.pdf",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_offices_write_is_taken(name: str) -> None:
    assert brought(name, RIGHT[name], 20).name == name


@pytest.mark.parametrize("which", WRONG)
def test_what_is_not_what_its_name_says_is_refused(which: str) -> None:
    name, data = WRONG[which]
    with pytest.raises(Invalid) as refused:
        brought(name, data, 20)
    assert refused.value.field == "file"


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than 1 MB"):
        brought("大.pdf", PDF + b"\0" * (1 << 20), 1)


@pytest.mark.parametrize("raw", NAMES)
def test_a_name_loses_folders_breaks_and_overrides(raw: str) -> None:
    assert clean_name(raw) == NAMES[raw]


@given(st.text(max_size=300))
def test_whatever_the_name_it_is_one_harmless_line_or_refused(raw: str) -> None:
    try:
        name = clean_name(raw + ".pdf")
    except Invalid:
        return
    assert name.endswith(".pdf")
    assert len(name) <= LONGEST_NAME
    assert not set(name) & set('/\\\r\n\0"<>:|?*;%')


@given(st.binary(max_size=400), st.sampled_from(["docx", "pdf", "ofd", "txt", "png", "doc"]))
def test_whatever_the_bytes_it_is_known_or_refused(data: bytes, ending: str) -> None:
    for sent in (data, DOCX[:30] + data, DOCX[: len(DOCX) // 2] + data):
        with suppress(Invalid):
            recognised(f"a.{ending}", sent)
