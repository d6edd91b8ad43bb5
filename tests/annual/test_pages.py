"""The report as pages and files: who may read it, that figures open their rows, what the files hold."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from sqlalchemy import event

from consult.annual.lines import Column
from tests.annual.county_2023 import Tree
from tests.annual.test_review_2023 import report
from tests.support.visitor import Enter, Visitor

ADDRESS = "/annual/{}/2023"


def page(tree: Tree, name: str = "county") -> str:
    return ADDRESS.format(tree.units[name])


def test_office_leader_and_those_above_read_it_members_and_strangers_do_not(tree: Tree, enter: Enter) -> None:
    member = tree.seats("county", 1)[0][1]
    readers = (tree.offices["county"], tree.offices["city"], tree.offices["province"], tree.reader)
    paths = (
        page(tree), f"{page(tree)}/figures/opinion_briefs", f"{page(tree)}/report-en.docx",
        f"{page(tree)}/report-zh_CN.xlsx",
    )  # fmt: skip
    for person, status in (*((one, 200) for one in readers), (tree.offices["other"], 404), (member, 404)):
        visitor = enter(person)
        assert [visitor.get(path).status_code for path in paths] == [status] * len(paths)
    assert enter(tree.offices["county"]).get(page(tree, "city")).status_code == 404
    assert enter(member).get("/annual").status_code == 404


def test_the_address_without_a_unit_leads_to_ones_own(tree: Tree, enter: Enter) -> None:
    answer = enter(tree.offices["county"]).get("/annual?year=2023")
    assert answer.location == page(tree)


def test_every_figure_opens_rows_that_add_up_to_it(tree: Tree, enter: Enter) -> None:
    visitor = enter(tree.offices["county"])
    doors = set(re.findall(rf'href="({page(tree)}/figures/[^"]+)"', visitor.get(page(tree)).text))
    told = [one for one in report(tree).lines if not one.empty]
    assert len(doors) == len(told) > 40
    for one in told:
        rows, number = all_rows(visitor, f"{page(tree)}/figures/{one.line.key}?series={one.line.series}")
        assert number == len(one.behind)
        for place, column in enumerate(one.line.columns):
            assert sum(row[place] for row in rows) == one.total(column).value


def all_rows(visitor: Visitor, address: str) -> tuple[list[list[int]], int]:
    """The numbers in the rows of all pages of a list."""
    found: list[list[int]] = []
    for number in range(1, 9):
        text = visitor.get(f"{address}&page={number}").text
        body = text[text.index('id="rows"') :].partition("<tbody>")[2].partition("</tbody>")[0]
        rows = body.split("</tr>")[:-1]
        found += [[int(one) for one in re.findall(r'<td class="n"[^>]*>(\d+)\+?</td>', row)] for row in rows]
        if "<tfoot>" in text:
            break
    return found, len(found)


def test_odd_addresses_are_refused(tree: Tree, enter: Enter) -> None:
    visitor = enter(tree.offices["county"])
    for path, status in (
        (f"{page(tree)}/figures/nothing", 404),
        (f"{page(tree)}/figures/outreach_series", 404),
        (f"{page(tree)}/figures/opinion_briefs?page=999999", 200),
        (f"{page(tree)}/report-xx.docx", 404),
        (f"/annual/{tree.units['county']}/1999", 400),
        (f"/annual/{tree.units['county']}/99999999999", 404),
        ("/annual/99999/2023", 404),
    ):
        assert visitor.get(path).status_code == status, path


def test_a_year_with_nothing_in_it_says_what_to_do(tree: Tree, enter: Enter) -> None:
    text = enter(tree.offices["other"]).get(f"/annual/{tree.units['other']}/2019").text
    assert "There is nothing to report on 2019 yet" in text


def test_the_number_of_queries_does_not_grow_with_what_is_read(tree: Tree, enter: Enter) -> None:
    def queries(address: str) -> int:
        visitor = enter(tree.offices["city"])
        visitor.get(address)
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        engine = tree.store.engine
        event.listen(engine, "before_cursor_execute", count)
        visitor.get(address)
        event.remove(engine, "before_cursor_execute", count)
        return counted

    small, large = queries(page(tree, "other")), queries(f"{page(tree, 'city')}?below=1")
    assert large <= small + 30 < 120  # a few more for each line that has meetings behind it


def test_the_document_has_styles_fonts_a_repeated_heading_and_page_numbers(tree: Tree, enter: Enter) -> None:
    body = enter(tree.reader).get(f"{page(tree)}/report-zh_CN.docx").data
    paper = Document(io.BytesIO(body))
    texts = [one.text for one in paper.paragraphs]
    assert texts[0] == "清涧县政协2023年工作情况"
    assert paper.paragraphs[0].style is not None
    assert paper.paragraphs[0].style.name == "Title"
    headings = [one.text for one in paper.paragraphs if one.style and one.style.name == "Heading 1"]
    assert headings[:3] == ["理论学习", "会议", "协商议政"]
    assert any("走访群众220余人次" in text for text in texts)
    assert paper.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋"
    assert paper.styles["Heading 1"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    table = paper.tables[0]
    assert table.rows[0]._tr.get_or_add_trPr().find(qn("w:tblHeader")) is not None
    cells = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert cells["发放宣传册"] == "1500余篇（份）\n(1538)"
    assert "PAGE" in paper.sections[0].footer._element.xml
    assert (paper.sections[0].page_width, paper.sections[0].page_height) == (7560310, 10692130)


def test_the_text_in_english_has_its_plurals(tree: Tree, enter: Enter) -> None:
    body = enter(tree.reader).get(f"{page(tree)}/report-en.docx").data
    text = "\n".join(one.text for one in Document(io.BytesIO(body)).paragraphs)
    assert "9 joint study sessions of the staff" in text
    assert "1 reflection shared before all" in text
    assert "more than 130 times" in text
    assert " 0 " not in text


def test_the_workbook_has_numbers_and_rows_that_add_up(tree: Tree, enter: Enter) -> None:
    body = enter(tree.reader).get(f"{page(tree)}/report-zh_CN.xlsx").data
    book = load_workbook(io.BytesIO(body))
    assert len(book.worksheets) == 3
    figures = {row[1].value: row for row in book.worksheets[0].iter_rows(min_row=2)}
    assert figures["发放宣传册"][2].value == "1500余"
    assert figures["发放宣传册"][3].value == 1538
    assert figures["党外委员立案提案占比"][6].value == 30 / 48
    sums: dict[str, int] = {}
    rows = book.worksheets[1].iter_rows(min_row=2, values_only=True)
    for label, _day, _title, _unit, value, *_rest in rows:
        sums[str(label)] = sums.get(str(label), 0) + int(str(value or 0))
    told = {str(one.line.label): one.total(Column.VALUE).value for one in report(tree).lines}
    assert sums == {row[1].value: row[3].value for row in figures.values()}
    assert sum(sums.values()) == sum(told.values())


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_libreoffice_opens_both(tree: Tree, enter: Enter, tmp_path: Path) -> None:
    visitor = enter(tree.reader)
    for form in ("docx", "xlsx"):
        file = tmp_path / f"report.{form}"
        file.write_bytes(visitor.get(f"{page(tree)}/report-zh_CN.{form}").data)
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless",
             "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        made = file.with_suffix(".pdf")
        assert made.stat().st_size > 10_000
        made.unlink()
