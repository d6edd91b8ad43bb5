"""The pages of attendance: the list, one meeting's report, its sheets, and a member's own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.attendance import objections
from consult.attendance.intervals import Interval, Span
from consult.attendance.rules import FIGURE_NAMES, OUTCOME_NAMES, Figure
from consult.core import clock
from consult.core.errors import Invalid, Missing
from consult.core.export import CSV, XLSX, Sheet, as_download, csv_bytes, xlsx_bytes
from consult.core.forms import key_sent
from consult.core.store import Work
from consult.core.web import settings, store
from consult.meetings.access import seen_by
from consult.meetings.moves import state_now
from consult.members.access import ORGANIZING, READING, units_under
from consult.members.current import current_actor
from consult.reports import facts, queries, year_export
from consult.reports.chart import axis_svg, bars_svg, presence_svg
from consult.reports.pages.blueprint import pages
from consult.reports.scope import Scope
from consult.reports.sheets import figures_sheet, groups_sheets, people_sheet, remarks
from consult.reports.tables import COMMITTEE_NOTE, Grouping, behind, by

WIDE, NARROW = 1000, 358  # the curve is drawn twice, so that its text is legible on desks and on phones
COLUMNS = (Figure.EXPECTED, Figure.PRESENT, Figure.LATE, Figure.LEFT_EARLY, Figure.EXCUSED, Figure.ABSENT)
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)


@pages.get("/reports")
def index() -> str:
    """The year's settled meetings with their figures, and people and person-times of the year."""
    actor = current_actor()
    if not actor.staff:
        raise Missing
    today = clock.now().astimezone(ZoneInfo(settings().zone)).date()
    year = request.args.get("year", today.year, type=int)
    if not 2000 <= year < 2100:
        raise Invalid(_("The year must lie between 2000 and 2099."), field="year")
    start, end = queries.year_bounds(year, settings().zone)
    with store().read() as work:
        held = queries.held(work, actor, start, end, settings().zone)
        unit = units_under(work, actor, *READING)[0]
        figures = facts.count(work, actor, Scope(unit.id, start, end, settings().zone)).total
        years = queries.years(work, actor, today, settings().zone)
    return render_template(
        "reports/index.html",
        held=held,
        unit=unit,
        people=figures.people,
        times=figures.times,
        year=year,
        years=years,
        columns=COLUMNS,
        FIGURE_NAMES=FIGURE_NAMES,
        key=secrets.token_urlsafe(24),
    )


@pages.post("/reports/<int:year>/export")
def export_year(year: int) -> WerkzeugResponse:
    """Has the year's attendance written as a sheet, and goes on to how far it is."""
    if not 2000 <= year < 2100:
        raise Invalid(_("The year must lie between 2000 and 2099."), field="year")
    task = store().write(
        year_export.ask,
        current_actor(),
        year,
        settings().zone,
        str(get_locale()),
        key_sent(request.form),
    )
    return redirect(url_for("background.task", task_id=task.id))


@pages.get("/meetings/<int:meeting_id>/report")
def meeting(meeting_id: int) -> str:
    """One meeting's report; to a member, his own part of it; before settling, when it will be there."""
    actor = current_actor()
    with store().read() as work:
        if not actor.staff:
            return _own_page(work, actor.person_id, meeting_id)
        report = queries.report(work, actor, meeting_id)
        if report is None:
            return _not_yet(work, meeting_id)
    figure, group = _asked()
    rows = behind(report.rows, figure, group)
    return render_template(
        "reports/meeting.html",
        report=report,
        rows=rows,
        manages=actor.holds(report.host.path, *ORGANIZING),
        figure_asked=figure,
        group=group,
        columns=COLUMNS,
        groups={grouping: by(report.rows, grouping) for grouping in ("unit", "sector", "committee")},
        curve=_curve(report, WIDE),
        curve_narrow=_curve(report, NARROW),
        axis=axis_svg(report.window, periods=report.periods, zone=report.zone) if report.window else "",
        bars=lambda row: _bars(row.spans, report.window, report.periods, report.zone),
        FIGURE_NAMES=FIGURE_NAMES,
        OUTCOME_NAMES=OUTCOME_NAMES,
        Figure=Figure,
        committee_note=COMMITTEE_NOTE,
        remarks=remarks,
    )


@pages.get("/meetings/<int:meeting_id>/report.<any(csv, xlsx):form>")
def download(meeting_id: int, form: str) -> Response:
    """The report as a sheet: CSV has the people, XLSX also the figures and the groups."""
    actor = current_actor()
    with store().read() as work:
        report = queries.report(work, actor, meeting_id)
    if report is None:
        raise Missing(_("This meeting has not been settled yet, so there is nothing to export."))
    people = people_sheet(report)
    if form == "csv":
        body, kind = csv_bytes(people.headings, people.rows, zone=report.zone), CSV
    else:
        sheets: list[Sheet] = [figures_sheet(report), *groups_sheets(report), people]
        body, kind = xlsx_bytes(sheets, zone=report.zone), XLSX
    day = report.meeting.opens_at.astimezone(report.zone).strftime("%Y%m%d")
    headers = as_download(f"{day}-{report.meeting.title}.{form}", f"attendance-{day}.{form}")
    return Response(body, mimetype=kind, headers=headers)


@pages.get("/my/attendance")
def mine() -> str:
    """The signed-in person's own attendance, meeting by meeting."""
    actor = current_actor()
    with store().read() as work:
        return _own(work, actor.person_id, queries.own(work, actor.person_id), one=False)


def _own_page(work: Work, person_id: int, meeting_id: int) -> str:
    found = queries.own(work, person_id, meeting_id)
    return _own(work, person_id, found, one=True) if found else _not_yet(work, meeting_id)


def _own(work: Work, person_id: int, found: list[queries.Own], *, one: bool) -> str:
    said = objections.of_person(work, person_id, [own.meeting.id for own in found])
    within = timedelta(days=settings().objection_days)
    return render_template(
        "reports/own.html",
        found=found,
        one=one,
        said=said,
        objectable={
            own.meeting.id
            for own in found
            if objections.may_object(own.settlement, said.get(own.meeting.id, ()), work.now, within)
        },
        bars=_own_bars,
        remarks=remarks,
        OUTCOME_NAMES=OUTCOME_NAMES,
    )


def _own_bars(own: queries.Own) -> str:
    return _bars(own.row.spans, own.window, own.periods, ZoneInfo(own.meeting.zone))


def _bars(spans: Sequence[Span], window: Interval | None, periods: Sequence[Interval], zone: ZoneInfo) -> str:
    return bars_svg(spans, window, periods=periods, zone=zone) if window else ""


def _not_yet(work: Work, meeting_id: int) -> str:
    meeting = seen_by(work, current_actor(), meeting_id)
    return render_template(
        "reports/not_yet.html", meeting=meeting, meeting_state=state_now(meeting, work.now)
    )


def _curve(report: queries.Report, width: int) -> str:
    if report.curve is None:
        return ""
    return presence_svg(
        report.curve,
        expected=report.tally.expected,
        periods=report.periods,
        outages=report.outages,
        zone=report.zone,
        width=width,
    )


def _asked() -> tuple[Figure | None, tuple[Grouping, str] | None]:
    """The figure and the group whose rows are asked for. Refuses: Invalid, for an unknown one."""
    name = request.args.get("figure")
    if name is not None and name not in FIGURE_NAMES:
        raise Invalid(_("There is no such figure."), field="figure")
    for grouping in GROUPINGS:
        if grouping in request.args:
            return (Figure(name) if name else None), (grouping, request.args[grouping])
    return (Figure(name) if name else None), None
