"""Roster files to read: whole ones by openpyxl, odd ones part by part."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from consult.members.sheet import Sheet, read_sheet

HEADINGS = (
    "序号",
    "委员证号",
    "姓名",
    "性别",
    "民族",
    "党派",
    "界别",
    "专委会",
    "单位及职务",
    "手机",
    "邮箱",
)
ZHANG = (
    1,
    "001",
    "张三",
    "男",
    "汉族",
    "群众",
    "农业界",
    "提案委员会",
    "县农业局局长",
    "19900000001",
    "z@example.com",
)
LI = (2, "002", "李四", "女", "回族", "民盟", "教育界", "", "县一中教师", "19900000002", "")

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_OFFICE}"'


def xlsx(*rows: Sequence[object], change: Callable[[Worksheet], object] | None = None) -> bytes:
    """A workbook with these rows on its only sheet, which `change` may work on."""
    return workbook({"名单": rows}, lambda book: change and change(book.worksheets[0]))


def workbook(
    sheets: Mapping[str, Iterable[Sequence[object]]], change: Callable[[Workbook], object] | None = None
) -> bytes:
    """A workbook with these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_table(*rows: Sequence[object], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """The rows as a text file."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


def read(*rows: Sequence[object]) -> Sheet:
    """What is read from a workbook with these rows."""
    return read_sheet(xlsx(*rows), "roster.xlsx")


def parts(sheet: str, *, strings: str = "", before: str = "") -> bytes:
    """A bare .xlsx whose sheet has that XML between <worksheet> and </worksheet>.

    `strings` is the inside of the shared strings; `before` goes before the sheet's root.
    """
    tab = '<sheet name="名单" sheetId="1" r:id="a"/>'
    contents = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f"<workbook {_MAIN}><sheets>{tab}</sheets></workbook>",
        "xl/worksheets/sheet1.xml": f"{before}<worksheet {_MAIN}>{sheet}</worksheet>",
        "xl/strings.xml": f"<sst {_MAIN}>{strings}</sst>",
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        f'<Relationship Id="a" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{_OFFICE}/sharedStrings" Target="/xl/strings.xml"/></Relationships>',
    }
    return zipped(contents)


def zipped(contents: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()
