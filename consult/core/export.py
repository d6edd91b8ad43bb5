"""Rows as files that a county office opens in Excel or WPS: CSV and XLSX. Pure.

Text never becomes a formula: what starts like one gets an apostrophe in front, in both formats, so that it
also stays text when a sheet is saved as CSV and opened again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import chain, islice
from typing import IO
from unicodedata import east_asian_width
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from consult.core.errors import Message

Value = str | int | Fraction | datetime | date | timedelta | Message | None
"""Text, a number, a share (shown as a percentage), an aware instant, a day, a length of time, or nothing."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

_SECOND = timedelta(seconds=1)
_DATE_FORMAT = "yyyy-mm-dd hh:mm:ss"
_DAY_FORMAT = "yyyy-mm-dd"
_LENGTH_FORMAT = "[h]:mm:ss"
_SHARE_FORMAT = "0.0%"
_DAY = 86_400
_LONGEST_TEXT = 32_767
_MEASURED_ROWS = 200
_WIDEST = 48

_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Excel and WPS in East Asian locales take the full-width signs for the plain ones.
_FORMULA_SIGNS = frozenset("=+-@\t\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; Excel's own rules for titles are met for the caller."""

    title: str
    headings: Sequence[Message]
    rows: Iterable[Sequence[Value]]


def csv_bytes(headings: Sequence[Message], rows: Iterable[Sequence[Value]], *, zone: tzinfo) -> bytes:
    """What `write_csv` writes."""
    out = io.BytesIO()
    write_csv(out, headings, rows, zone=zone)
    return out.getvalue()


def write_csv(
    out: IO[bytes], headings: Sequence[Message], rows: Iterable[Sequence[Value]], *, zone: tzinfo
) -> None:
    """A CSV file in UTF-8 with BOM (without it Excel garbles Chinese), times in the zone; row by row."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([_text(str(heading)) for heading in headings])
    writer.writerows([_csv_value(value, zone) for value in row] for row in rows)
    text.detach()


def xlsx_bytes(sheets: Iterable[Sheet], *, zone: tzinfo) -> bytes:
    """What `write_xlsx` writes."""
    out = io.BytesIO()
    write_xlsx(out, sheets, zone=zone)
    return out.getvalue()


def write_xlsx(out: IO[bytes], sheets: Iterable[Sheet], *, zone: tzinfo) -> None:
    """An Excel workbook: a bold heading row that stays in sight, numbers as numbers, instants as dates in the
    zone, lengths as h:mm:ss, shares as percentages, all the rest as text. However many rows there are, only a
    few are in memory at once."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(_sheet_title(sheet.title))
        rows = iter(sheet.rows)
        measured = list(islice(rows, _MEASURED_ROWS))
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(chain([sheet.headings], measured), zone), start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.append([_bold(page, heading) for heading in sheet.headings])
        for row in chain(measured, rows):
            page.append([_xlsx_cell(page, value, zone) for value in row])
    book.save(out)


def as_download(name: str, plain: str) -> dict[str, str]:
    """The header by which a browser keeps the file under that name; `plain` is for those that read ASCII."""
    said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": said}


def writable(raw: str) -> str:
    """The text without characters that XML can't hold."""
    return _UNWRITABLE.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))


def _text(raw: str) -> str:
    """The text as XML can hold it, with an apostrophe in front if it starts like a formula."""
    text = writable(raw)
    if text[:1] in _FORMULA_SIGNS or text.lstrip()[:1] in _FORMULA_SIGNS:
        text = "'" + text
    return text


def _local(instant: datetime, zone: tzinfo) -> datetime:
    """The wall-clock time in the zone, in whole seconds, as Excel knows times: without a zone."""
    return instant.astimezone(zone).replace(microsecond=0, tzinfo=None)


def _csv_value(value: Value, zone: tzinfo) -> str | int:
    match value:
        case None:
            return ""
        case int():
            return value
        case Fraction():
            return f"{float(value):.1%}"
        case datetime():
            return str(_local(value, zone))
        case date():
            return value.isoformat()
        case timedelta():
            minutes, second = divmod(value // _SECOND, 60)
            return f"{minutes // 60}:{minutes % 60:02}:{second:02}"
        case _:
            return _text(str(value))


def _xlsx_cell(page: WriteOnlyWorksheet, value: Value, zone: tzinfo) -> Cell:
    match value:
        case None | "":
            return WriteOnlyCell(page)
        case int():
            return WriteOnlyCell(page, value)
        case Fraction():
            return _formatted(WriteOnlyCell(page, float(value)), _SHARE_FORMAT)
        case datetime():
            return _formatted(WriteOnlyCell(page, _local(value, zone)), _DATE_FORMAT)
        case date():
            midnight = datetime.combine(value, datetime.min.time())
            return _formatted(WriteOnlyCell(page, midnight), _DAY_FORMAT)
        case timedelta():
            return _formatted(WriteOnlyCell(page, value // _SECOND / _DAY), _LENGTH_FORMAT)
        case _:
            cell = WriteOnlyCell(page, _text(str(value))[:_LONGEST_TEXT])
            cell.data_type = "s"  # else openpyxl takes "#N/A" for an error
            return cell


def _formatted(cell: Cell, number_format: str) -> Cell:
    cell.number_format = number_format
    return cell


def _bold(page: WriteOnlyWorksheet, heading: Message) -> Cell:
    cell = WriteOnlyCell(page, _text(str(heading)))
    cell.font = Font(bold=True)
    return cell


def _sheet_title(raw: str) -> str:
    """The title within Excel's limits: 31 characters, none of []:*?/\\, no apostrophe at either end."""
    return re.sub(r"[\[\]:*?/\\\n\t]", " ", _text(raw)).strip(" '")[:31].strip(" '") or "1"


def _widths(rows: Iterable[Sequence[Value]], zone: tzinfo) -> Iterator[int]:
    """A width for each column that shows its texts (up to a limit) and never turns a date into ####."""
    widest: list[int] = []
    for row in rows:
        widest += [0] * (len(row) - len(widest))
        for column, value in enumerate(row):
            text = str(_csv_value(value, zone))
            width = sum(2 if east_asian_width(character) in "WF" else 1 for character in text[:_WIDEST])
            widest[column] = max(widest[column], width)
    return (min(width, _WIDEST) + 2 for width in widest)
