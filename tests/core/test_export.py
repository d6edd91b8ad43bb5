import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.export import Sheet, csv_bytes, xlsx_bytes

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADINGS = ["姓名", "界别", "到会", "时长", "出席率", "次数"]
ROW = [
    "古丽扎尔·阿不都热依木",
    None,
    datetime(2026, 11, 24, 16, 30, 5, 999_999, tzinfo=UTC),
    timedelta(hours=26, minutes=3, seconds=7.9),
    Fraction(80, 86),
    -7,
]
DANGEROUS = [
    '=HYPERLINK("http://evil.example","点我")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x00=1+1",
    "\x0b\x00@x",
    "  =1+1",
    "\u3000=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
]
HARMLESS = ["李建国", "a=b", "1+1", "'=1", "#N/A", "TRUE", "2026-11-24", "_x003D_1", "007", ""]


def csv_rows(*rows, headings=HEADINGS) -> list[list[str]]:
    text = csv_bytes(headings, rows, zone=SHANGHAI).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def xlsx_page(*rows, headings=HEADINGS):
    return openpyxl.load_workbook(
        io.BytesIO(xlsx_bytes([Sheet("出席", headings, rows)], zone=SHANGHAI))
    ).active


def test_csv_has_a_bom_and_reads_back():
    assert csv_bytes(HEADINGS, [], zone=SHANGHAI).startswith(b"\xef\xbb\xbf\xe5\xa7\x93")
    assert csv_rows(ROW) == [
        HEADINGS,
        ["古丽扎尔·阿不都热依木", "", "2026-11-25 00:30:05", "26:03:07", "93.0%", "-7"],
    ]


def test_csv_keeps_commas_quotes_and_lines_within_their_cell():
    assert csv_rows(['甲,"乙"', "一\n二", "三\r\n四"], headings=["a", "b", "c"])[1] == [
        '甲,"乙"',
        "一\n二",
        "三\n四",
    ]


def test_xlsx_reads_back_with_real_numbers_dates_and_lengths():
    page = xlsx_page(ROW)
    assert [cell.value for cell in page[1]] == HEADINGS
    cells = page[2]
    assert [cell.value for cell in cells] == [
        "古丽扎尔·阿不都热依木",
        None,
        datetime(2026, 11, 25, 0, 30, 5),  # noqa: DTZ001 (Excel knows no zones)
        timedelta(hours=26, minutes=3, seconds=7),
        pytest.approx(80 / 86),
        -7,
    ]
    assert [cell.number_format for cell in cells[2:5]] == ["yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", "0.0%"]
    assert cells[2].is_date
    assert cells[5].data_type == "n"


def test_xlsx_heading_stands_out_and_columns_show_what_they_hold():
    page = xlsx_page(ROW)
    assert page["A1"].font.bold
    assert page.freeze_panes == "A2"
    assert page.column_dimensions["A"].width >= 21
    assert page.column_dimensions["C"].width > 19
    assert page.title == "出席"


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_looks_like_a_formula_stays_text(text):
    shown = "'" + text.replace("\r", "\n").replace("\x00", "").replace("\x0b", "")
    assert csv_rows([text], headings=[text]) == [[shown], [shown]]
    page = xlsx_page([text], headings=[text])
    assert [(cell.value, cell.data_type) for cell in (page["A1"], page["A2"])] == [(shown, "s")] * 2


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_left_alone(text):
    assert csv_rows([text, "x"], headings=["a", "b"])[1][0] == text
    cell = xlsx_page([text, "x"], headings=["a", "b"])["A2"]
    assert (cell.value or "", cell.data_type in "sn") == (text, True)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_text_ever_becomes_a_formula(texts):
    page = xlsx_page(["x", *texts], headings=["x", *texts])
    cells = [cell for line in page.iter_rows() for cell in line]
    assert len(cells) == 2 * (len(texts) + 1)
    assert not any(cell.data_type in "fe" for cell in cells)
    for value in [value for line in csv_rows(["x", *texts], headings=["x", *texts]) for value in line]:
        assert not value.lstrip().startswith(tuple("=+-@＝＋－＠"))
        assert not value.startswith(("\t", "\r", "\n", "\0"))


def test_characters_that_xml_can_not_hold_are_left_out():
    text = "张\x00\x08\x1f三\ud800\ufffe\U0001f600"
    assert csv_rows([text, "x"], headings=["a", "b"])[1][0] == "张三\U0001f600"
    assert xlsx_page([text])["A2"].value == "张三\U0001f600"


def test_text_longer_than_a_cell_is_cut():
    assert len(xlsx_page(["=" * 40_000])["A2"].value) == 32_767


def test_several_sheets_with_titles_that_excel_would_refuse():
    titles = ["a/b[c]:d*e?f\\g", "'长" + "名" * 40, "", "=1"]
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx_bytes([Sheet(title, ["x"], [["y"]]) for title in titles], zone=SHANGHAI))
    )
    assert book.sheetnames == ["a b c  d e f g", "长" + "名" * 30, "1", "=1"]
    assert [page["A2"].value for page in book] == ["y"] * 4


def test_rows_may_come_one_by_one_and_be_many():
    rows = ([f"委员{number}", number] for number in range(1000))
    data = xlsx_bytes([Sheet("名单", ["姓名", "编号"], rows)], zone=SHANGHAI)
    page = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
    assert [line[1] for line in page.iter_rows(min_row=2, values_only=True)] == list(range(1000))
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
