"""Our reader of workbooks against openpyxl: the same texts in the same places, plus what a roster needs."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from consult.core.text import clean
from consult.members.sheet_xlsx import COLUMNS, read_workbook
from tests.members.sheets import parts, workbook, xlsx

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"], exclude_characters="_"), max_size=20)
PLACES = st.tuples(st.integers(1, 30), st.integers(1, 20))


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@given(st.dictionaries(PLACES, st.one_of(TEXTS, st.integers(-(10**14), 10**14)), max_size=20))
def test_texts_and_whole_numbers_stand_where_openpyxl_finds_them(cells):
    book = Workbook()
    for (row, column), value in cells.items():
        book.worksheets[0].cell(row, column).value = value
        book.worksheets[0].cell(row, column).data_type = "n" if isinstance(value, int) else "s"
    data = saved(book)
    theirs = {
        (cell.row, cell.column): clean(str(cell.value))
        for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()
        for cell in row
        if cell.value is not None and clean(str(cell.value))
    }
    (grid,) = read_workbook(data)
    assert {
        (row, column): text for row, texts in grid.rows.items() for column, text in texts.items()
    } == theirs


def test_sheets_stand_in_the_order_of_their_tabs_with_name_and_state():
    def hide(book):
        book["乙"].sheet_state = "veryHidden"

    grids = read_workbook(workbook({"甲": [("a",)], "乙": [("b",)], "丙": []}, hide))
    assert [(grid.name, grid.rows, grid.hidden) for grid in grids] == [
        ("甲", {1: {1: "a"}}, False), ("乙", {1: {1: "b"}}, True), ("丙", {}, False),
    ]  # fmt: skip


def test_merged_ranges_and_hidden_rows_are_told():
    def change(sheet):
        sheet.merge_cells("A1:C2")
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True

    (grid,) = read_workbook(xlsx(("a",), (), ("b",), change=change))
    assert grid.merges == [(1, 1, 2, 3)]
    assert grid.hidden_rows == {3}


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (datetime(2024, 3, 1), "yyyy-mm-dd", "2024/3/1"),  # noqa: DTZ001 - a cell knows no zone
        (45352, "[$-804]yyyy年m月d日", "2024/3/1"),
        (45352, "General", "45352"),
        (7, "000", "007"),
        (1234, "000", "1234"),
        (7, '"第"0"号"', "7"),
        (19900000001, "0", "19900000001"),
        (0.5, "0%", "0.5"),
        (True, "General", "1"),
        ("#N/A", "General", "#N/A"),
    ],
)
def test_number_is_read_as_it_is_shown_where_that_matters(value, number_format, text):
    def change(sheet):
        sheet["A1"].value = value
        sheet["A1"].number_format = number_format

    (grid,) = read_workbook(xlsx((), change=change))
    assert grid.rows == {1: {1: text}}


def test_dates_of_the_mac_calendar_are_understood():
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - a cell knows no zone
    book.worksheets[0]["A1"] = datetime(2024, 3, 1)  # noqa: DTZ001 - a cell knows no zone
    assert read_workbook(saved(book))[0].rows == {1: {1: "2024/3/1"}}


def test_formula_is_read_as_its_stored_result():
    (grid,) = read_workbook(
        parts("<sheetData><row><c t='str'><f>A1&amp;B1</f><v>张三</v></c><c><f>1</f></c></row></sheetData>")
    )
    assert grid.rows == {1: {1: "张三"}}


def test_prefixed_elements_and_missing_references_are_understood():
    rows = (
        "<x:row><x:c><x:v>1</x:v></x:c></x:row>",
        "<x:row r='5'><x:c r='C5'><x:v>2</x:v></x:c><x:c><x:v>3</x:v></x:c></x:row>",
    )
    sheet = f"<x:sheetData xmlns:x='a'>{''.join(rows)}</x:sheetData>"
    assert read_workbook(parts(sheet))[0].rows == {1: {1: "1"}, 5: {3: "2", 4: "3"}}


def test_columns_too_far_to_the_right_are_not_read():
    def change(sheet):
        sheet.cell(1, COLUMNS, "last")
        sheet[f"{get_column_letter(COLUMNS + 1)}1"] = "beyond"

    assert read_workbook(xlsx((), change=change))[0].rows == {1: {COLUMNS: "last"}}
