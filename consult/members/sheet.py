"""Reading a roster sheet as a person would: the members in it, what is wrong, and what was passed over."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid, Message
from consult.members.roster import FIELDS, Problem, RosterRow
from consult.members.sheet_cells import Wrong, cell_value, excerpt, phones, remarks
from consult.members.sheet_file import read_grids
from consult.members.sheet_headings import REQUIRED, Headings, find_headings, no_headings
from consult.members.sheet_xlsx import Grid

_NOTE = re.compile(
    r"合计|总计|小计|共计|总人数|共\d+(人|名)|备注|说明|注\d|第\d+页|填表|制表|审核|填报|截至|截止|日期"
    r"|[^\d:：]{1,12}[:：]|(total|note)s?\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"(?:[(（]?[一二三四五六七八九十\d]{1,4}[)）、.．]{1,2})?"
    r"([^\d()（）:：]{1,19}?)"
    r"(?:[(（:：]?(?:共|计)?\d{1,4}(?:人|名|位)?[)）]?)?"
)
_SECTOR_ENDINGS = (
    "界", "党", "民革", "民盟", "民建", "民进", "学社", "台盟", "人士", "中共", "共青团", "青联",
    "工会", "妇联", "工商联", "科协", "台联", "侨联", "文化艺术", "科学技术", "社会科学", "经济",
    "农业", "教育", "体育", "新闻出版", "医药卫生", "友好", "社会福利", "社会保障", "少数民族",
    "宗教", "环境资源",
)  # fmt: skip
_GLANCE = 80
_SHORT_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_COUNT = re.compile(r"(共|计)?\d{1,4}(人|名|位)?")

_PASSED: Mapping[str, Message] = {
    "above": _l("Row %(line)s, above the headings: “%(text)s”"),
    "heading": _l("Row %(line)s: the headings again"),
    "group": _l("Row %(line)s: the group “%(text)s”"),
    "note": _l("Row %(line)s: “%(text)s”"),
    "hidden": _l("Row %(line)s, hidden in the sheet: “%(text)s”"),
    "column": _l("The column “%(text)s”"),
    "sheet": _l("The sheet “%(text)s” (rows: %(rows)s)"),
    "hidden_sheet": _l("The hidden sheet “%(text)s” (rows: %(rows)s)"),
    "other_phone": _l("Row %(line)s: a further phone number in “%(text)s”"),
}


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something with a text that is no member's: `line` is 0 for a whole sheet or column."""

    line: int
    code: str
    text: str
    rows: int = 0

    def message(self) -> str:
        """What was passed over, for a person, in the language of the moment."""
        return str(_PASSED[self.code]) % {"line": self.line, "text": self.text, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a roster file says.

    `rows` has every member's row, those with problems too; `columns` tells under which heading each field was
    found; `sheet_name` is the sheet (or the file) that was read.
    """

    rows: tuple[RosterRow, ...]
    problems: tuple[Problem, ...]
    passed_over: tuple[PassedOver, ...]
    columns: Mapping[str, str]
    sheet_name: str


def read_sheet(data: bytes, filename: str) -> Sheet:
    """The roster in an .xlsx or .csv file of at most 5 MB and 20,000 rows.

    Refuses: Invalid (field `file`) if the file as a whole can't be read as a roster. What is wrong with
    single rows is in `problems`.
    """
    grids = read_grids(data, filename)
    grid, headings = _choose(grids)
    headings.require_complete()
    fill_down(grid, headings)
    reader = _Reader(grid, headings)
    reader.read()
    if not reader.rows:
        raise Invalid(_("There is no member below the headings."), field="file")
    aside = [_aside(other) for other in grids if other is not grid and other.rows]
    return Sheet(
        tuple(reader.rows),
        tuple(reader.problems),
        (*aside, *reader.passed_over),
        {field: heading for field in FIELDS if (heading := headings.named(field))},
        grid.name,
    )


def _choose(grids: Sequence[Grid]) -> tuple[Grid, Headings]:
    """The first visible sheet with all that a roster needs, else the one that comes nearest."""
    found = [(grid, headings) for grid in grids if not grid.hidden and (headings := find_headings(grid))]
    if not found:
        raise no_headings()
    complete = (pair for pair in found if pair[1].complete)
    return next(complete, None) or max(found, key=lambda pair: pair[1].score)


def _aside(grid: Grid) -> PassedOver:
    return PassedOver(0, "hidden_sheet" if grid.hidden else "sheet", excerpt(grid.name), len(grid.rows))


def fill_down(grid: Grid, headings: Headings) -> None:
    """Below the headings, say again on every row what a merged cell says for all of them."""
    lines = sorted(line for line in grid.rows if line > headings.last)
    ours = set(headings.columns.values())
    covered = dict.fromkeys(ours, headings.last)
    for first, column, last, _last_column in sorted(grid.merges):
        text = grid.rows.get(first, {}).get(column)
        if text and column in ours and first > covered[column]:
            covered[column] = last
            for line in lines[bisect_right(lines, first) : bisect_right(lines, last)]:
                grid.rows[line].setdefault(column, text)


class _Reader:
    """Goes down a sheet once and sorts its rows into members, problems and what is passed over."""

    def __init__(self, grid: Grid, headings: Headings) -> None:
        self.rows: list[RosterRow] = []
        self.problems: list[Problem] = []
        self.passed_over = [PassedOver(0, "column", excerpt(headings.texts[c])) for c in headings.unknown]
        self._grid = grid
        self._headings = headings
        self._group = ""
        self._lines: dict[str, int] = {}

    def read(self) -> None:
        """Fill `rows`, `problems` and `passed_over`."""
        for line, cells in sorted(self._grid.rows.items()):
            kind, text = self._kind(line, cells)
            if kind == "member":
                self._member(line, cells)
            elif kind:
                self.passed_over.append(PassedOver(line, kind, text))

    def _kind(self, line: int, cells: Mapping[int, str]) -> tuple[str, str]:
        """What a row is: `member`, one of the kinds passed over with its text, or "" if as good as blank."""
        headings, running = self._headings, self._headings.columns.get("running")
        cells = {column: text[:_GLANCE] for column, text in cells.items()}
        texts = [cells[c] for c in sorted(cells) if c != running or not _COUNT.fullmatch(_compact(cells[c]))]
        text = excerpt(" ".join(texts))
        if line < headings.first:
            return "above", text
        if line <= headings.last or not texts:
            return "", text
        if line in self._grid.hidden_rows:
            return "hidden", text
        if headings.repeated(cells):
            return "heading", text
        number, name = self._cell("number", cells), self._cell("name", cells)
        sound = _reads("number", number) and _reads("name", name)
        if any(_NOTE.match(_compact(part)) for part in (number, name, "" if sound else texts[0])):
            return "note", text
        uncounted = {_compact(part) for part in texts if not _COUNT.fullmatch(_compact(part))}
        if len(uncounted) == 1 and (group := _sector_group(*uncounted)):
            self._group = group
            return "group", text
        return ("member" if self._is_member(number, name, cells, texts) else "note"), text

    def _is_member(self, number: str, name: str, cells: Mapping[int, str], texts: Sequence[str]) -> bool:
        if not number and not name:
            return any(_reads(field, self._cell(field, cells)) for field in ("sex", "phone"))
        if len(texts) > 1:
            return True
        return bool(_SHORT_NAME.fullmatch(_compact(name)) if name else _reads("number", number))

    def _member(self, line: int, cells: Mapping[int, str]) -> None:
        values: dict[str, Any] = {}
        for field in FIELDS:
            text = self._post(cells) if field == "post" else self._cell(field, cells)
            try:
                values[field] = cell_value(field, text)
                if field in REQUIRED and not values[field]:
                    raise Wrong("missing")
            except Wrong as wrong:
                values[field] = () if field == "committees" else ""
                self._problem(line, field, wrong.code, wrong.params)
        if values["name"]:
            for field, remark in remarks(self._cell("name", cells)).items():
                values[field] = values[field] or remark
        if "sector" not in self._headings.columns:
            values["sector"] = self._group
        if len(phones(self._cell("phone", cells))) > 1:
            self.passed_over.append(PassedOver(line, "other_phone", excerpt(self._cell("phone", cells))))
        row = RosterRow(**values, line=line)
        first = self._lines.setdefault(row.number, line)
        if row.number and first != line:
            self._problem(line, "number", "twice", {"text": row.number, "first": first})
        self.rows.append(row)

    def _cell(self, field: str, cells: Mapping[int, str]) -> str:
        column = self._headings.columns.get(field)
        return cells.get(column, "") if column else ""

    def _post(self, cells: Mapping[int, str]) -> str:
        post, workplace = self._cell("post", cells), self._cell("workplace", cells)
        if "post" in self._headings.columns and not self._headings.bare_post:
            return post
        return post if post.startswith(workplace) else workplace + post

    def _problem(self, line: int, field: str, code: str, params: Mapping[str, str | int]) -> None:
        self.problems.append(Problem(line, field, self._headings.named(field), code, params))


def _compact(text: str) -> str:
    return "".join(text.split())


def _reads(field: str, text: str) -> bool:
    try:
        return bool(cell_value(field, text))
    except Wrong:
        return False


def _sector_group(text: str) -> str:
    """The sector that a group row like `一、农业界（12人）` names, or ""."""
    match = _GROUP.fullmatch(text)
    return match[1] if match and match[1].endswith(_SECTOR_ENDINGS) else ""
