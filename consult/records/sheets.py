"""Reading a sheet of records: which columns it has and what each row says, as texts. Samples to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.members.sheet import fill_down
from consult.members.sheet_cells import excerpt, words
from consult.members.sheet_file import read_grids
from consult.members.sheet_headings import Headings, find_headings, vocabulary
from consult.members.sheet_xlsx import Grid
from consult.records.entries import read, texts_of
from consult.records.kinds import FIELDS, KINDS, Kind

MOST_ROWS = 3000
_RUNNING = ("序号", "序", "顺序号", "行号")
_ENDS = ("合计", "总计", "小计", "备注", "说明", "注：", "注:", "填表", "制表", "审核")


@dataclass(frozen=True)
class SheetRow:
    """One record as its row has it: texts by field. `line` counts from 1."""

    line: int
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """What a file says: its rows, under which heading each field stood, and what was passed over."""

    name: str
    rows: tuple[SheetRow, ...]
    columns: Mapping[str, str]
    passed_over: tuple[str, ...]


def read_sheet(data: bytes, filename: str, kind: Kind, latest: date) -> Sheet:
    """The records of that kind in an .xlsx or .csv file.

    Refuses: Invalid (field `file`) if the file as a whole can't be read. What is wrong with single rows is
    found when they are looked at; what is right is kept as codes, so that it means the same in any language.
    """
    grids = [grid for grid in read_grids(data, filename) if not grid.hidden]
    meanings = vocabulary(_synonyms(kind))
    found = [(grid, headings) for grid in grids if (headings := find_headings(grid, meanings))]
    if not found:
        raise Invalid(_no_headings(kind), field="file")
    grid, headings = max(found, key=lambda pair: pair[1].score)
    _require(kind, headings)
    fill_down(grid, headings)
    rows = [row for row in _rows(grid, headings) if row]
    if not rows:
        raise Invalid(_("There is no record below the headings."), field="file")
    if len(rows) > MOST_ROWS:
        raise Invalid(_("At most %(most)s records at a time. Split the sheet.", most=MOST_ROWS), field="file")
    passed = [headings.texts[column] for column in headings.unknown]
    passed += [_("The sheet “%(text)s” (rows: %(rows)s)", text=excerpt(one.name), rows=len(one.rows))
               for one in grids if one is not grid and one.rows]  # fmt: skip
    return Sheet(
        grid.name,
        tuple(SheetRow(row.line, _as_codes(kind, row.texts, latest)) for row in rows),
        {field: headings.named(field) for field in KINDS[kind].fields if headings.named(field)},
        tuple(passed),
    )


def sample(kind: Kind) -> tuple[list[str], list[list[str]]]:
    """The headings of a sheet of that kind and two made-up rows below them, in the language of the moment."""
    fields = KINDS[kind].fields
    return [str(KINDS[kind].label_of(field)) for field in fields], [
        [_example(kind, field, number) for field in fields] for number in (0, 1)
    ]


def _rows(grid: Grid, headings: Headings) -> list[SheetRow | None]:
    columns = {field: column for field, column in headings.columns.items() if field in FIELDS}
    rows: list[SheetRow | None] = []
    for line, cells in sorted(grid.rows.items()):
        if line <= headings.last or line in grid.hidden_rows or _repeats(cells, headings):
            continue
        texts = {field: cells[column] for field, column in columns.items() if column in cells}
        first = next((cells[column] for column in sorted(cells)), "")
        ends = first.replace(" ", "").startswith(_ENDS)
        rows.append(SheetRow(line, texts) if texts and not ends else None)
    return rows


def _repeats(cells: Mapping[int, str], headings: Headings) -> bool:
    """Whether the row is the headings again. A few of its cells may be a heading's word: 是, 满意."""
    alike = sum(words(text) == headings.texts.get(column) for column, text in cells.items())
    return alike * 2 > len(cells)


def _synonyms(kind: Kind) -> dict[str, tuple[str, ...]]:
    told = KINDS[kind]
    synonyms = {
        field: (*told.headings.get(field, ()), *FIELDS[field].headings, str(told.label_of(field)))
        for field in told.fields
    }
    return {**synonyms, "running": _RUNNING}


def _require(kind: Kind, headings: Headings) -> None:
    headings.require_once()
    needed = ("variety", "title", "day") if KINDS[kind].varieties else ("title", "day")
    for field in needed:
        if field not in headings.columns:
            label = KINDS[kind].label_of(field)
            raise Invalid(_("The sheet has no column “%(heading)s”.", heading=label), field="file")


def _no_headings(kind: Kind) -> str:
    labels = "、".join(str(KINDS[kind].label_of(field)) for field in KINDS[kind].fields)
    return str(_("No line of headings was found. Understood, in any order: %(labels)s.", labels=labels))


def _as_codes(kind: Kind, texts: Mapping[str, str], latest: date) -> dict[str, str]:
    entry, _problems = read(kind, texts, latest)
    if entry is None:
        return dict(texts)
    return {field: text for field, text in texts_of(entry).items() if text and field in texts}


_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "day": ("2026-03-15", "2026-04-20"),
    "met_on": ("2026-05-08", ""),
    "replied_on": ("2026-06-02", ""),
    "year": ("", ""),
    "authors": ("0001", "0002"),
    "joint": ("0003、0004", ""),
    "led_by": ("0001", ""),
    "members": ("0002、0003", "0004"),
    "number": ("1", "2"),
    "more_members": ("", "20"),
    "public": ("212", "200+"),
    "visited": ("86", "200+"),
    "treated": ("96", "100+"),
    "brochures": ("700", "800+"),
}
_WORDS: Mapping[str, tuple[object, object]] = {
    "title": (_l("Repairing the reservoir’s main pipe"), _l("Parking near the county hospital")),
    "departments": (_l("Water bureau"), _l("Health bureau")),
    "filed": (_l("yes"), _l("no")),
    "place": (_l("Meeting room of the office"), ""),
}


def _example(kind: Kind, field: str, number: int) -> str:
    choices = list(KINDS[kind].choices_of(field).values())
    if choices and field != "host":
        return str(choices[number % len(choices)].label)
    return str(_WORDS.get(field, _EXAMPLES.get(field, ("", "")))[number])
