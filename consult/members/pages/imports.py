"""Importing a roster: the file, the preview, one click."""

from __future__ import annotations

import re
import secrets
from functools import cache

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import FileField

from consult.core.errors import Invalid, Missing, NotAllowed, Refusal, Stale
from consult.core.forms import shown_at_field
from consult.core.web import MAX_BODY, accepts_body, store
from consult.members import imports
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.members.pages.blueprint import pages
from consult.members.roster import FIELDS
from consult.members.roster_sample import make_sheet
from consult.members.sheet import read_sheet

Answer = str | Response | tuple[str, int]

SAMPLE_MEMBERS = 12
ROWS_SHOWN = 1000  # of each kind
LARGE = 300  # rows beyond which importing them is background work
_LINE = re.compile("[0-9]{1,6}")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RosterForm(FlaskForm):  # type: ignore[misc]
    """The file of a roster."""

    file = FileField(_l("Roster file (.xlsx or .csv)"))


@pages.route("/units/<int:unit_id>/import", methods=["GET", "POST"])
@accepts_body(MAX_BODY)
def upload(unit_id: int) -> Answer:
    """Takes a roster file and goes on to its preview."""
    actor, form, status = current_actor(), RosterForm(), 200
    unit = _unit(actor, unit_id)
    if request.method == "POST":
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Invalid(_l("Please choose a file."), field="file")
            sheet = read_sheet(sent.read(), sent.filename)
            kept = store().write(imports.preview, actor, unit.id, sent.filename, sheet)
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            return redirect(url_for("members.preview", import_id=kept.id))
    return render_template("members/import.html", form=form, unit=unit, fields=FIELDS), status


@pages.get("/imports/<int:import_id>")
def preview(import_id: int) -> Answer:
    """What importing would do; after it, what it has done."""
    actor = current_actor()
    with store().read() as work:
        kept, unit = imports.found(work, actor, import_id)
    if kept.applied_at is not None:
        return render_template("members/import_done.html", kept=kept, unit=unit, result=kept.result)
    return _preview(actor, import_id)


@pages.post("/imports/<int:import_id>/apply")
def apply_import(import_id: int) -> Answer:
    """Imports all of it or nothing."""
    actor = current_actor()
    same = {int(line) for line in request.form.getlist("same") if _LINE.fullmatch(line)}
    try:
        store().write(imports.apply, actor, import_id, request.form.get("mark", ""), same)
    except (Invalid, Stale) as refusal:
        return _preview(actor, import_id, refusal), refusal.status
    return redirect(url_for("members.preview", import_id=import_id))


@pages.get("/members/sample.xlsx")
def sample() -> FlaskResponse:
    """A made-up roster as an example of what can be read."""
    if not current_actor().staff:
        raise Missing
    answer = FlaskResponse(_sample(), mimetype=XLSX)
    answer.headers["Content-Disposition"] = 'attachment; filename="roster-example.xlsx"'
    return answer


def _preview(actor: Actor, import_id: int, refusal: Refusal | None = None) -> str:
    with store().read() as work:
        shown = imports.look(work, actor, import_id)
    return render_template(
        "members/import_preview.html",
        shown=shown,
        unit=shown.unit,
        labels=FIELDS,
        refusal=refusal,
        limit=ROWS_SHOWN,
        large=len(shown.plan.rows) > LARGE,
        key=secrets.token_urlsafe(),
    )


def _unit(actor: Actor, unit_id: int) -> Unit:
    with store().read() as work:
        unit = unit_for(work, actor, unit_id, *READING)
    if not actor.holds(unit.path, *ORGANIZING):
        raise NotAllowed
    return unit


@cache
def _sample() -> bytes:
    return make_sheet(SAMPLE_MEMBERS, seed=1)
