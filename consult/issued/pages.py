"""The pages of issued reports: the list, one report beside what is now, the bundle, issuing, withdrawing."""

from __future__ import annotations

import secrets
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.core.errors import Invalid, Missing, NotNow, Refusal
from consult.core.export import as_download
from consult.core.forms import key_sent
from consult.core.i18n import language_now
from consult.core.web import settings, store
from consult.issued import bundle, issuing, subjects
from consult.issued.subjects import Subject
from consult.members.access import ORGANIZING
from consult.members.current import current_actor
from consult.members.models import Unit

pages = Blueprint("issued", __name__)

ZIP = "application/zip"


@pages.get("/issued")
def index() -> str:
    """The issued reports that one may read."""
    with store().read() as work:
        found = issuing.listed(work, current_actor())
    return render_template("issued/index.html", found=found, language=language_now())


@pages.route("/issued/new", methods=["GET", "POST"])
def issue() -> WerkzeugResponse | str | tuple[str, int]:
    """What will be frozen, and the button; earlier ones of the same."""
    actor, given = current_actor(), settings()
    subject = Subject.of(request.values.get("subject", ""))
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            made = store().write(issuing.issue, actor, subject, given.zone, key_sent(request.form))
        except NotNow as late:
            refusal = late
        else:
            flash(_("The report is issued."))
            return redirect(url_for("issued.report", report_id=made.id))
    with store().read() as work:
        told = subjects.read(work, actor, subject, given.zone)
        earlier = issuing.listed(work, actor, subject)
        actor.require(work.db.get_one(Unit, told.unit_id).path, *ORGANIZING)
    page = render_template(
        "issued/new.html",
        told=told,
        subject=subject,
        earlier=earlier,
        key=secrets.token_urlsafe(24),
        refusal=refusal,
        language=language_now(),
    )
    return page, refusal.status if refusal else 200


@pages.get("/issued/<int:report_id>")
def report(report_id: int) -> str:
    """The report as it was issued, with what it would say otherwise today."""
    return _page(report_id)


@pages.get("/issued/<int:report_id>/figures/<figure>")
def rows(report_id: int, figure: str) -> str:
    """The rows behind one of its figures, as they were."""
    with store().read() as work:
        found = issuing.look(work, current_actor(), report_id)
    told = next((one for one in found.content.figures if one.key == figure), None)
    if told is None:
        raise Missing
    behind = issuing.rows_of(found).get(figure, ())
    return render_template(
        "issued/rows.html",
        issued=found,
        figure=told,
        behind=behind,
        columns=subjects.COLUMN_NAMES,
        language=language_now(),
    )


@pages.get("/issued/<int:report_id>/bundle.zip")
def auditors_bundle(report_id: int) -> Response:
    """The report with its rows, for who checks it."""
    actor, zone = current_actor(), settings().zone
    with store().read() as work:
        found = issuing.look(work, actor, report_id)
        changes = issuing.since(work, actor, found, zone)
    name = f"{found.content.title[language_now()]} {found.content.number}.zip"
    body = bundle.bundle(found, changes, ZoneInfo(zone))
    return Response(body, mimetype=ZIP, headers=as_download(name, f"report-{found.content.number}.zip"))


@pages.post("/issued/<int:report_id>/withdraw")
def withdraw(report_id: int) -> WerkzeugResponse | tuple[str, int]:
    """The report stands no more."""
    try:
        store().write(issuing.withdraw, current_actor(), report_id, request.form.get("reason", ""))
    except (Invalid, NotNow) as refusal:
        return _page(report_id, refusal), refusal.status
    flash(_("The report is withdrawn."))
    return redirect(url_for("issued.report", report_id=report_id))


def _page(report_id: int, refusal: Refusal | None = None) -> str:
    actor, zone = current_actor(), settings().zone
    with store().read() as work:
        found = issuing.look(work, actor, report_id)
        changes = issuing.since(work, actor, found, zone)
        unit = work.db.get_one(Unit, found.report.unit_id)
    return render_template(
        "issued/report.html",
        issued=found,
        changes=changes,
        organizing=actor.holds(unit.path, *ORGANIZING),
        columns=subjects.COLUMN_NAMES,
        refusal=refusal,
        language=language_now(),
    )
