"""The cells of an .xlsx workbook, read as a stream within fixed limits.

Why not openpyxl: it builds each row's whole tree before we see it, so a small hostile file costs hundreds of
megabytes; it walks a million empty rows up to one far corner; and its streaming mode knows no merged cells
and no hidden rows, which a roster has. Here nothing is kept but the cells with a text, every limit holds
while reading, and a document type declaration (the door of all entity attacks) ends the reading at once.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from xml.parsers import expat

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.core.text import clean
from consult.members.sheet_cells import exact

ROWS = 20_000
"""The most rows with a text that one sheet may have."""
COLUMNS = 256
"""Columns further to the right are not read."""
TEXT = 1_000
"""Longer texts are cut: far more than any field may have."""
CELLS = 400_000
"""The most cells with a text that one sheet may have."""
_MERGES = 20_000
_ELEMENTS = 1_500_000
_UNPACKED = 60_000_000
_PARTS = 5_000
_PIECES = 8  # of the parser's 8 kB each: longer texts are cut anyway

_DATE_FORMATS = {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
_LITERAL_IN_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")

# What is said of a file that can't be read.
_DAMAGED = _l("This workbook is damaged or incomplete. Open it, save it again as .xlsx, and send that.")
_TOO_LARGE = _l(
    "This workbook is far larger inside than a roster. Copy the roster into a new one and send that."
)
_DECLARATION = _l("This workbook holds a document type declaration, which no spreadsheet program writes.")
_WRONG_KIND = _l("This kind of spreadsheet can't be read. Open it, save it as .xlsx, and send that.")
LOCKED = _l("This file is protected by a password. Save it without one and send that.")
NOT_A_SHEET = _l("This is not a spreadsheet. Send the roster as .xlsx or .csv.")


@dataclass(slots=True)
class Grid:
    """One sheet: its texts by row and column (both from 1, blank ones left out), its merged ranges as
    (first row, first column, last row, last column), and what is hidden."""

    name: str
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden: bool = False
    cells: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Keep the text of a cell. Refuses: Invalid beyond ROWS rows or CELLS cells with a text."""
        if not text or column > COLUMNS:
            return
        if row not in self.rows and len(self.rows) >= ROWS:
            message = _("The sheet “%(sheet)s” has more than %(rows)s rows.", sheet=self.name[:60], rows=ROWS)
            raise Invalid(message, field="file")
        self.cells += 1
        if self.cells > CELLS:
            raise Invalid(_TOO_LARGE, field="file")
        self.rows.setdefault(row, {})[column] = text


def read_workbook(data: bytes) -> list[Grid]:
    """The sheets of an .xlsx (or .xlsm; macros are never looked at).

    Refuses (Invalid, field `file`): what is locked, broken, cut off, of another kind, or beyond the limits.
    """
    try:
        return _Workbook(_archive(data)).grids()
    except Invalid:
        raise
    except Exception as error:  # whatever zipfile, zlib and expat think of broken bytes
        raise Invalid(_DAMAGED, field="file") from error


def _archive(data: bytes) -> zipfile.ZipFile:
    if data.count(b"PK\x01\x02") > _PARTS:
        raise Invalid(_TOO_LARGE, field="file")
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise Invalid(LOCKED, field="file")
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise Invalid(_WRONG_KIND, field="file")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Invalid(NOT_A_SHEET, field="file")
    # What we read, by what the directory claims: more than it claims is never unpacked.
    if sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))) > _UNPACKED:
        raise Invalid(_TOO_LARGE, field="file")
    return archive


