"""The pages of the annual plan: a unit's year with its figures, as sheets, and what was reported."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Redirect
from wtforms import TextAreaField

from consult.core import clock
from consult.core.errors import Invalid, Missing, Stale
from consult.core.export import CSV, XLSX, as_download, csv_bytes, xlsx_bytes
from consult.core.forms import shown_at_field, version_sent
from consult.core.web import settings, store
from consult.members.access import ORGANIZING
from consult.members.current import current_actor
from consult.plans import plan as plans
from consult.plans import reporting
from consult.plans.plan import Figure
from consult.plans.sheets import beyond_sheet, figures_sheet, plan_sheet
from consult.topics import topics

pages = Blueprint("plans", __name__)

Answer = str | Redirect | tuple[str, int]


class ReportForm(FlaskForm):  # type: ignore[misc]
    """How a result was reported."""

    note = TextAreaField(_l("Note"))


@pages.get("/plans")
def index() -> Redirect:
    """This year's plan of the unit one belongs to."""
    actor, year = current_actor(), _this_year()
    with store().read() as work:
        found = plans.readable(work, actor, year)
    if not found:
        raise Missing
    near = {seat.unit_id for seat in actor.seats} or {unit.id for unit in found[:1]}
    unit = next(one for one in found if one.id in near)
    return redirect(url_for("plans.plan", unit_id=unit.id, year=year))


@pages.get("/plans/go")
def go() -> Redirect:
    """The plan of the unit and year that were chosen in the switch."""
    unit_id, year = (request.args.get(name, type=int) for name in ("unit", "year"))
    if unit_id is None or year is None:
        raise Invalid
    return redirect(url_for("plans.plan", unit_id=unit_id, year=year))


@pages.get("/plans/<int:unit_id>/<int:year>")
def plan(unit_id: int, year: int) -> str:
    """The plan: planned against held, each figure with its rows."""
    actor, zone = current_actor(), settings().zone
    name = request.args.get("show", Figure.PLANNED.value)
    if name not in list(Figure):
        raise Invalid(_("There is no such figure."), field="show")
    with store().read() as work:
        found = plans.read(work, actor, unit_id, year, zone)
        units = plans.readable(work, actor, year)
        years = plans.years(work, found.unit, year, _this_year(), _this_year() + 1)
    return render_template(
        "plans/plan.html",
        plan=found,
        show=Figure(name),
        rows=found.behind(Figure(name)),
        Figure=Figure,
        units=units,
        years=years,
        organizing=actor.holds(found.unit.path, *ORGANIZING),
    )


@pages.get("/plans/<int:unit_id>/<int:year>/plan.<any(csv, xlsx):form>")
def download(unit_id: int, year: int, form: str) -> Response:
    """The plan as a sheet: CSV has the topics, XLSX also the figures and what was held beyond it."""
    zone = settings().zone
    with store().read() as work:
        found = plans.read(work, current_actor(), unit_id, year, zone)
    topic_rows, where = plan_sheet(found), ZoneInfo(zone)
    if form == "csv":
        body, kind = csv_bytes(topic_rows.headings, topic_rows.rows, zone=where), CSV
    else:
        body, kind = xlsx_bytes([topic_rows, beyond_sheet(found), figures_sheet(found)], zone=where), XLSX
    name = _("%(unit)s annual plan %(year)s", unit=found.unit.name, year=year)
    headers = as_download(f"{name}.{form}", f"plan-{unit_id}-{year}.{form}")
    return Response(body, mimetype=kind, headers=headers)


@pages.route("/topics/<int:topic_id>/reported", methods=["GET", "POST"])
def reported(topic_id: int) -> Answer:
    """Marks that the result of consulting on a topic was reported, or takes the mark back."""
    actor, status = current_actor(), 200
    with store().read() as work:
        topic, unit = topics.seen_by(work, actor, topic_id)
        actor.require(unit.path, *ORGANIZING)
        held = plans.was_held(work, topic_id)
    form = ReportForm(data={"note": topic.reported_note})
    if request.method == "POST":
        version = version_sent(request.form)
        try:
            if request.form.get("do") == "back":
                store().write(reporting.unreport, actor, topic_id, version)
            else:
                store().write(reporting.report, actor, topic_id, version, form.note.data or "")
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "note")
        else:
            flash(_("The plan shows it."))
            year = topic.year or _this_year()
            return redirect(url_for("plans.plan", unit_id=unit.id, year=year))
    return render_template(
        "plans/reported.html", topic=topic, unit=unit, form=form, held=held, longest=reporting.LONGEST_NOTE
    ), status


def _this_year() -> int:
    return clock.now().astimezone(ZoneInfo(settings().zone)).year
