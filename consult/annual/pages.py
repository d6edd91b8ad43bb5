"""The pages of the year's report: the report, the rows behind a line, and the report as a file."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.annual import document, draft, printing, sheets, year
from consult.annual.counting import Behind, Held, Told
from consult.annual.lines import COUNTED, SECTIONS, Column, Counted, Line
from consult.annual.year import Asked, Report
from consult.config import LANGUAGES
from consult.core import clock
from consult.core.errors import Missing
from consult.core.export import XLSX, as_download, xlsx_bytes
from consult.core.i18n import in_language, language_now
from consult.core.web import settings, store
from consult.members.access import READING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.records.rows import Row

pages = Blueprint("annual", __name__)

ON_A_PAGE = 100
COLUMN_NAMES = {
    Column.WHOLE: sheets.OF,
    Column.TIMES: COUNTED[Counted.TIMES],
    Column.PUBLIC: COUNTED[Counted.PUBLIC],
}


@pages.get("/annual")
def index() -> WerkzeugResponse:
    """Goes to the report of the reader's own unit, of this year or the one that the address names."""
    units = _units(current_actor())
    unit_id = request.args.get("unit", type=int) or units[0].id
    asked_year = request.args.get("year", type=int) or _today().year
    below = 1 if request.args.get("below") == "1" else None
    return redirect(url_for("annual.report", unit_id=unit_id, asked_year=asked_year, below=below))


@pages.get("/annual/<int:unit_id>/<int:asked_year>")
def report(unit_id: int, asked_year: int) -> str:
    """The figures of a unit's year beside those of the year before, and the text in both languages."""
    actor = current_actor()
    asked = _asked(unit_id, asked_year)
    with store().read() as work:
        found = year.report(work, actor, asked)
        years = year.years(work, asked, _today().year)
    own = language_now()
    languages = sorted(LANGUAGES, key=lambda language: language != own)
    return render_template(
        "annual/report.html",
        report=found,
        units=_units(actor),
        years=years,
        title=document.title(found),
        sections=_by_section(found),
        texts={language: _text(found, language) for language in languages},
        language=own,
        notes=sheets.NOTES,
        unfinished=found.as_of < date(found.year, 12, 31),
        **_WORDS,
    )


@pages.get("/annual/<int:unit_id>/<int:asked_year>/figures/<key>")
def rows(unit_id: int, asked_year: int, key: str) -> str:
    """The rows that add up to a line of the report."""
    actor = current_actor()
    asked = _asked(unit_id, asked_year)
    with store().read() as work:
        unit, as_of, told = year.line(work, actor, asked, key, request.args.get("series", "")[:60])
    last = max(1, -(-len(told.behind) // ON_A_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), last)
    return render_template(
        "annual/rows.html",
        asked=asked,
        unit=unit,
        told=told,
        as_of=as_of,
        shown=told.behind[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        page=page,
        last=last,
        about=sheets.about,
        door=_door,
        column_names=COLUMN_NAMES,
        **_WORDS,
    )


@pages.get("/annual/<int:unit_id>/<int:asked_year>/report-<any(zh_CN, en):language>.<any(docx, xlsx):form>")
def download(unit_id: int, asked_year: int, language: str, form: str) -> Response:
    """The report in that language as a Word document, or as a workbook with every row."""
    with store().read() as work:
        found = year.report(work, current_actor(), _asked(unit_id, asked_year))
    with in_language(language):
        name = document.title(found)
        if form == "docx":
            body, kind = document.document(found), document.MEDIA_TYPE
        else:
            body, kind = xlsx_bytes(sheets.workbook(found), zone=ZoneInfo(settings().zone)), XLSX
    headers = as_download(f"{name}.{form}", f"report-{found.year}.{form}")
    return Response(body, mimetype=kind, headers=headers)


def _asked(unit_id: int, asked_year: int) -> Asked:
    return Asked(unit_id, asked_year, request.args.get("below") == "1", settings().zone)


def _units(actor: Actor) -> list[Unit]:
    """The units whose reports the actor may read. Refuses: Missing, to who reads nowhere."""
    with store().read() as work:
        units = units_under(work, actor, *READING)
    if not units:
        raise Missing
    return units


def _by_section(found: Report) -> list[tuple[str, list[Told]]]:
    told = [one for one in found.lines if not one.empty]
    parts = [
        (str(name), [one for one in told if one.line.section == part]) for part, name in SECTIONS.items()
    ]
    return [(name, lines) for name, lines in parts if lines]


def _text(found: Report, language: str) -> list[draft.Paragraph]:
    with in_language(language):
        first = draft.Paragraph("", draft.opening(found.unit.name, found.year))
        return [first, *draft.paragraphs(found.lines)]


def _link(unit_id: int, found_year: int, below: bool, line: Line) -> str:
    """Where the rows behind a line are."""
    return url_for(
        "annual.rows", unit_id=unit_id, asked_year=found_year, key=line.key,
        series=line.series or None, below=1 if below else None,
    )  # fmt: skip


def _door(row: Behind) -> str | None:
    """Where what stands behind a figure is shown."""
    match row.what:
        case Row(record=record):
            return url_for("records.record", record_id=record.id)
        case Held(meeting_id=meeting_id):
            return url_for("reports.meeting", meeting_id=meeting_id)
    return None


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(settings().zone)).date()


_WORDS = {"COUNTED": COUNTED, "Column": Column, "printing": printing, "rows_of": _link}