class _Workbook:
    """An open workbook: what its parts share, and how much has been read of what may be."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._elements = 0
        self._epoch = date(1899, 12, 30)
        self._strings: list[str] = []
        self._formats: list[str] = []

    def grids(self) -> list[Grid]:
        """Every worksheet, in the order of its tabs."""
        targets = self._targets()
        sheets = self._sheets()
        for kind, part in targets.values():
            if kind == "styles":
                self._read_formats(part)
            elif kind == "sharedStrings":
                self._read_strings(part)
        return [
            self._grid(Grid(name, hidden=hidden), targets[key][1])
            for name, key, hidden in sheets
            if targets[key][0] == "worksheet"
        ]

    def _targets(self) -> dict[str, tuple[str, str]]:
        targets: dict[str, tuple[str, str]] = {}

        def start(tag: str, attrs: dict[str, str]) -> None:
            if tag == "Relationship":
                part = posixpath.normpath(posixpath.join("/xl", attrs["Target"])).lstrip("/")
                targets[attrs["Id"]] = (attrs["Type"].rpartition("/")[2], part)

        self._walk("xl/_rels/workbook.xml.rels", start)
        return targets

    def _sheets(self) -> list[tuple[str, str, bool]]:
        sheets: list[tuple[str, str, bool]] = []

        def start(tag: str, attrs: dict[str, str]) -> None:
            if tag == "sheet":
                key = next(value for name, value in attrs.items() if name.rpartition(":")[2] == "id")
                sheets.append((clean(attrs["name"][:TEXT]), key, attrs.get("state", "visible") != "visible"))
            elif tag == "workbookPr" and attrs.get("date1904") in {"1", "true"}:
                self._epoch = date(1904, 1, 1)

        self._walk("xl/workbook.xml", start)
        return sheets

    def _read_formats(self, part: str) -> None:
        """For each cell style: "date", or a number format of zeros alone (`0000`), or nothing of interest."""
        codes: dict[str, str] = {str(number): "date" for number in _DATE_FORMATS}
        inside = [""]

        def start(tag: str, attrs: dict[str, str]) -> None:
            if tag == "numFmt":
                code = _LITERAL_IN_FORMAT.sub("", attrs["formatCode"])
                codes[attrs["numFmtId"]] = "date" if set("ymdhs") & set(code.lower()) else code
            elif tag in {"cellXfs", "cellStyleXfs"}:
                inside[0] = tag
            elif tag == "xf" and inside[0] == "cellXfs":
                self._formats.append(codes.get(attrs.get("numFmtId", "0"), ""))

        self._walk(part, start)

    def _read_strings(self, part: str) -> None:
        pieces: list[str] = []
        reading_aid = [False]  # rPh: how a text is pronounced

        def start(tag: str, _attrs: dict[str, str]) -> None:
            if tag == "si":
                pieces.clear()
            reading_aid[0] = tag == "rPh" or (reading_aid[0] and tag == "t")

        def end(tag: str, text: str) -> None:
            if tag == "t" and not reading_aid[0]:
                pieces.append(text)
            elif tag == "si":
                self._strings.append(_plain("".join(pieces)))

        self._walk(part, start, end)

    def _grid(self, grid: Grid, part: str) -> Grid:
        at = [0, 0]  # row and column
        cell: dict[str, str] = {}
        value: list[str] = []

        def start(tag: str, attrs: dict[str, str]) -> None:
            if tag == "row":
                at[:] = [int(attrs.get("r", at[0] + 1)), 0]
                if attrs.get("hidden") in {"1", "true"}:
                    grid.hidden_rows.add(at[0])
            elif tag == "c":
                at[1] = _place(attrs["r"])[1] if "r" in attrs else at[1] + 1
                cell.clear()
                cell.update(attrs)
                value.clear()
            elif tag == "mergeCell":
                if len(grid.merges) >= _MERGES:
                    raise Invalid(_TOO_LARGE, field="file")
                first, _colon, last = attrs["ref"].partition(":")
                grid.merges.append((*_place(first), *_place(last or first)))

        def end(tag: str, text: str) -> None:
            if tag in {"v", "t"}:
                value.append(text)
            elif tag == "c" and value:
                grid.put(at[0], at[1], self._text(cell.get("t", "n"), "".join(value), int(cell.get("s", 0))))

        self._walk(part, start, end)
        grid.hidden_rows &= grid.rows.keys()
        return grid

    def _text(self, kind: str, raw: str, style: int) -> str:
        """What a person sees in the cell, as far as a roster needs it."""
        if kind == "s":
            return self._strings[int(raw)]
        if kind == "d":
            return raw[:19].replace("-", "/").replace("T", " ").removesuffix(" 00:00:00")
        if kind != "n":
            return _plain(raw)
        code = self._formats[style] if style < len(self._formats) else ""
        number = exact(raw)
        if code == "date" and 0 <= float(raw) < 2_958_466:
            days, second = divmod(round(float(raw) * 86400), 86400)
            day, time = self._epoch + timedelta(days=days), f"{timedelta(seconds=second)}".zfill(8)
            if 0 < float(raw) < 1:
                return time
            return f"{day.year}/{day.month}/{day.day}" + (f" {time}" if second else "")
        return number.zfill(len(code)) if code and not code.strip("0") and number.isdigit() else number

    def _walk(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str, str], None] = lambda _tag, _text: None,
    ) -> None:
        """Go through a part: `start(tag, attributes)`, `end(tag, the text before)`; tags have no prefix."""
        texts: list[str] = []

        def opened(name: str, attrs: dict[str, str]) -> None:
            self._elements += 1
            if self._elements > _ELEMENTS:
                raise Invalid(_TOO_LARGE, field="file")
            texts.clear()
            start(name.rpartition(":")[2], attrs)

        def closed(name: str) -> None:
            end(name.rpartition(":")[2], "".join(texts))
            texts.clear()

        def heard(text: str) -> None:
            if len(texts) < _PIECES:
                texts.append(text)

        def declared(*_declaration: object) -> None:
            raise Invalid(_DECLARATION, field="file")

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = opened
        parser.EndElementHandler = closed
        parser.CharacterDataHandler = heard
        parser.StartDoctypeDeclHandler = declared
        with self._archive.open(part) as source:
            while piece := source.read(65_536):
                parser.Parse(piece, False)
            parser.Parse(b"", True)


def _place(reference: str) -> tuple[int, int]:
    """Row and column, from 1, of a reference like `B7`."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _plain(text: str) -> str:
    return text and clean(_ESCAPE.sub(lambda code: chr(int(code[1], 16)), text[:TEXT]))
