"""From the bytes of an uploaded file to its sheets: which kind of file it is, and the text files."""

from __future__ import annotations

import csv
import io
import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.core.text import clean
from consult.members.sheet_xlsx import COLUMNS, LOCKED, NOT_A_SHEET, TEXT, Grid, read_workbook

BYTES = 5_000_000
"""The largest file that is read."""

_EMPTY = _l("This file is empty.")
_OLD = _l("This is the old .xls format. Open it, save it as .xlsx, and send that.")
_WEB_PAGE = _l(
    "This is a web page under the name of a spreadsheet. Open it, save it as .xlsx, and send that."
)

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_HAN = re.compile("[\u3400-\u9fff]")
_FAR_FROM_A_ROSTER = re.compile("[\u0080-\u00b6\u00b8-\u1fff]")
_MARKUP = re.compile(r"\s*<(!doctype|html|table|\?xml|head|meta)", re.IGNORECASE)
_KEPT_AS_TEXT = re.compile(r"=\"([^\"]*)\"|['’]([\d+].*)")
_DELIMITERS = (",", "\t", ";")


def read_grids(data: bytes, filename: str) -> list[Grid]:
    """The sheets of an .xlsx or .csv file, told apart by their content rather than by their name.

    Text may be in UTF-8 (with or without byte order mark), GB18030 (so GBK, GB2312) or UTF-16 with its mark.
    Refuses: Invalid, field `file`, for everything that is neither.
    """
    if not data.strip():
        raise Invalid(_EMPTY, field="file")
    if len(data) > BYTES:
        raise Invalid(
            _("This file is larger than %(megabytes)s MB.", megabytes=BYTES // 1_000_000), field="file"
        )
    if data.startswith(b"PK"):
        return read_workbook(data)
    if data.startswith(_OLE):
        raise _old_or_encrypted(data)
    text = _decoded(data)
    if _MARKUP.match(text):
        raise Invalid(_WEB_PAGE, field="file")
    return [_table(text, clean(filename)[:100])]


def _old_or_encrypted(data: bytes) -> Invalid:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Invalid(LOCKED, field="file")
    return Invalid(_OLD, field="file")


def _decoded(data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide or b"\x00" not in data:
        for encoding in ["utf-16"] if wide else ["utf-8-sig", "gb18030"]:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                if not wide:
                    _refuse_mixture(data)
    raise Invalid(NOT_A_SHEET, field="file")


def _refuse_mixture(data: bytes) -> None:
    """Refuse text of which some lines are UTF-8 and some GBK: read as either, it gives other names."""
    kinds: dict[str, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.isascii():
            kinds.setdefault("utf-8" if _is_utf_8(line) else "gb18030", number)
    if len(kinds) == 2:
        message = _(
            "This file mixes two encodings (UTF-8 and GBK); the second begins in line %(line)s. "
            "Open it in a spreadsheet program, save it as .xlsx, and send that.",
            line=max(kinds.values()),
        )
        raise Invalid(message, field="file")


def _is_utf_8(line: bytes) -> bool:
    # A short GBK line may pass for UTF-8 by chance, but hardly with Chinese characters and nothing odd in it.
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return bool(_HAN.search(text)) and not _FAR_FROM_A_ROSTER.search(text)


def _table(text: str, name: str) -> Grid:
    start = text[:20_000]
    delimiter = max(_DELIMITERS, key=start.count)
    grid = Grid(name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row, cells in enumerate(reader, 1):
            for column, cell in enumerate(cells[:COLUMNS], 1):
                kept = _KEPT_AS_TEXT.fullmatch(cell)
                grid.put(row, column, clean((kept[1] or kept[2] if kept else cell)[:TEXT]))
    except csv.Error as error:
        message = _(
            "The quotation marks in this file don't pair up; see line %(line)s.", line=reader.line_num
        )
        raise Invalid(message, field="file") from error
    return grid
