"""The year's report as a Word document that an office goes on writing in, in Word or in WPS.

Set as official papers (公文) are: A4 with their margins, headings in 黑体, text in 仿宋 of size three,
indented by two characters. Fonts that a machine has not are replaced by its own; nothing is embedded.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import cast

from docx import Document
from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph as Written
from flask_babel import gettext as _

from consult.annual import draft, printing
from consult.annual.counting import Told
from consult.annual.lines import COUNTED, SECTIONS
from consult.annual.sheets import NOTES
from consult.annual.year import Report
from consult.core.export import writable
from consult.core.i18n import local_day

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TABLE_WIDTHS = (Mm(58), Mm(28), Mm(38), Mm(32))
_LATIN, _TEXT, _BLACK, _TITLE = "Times New Roman", "仿宋", "黑体", "宋体"


def document(report: Report) -> bytes:
    """The report in the language of the moment: its text, the table of figures, how they are counted."""
    paper = Document()
    _set_page(paper)
    _set_styles(paper)
    heading = title(report)
    paper.core_properties.title, paper.core_properties.author = heading, report.unit.name
    paper.add_paragraph(heading, style="Title")
    paper.add_paragraph(draft.opening(report.unit.name, report.year))
    for part in draft.paragraphs(report.lines):
        paper.add_heading(part.heading, level=1)
        paper.add_paragraph(writable(part.text))
    paper.add_heading(_("Figures"), level=1)
    _add_table(paper, report)
    paper.add_heading(_("How it is counted"), level=1)
    paper.add_paragraph(_("Members are counted as of %(day)s.", day=local_day(report.as_of)))
    for note in NOTES:
        paper.add_paragraph(str(note))
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def title(report: Report) -> str:
    """What the report is called."""
    if report.below:
        return str(_("Report on %(year)s of %(unit)s and the units below it",
                     year=report.year, unit=report.unit.name))  # fmt: skip
    return str(_("Report on %(year)s of %(unit)s", year=report.year, unit=report.unit.name))


def _set_page(paper: Paper) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _add_field(footer, "PAGE")


def _set_styles(paper: Paper) -> None:
    normal = _style(paper, "Normal", _TEXT, 16)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    normal.paragraph_format.line_spacing = Pt(28)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.first_line_indent = Pt(32)
    heading = _style(paper, "Title", _TITLE, 22)
    heading.font.bold = True
    heading.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    heading.paragraph_format.first_line_indent = Pt(0)
    heading.paragraph_format.line_spacing = Pt(36)
    heading.paragraph_format.space_after = Pt(28)
    borders = heading.element.get_or_add_pPr().find(qn("w:pBdr"))
    if borders is not None:
        borders.getparent().remove(borders)
    part = _style(paper, "Heading 1", _BLACK, 16)
    part.font.bold = False
    part.paragraph_format.keep_with_next = True
    part.paragraph_format.space_before = Pt(14)
    cell = cast(ParagraphStyle, paper.styles.add_style("Cell", WD_STYLE_TYPE.PARAGRAPH))
    cell.base_style = normal
    cell.font.size = Pt(10.5)
    cell.paragraph_format.first_line_indent = Pt(0)
    cell.paragraph_format.line_spacing = Pt(15)


def _style(paper: Paper, name: str, east_asian: str, size: float) -> ParagraphStyle:
    """The style with these fonts, in black, without what the template's theme says of them."""
    style = cast(ParagraphStyle, paper.styles[name])
    style.font.name, style.font.size = _LATIN, Pt(size)
    properties = style.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)
    for colour in properties.findall(qn("w:color")):
        properties.remove(colour)
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    return style


def _add_table(paper: Paper, report: Report) -> None:
    headings = [_("Figure"), _("Amount"), _("Who took part"), _("In %(year)s", year=report.year - 1)]
    table = paper.add_table(rows=1, cols=len(headings), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _fill(table.rows[0], headings, bold=True)
    _mark(table.rows[0], "w:tblHeader")
    section = None
    for one in report.lines:
        if one.empty:
            continue
        if one.line.section != section:
            section = one.line.section
            _add_section(table, str(SECTIONS[section]))
        _fill(_new_row(table), _cells(report, one))
    for column, width in zip(table.columns, TABLE_WIDTHS, strict=True):
        column.width = width
    for row in table.rows:
        _mark(row, "w:cantSplit")
        for cell, width in zip(row.cells, TABLE_WIDTHS, strict=True):
            cell.width = width


def _add_section(table: Table, name: str) -> None:
    row = _new_row(table)
    merged = row.cells[0].merge(row.cells[-1])
    merged.paragraphs[0].style = "Cell"
    merged.paragraphs[0].add_run(name).bold = True
    merged.paragraphs[0].paragraph_format.keep_with_next = True


def _new_row(table: Table) -> _Row:
    return cast(_Row, table.add_row())  # type: ignore[no-untyped-call]


def _cells(report: Report, one: Told) -> list[str]:
    exactly = printing.kept_exactly(one)
    number = printing.printed(one)
    if not one.line.percent:
        number = _("%(number)s %(unit)s", number=number, unit=COUNTED[one.line.counted])
    earlier = report.earlier(one)
    return [
        str(one.line.label),
        number + (f"\n({exactly})" if exactly else ""),
        printing.took_part(one),
        printing.exact(earlier) if earlier else "",
    ]


def _fill(row: _Row, texts: Sequence[str], *, bold: bool = False) -> None:
    for cell, text in zip(row.cells, texts, strict=True):
        cell.paragraphs[0].style = "Cell"
        cell.paragraphs[0].add_run(writable(text)).bold = bold


def _mark(row: _Row, name: str) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement(name))


def _add_field(paragraph: Written, instruction: str) -> None:
    """A field that the word processor works out itself."""
    for kind, text in (("begin", ""), ("", instruction), ("end", "")):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)
