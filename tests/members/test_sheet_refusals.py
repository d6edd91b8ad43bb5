"""Files that are refused as a whole: each with one clear sentence, at once, and without a large appetite."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.core.errors import Invalid
from consult.members.roster_sample import make_sheet
from consult.members.sheet import read_sheet
from consult.members.sheet_file import BYTES
from consult.members.sheet_xlsx import ROWS
from tests.members.sheets import HEADINGS, LI, ZHANG, parts, read, text_table, workbook, xlsx, zipped

HEAD = "<row><c t='inlineStr'><is><t>编号</t></is></c><c t='inlineStr'><is><t>姓名</t></is></c></row>"
MEMBER = "<row><c><v>1</v></c><c t='inlineStr'><is><t>张三</t></is></c></row>"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
GOOD = text_table(HEADINGS, ZHANG, LI)
LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def data_of(*rows):
    return f"<sheetData>{''.join(rows)}</sheetData>"


def merged(times):
    return "<mergeCells>" + "<mergeCell ref='A2:B19000'/>" * times + "</mergeCells>"


def encrypted_entry():
    data = bytearray(xlsx(HEADINGS, ZHANG))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def hide_the_old(book):
    book["旧"].sheet_state = "hidden"


def many_parts():
    return zipped({f"xl/{number}.xml": "" for number in range(6_000)})


REFUSED = {
    "empty": (lambda: b"", "is empty"),
    "only blanks": (lambda: b" \r\n ", "is empty"),
    "larger than 5 MB": (lambda: GOOD + b" " * BYTES, "larger than 5 MB"),
    "picture named .csv": (lambda: PNG, "not a spreadsheet"),
    "old .xls": (lambda: OLE, "old .xls"),
    "encrypted workbook": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "encrypted zip entry": (encrypted_entry, "password"),
    "web page named .xls": (lambda: "<html><table><tr><td>姓名</td></tr></table>".encode(), "web page"),
    "zip of something else": (lambda: zipped({"a.txt": "x"}), "not a spreadsheet"),
    "text document": (lambda: zipped({"[Content_Types].xml": "", "word/a.xml": ""}), "not a spreadsheet"),
    "OpenDocument": (lambda: zipped({"content.xml": ""}), "kind of spreadsheet"),
    "binary workbook": (lambda: zipped({"xl/workbook.bin": ""}), "kind of spreadsheet"),
    "truncated zip": (lambda: xlsx(HEADINGS, ZHANG)[:-40], "damaged"),
    "half a zip": (lambda: make_sheet(50, 1)[:4000], "damaged"),
    "only a zip's signature": (lambda: b"PK\x03\x04", "damaged"),
    "broken XML": (lambda: parts("<sheetData><row>"), "damaged"),
    "string that is not there": (lambda: parts(data_of("<row><c t='s'><v>5</v></c></row>")), "damaged"),
    "zip bomb": (lambda: parts(data_of(HEAD, MEMBER, f"<c><v>{'1' * 70_000_000}</v></c>")), "far larger"),
    "merged cells without end": (lambda: parts(data_of(HEAD, MEMBER) + merged(20_001)), "far larger"),
    "cells without end": (lambda: parts(data_of(HEAD, "<c/>" * 1_600_000)), "far larger"),
    "too many parts": (many_parts, "far larger"),
    "billion laughs": (lambda: parts(data_of(HEAD, MEMBER), before=LAUGHS), "document type"),
    "external entity": (lambda: parts(data_of(HEAD, MEMBER), before=EXTERNAL), "document type"),
    "a million rows": (lambda: parts(data_of("<row><c><v>1</v></c></row>" * 1_000_000)), "than 20000 rows"),
    "too many rows of text": (lambda: text_table(*[("x",)] * (ROWS + 1)), "more than 20000 rows"),
    "mixed encoding, UTF-8 first": (lambda: GOOD + text_table(LI, encoding="gbk"), "second begins in line 4"),
    "mixed encoding, GBK first": (
        lambda: text_table(HEADINGS, ZHANG, encoding="gbk") + text_table(LI), "second begins in line 3"),
    "unclosed quote": (lambda: '编号,姓名\r\n1,"张三\r\n2,李四\r\n'.encode(), "quotation marks"),
    "quote in mid-cell": (lambda: '编号,姓名\r\n1,"张"三\r\n'.encode(), "see line 2"),
    "no headings": (lambda: text_table(ZHANG, LI), "No line of headings"),
    "headings only": (lambda: text_table(HEADINGS), "no member below"),
    "no names": (lambda: text_table(("编号", "性别"), (1, "男")), "no column of names"),
    "no member numbers": (lambda: text_table(("序号", "姓名"), (1, "张三")), "no column of member num"),
    "same heading twice": (
        lambda: text_table(("编号", "姓名", "姓名"), (1, "张三", "李四")), "“姓名” stands there twice"),
    "same field twice": (
        lambda: text_table(("编号", "姓名", "手机", "手 机："), (1, "张三")), "and “手机：” mean the same"),
    "hidden sheet only": (
        lambda: workbook({"空": [], "旧": [HEADINGS, ZHANG]}, hide_the_old), "No line of headings"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_file_is_refused_with_a_clear_sentence(case):
    make, words = REFUSED[case]
    data = make()
    with pytest.raises(Invalid) as refusal:
        read_sheet(data, "名单.csv")
    assert refusal.value.field == "file"
    assert words in str(refusal.value)


SMALL_BUT_LARGE_INSIDE = {
    "cells": lambda: parts(data_of(HEAD, "<row>" + "<c/>" * 12_000_000 + "</row>")),
    "one long text": lambda: parts(data_of(HEAD, f"<row><c t='str'><v>{'x' * 58_000_000}</v></c></row>")),
}


@pytest.mark.parametrize("case", SMALL_BUT_LARGE_INSIDE)
def test_small_file_that_unpacks_to_much_costs_little_memory(case):
    data = SMALL_BUT_LARGE_INSIDE[case]()
    assert len(data) < 400_000
    tracemalloc.start()
    with suppress(Invalid):
        read_sheet(data, "x")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


def test_workbook_with_macros_is_read_and_they_are_not_looked_at():
    data = xlsx(HEADINGS, ZHANG)
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/vbaProject.bin", OLE)
    assert [row.name for row in read_sheet(file.getvalue(), "x.xlsm").rows] == ["张三"]


SAMPLE = make_sheet(12, 4)


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_workbook_is_refused_or_read_and_never_crashes(data):
    broken = bytearray(SAMPLE)
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=5)):
        broken[place] = data.draw(st.integers(0, 255))
    with suppress(Invalid):
        read_sheet(bytes(broken), "x.xlsx")


@settings(max_examples=150)
@given(st.binary(min_size=1, max_size=300), st.sampled_from(["", "编号,姓名\n1,", "PK"]))
def test_random_bytes_are_refused_or_read_and_never_crash(data, start):
    with suppress(Invalid):
        read_sheet(start.encode() + data, "x.csv")


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8))
def test_any_text_below_the_headings_is_read(rows):
    try:
        sheet = read_sheet(text_table(("编号", "姓名", "手机"), *rows, encoding="utf-8"), "x.csv")
    except Invalid:
        return
    for row in sheet.rows:
        assert (row.number and row.name) or any(problem.line == row.line for problem in sheet.problems)
    assert all(problem.message() for problem in sheet.problems)
    assert all(over.message() for over in sheet.passed_over)


def test_row_limit_itself_is_allowed():
    assert len(read(("编号", "姓名"), *((number, "张三") for number in range(1, ROWS))).rows) == ROWS - 1
