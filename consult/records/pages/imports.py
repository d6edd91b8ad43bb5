"""Importing a sheet of records: the file, the preview, one click; and samples to fill in."""

from __future__ import annotations

import re
import secrets

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField

from consult.core import clock
from consult.core.clock import zone
from consult.core.errors import Invalid, Missing, Refusal, Stale
from consult.core.export import XLSX, Sheet, as_download, xlsx_bytes
from consult.core.forms import key_sent, shown_at_field
from consult.core.web import MAX_BODY, accepts_body, settings, store
from consult.members.current import current_actor
from consult.records import import_task, imports, recording
from consult.records.kinds import KINDS
from consult.records.pages.blueprint import pages
from consult.records.pages.reading import shown
from consult.records.pages.writing import Answer, kind_named, organized_unit
from consult.records.sheets import read_sheet, sample

ROWS_SHOWN = 500  # of each verdict
_CHOICE = re.compile(r"([0-9]{1,6}):(.{1,80})", re.DOTALL)
_NUMBER = re.compile("[0-9]{1,9}")


class SheetForm(FlaskForm):  # type: ignore[misc]
    """The file of a sheet."""

    file = FileField(_l("Sheet (.xlsx or .csv)"))


@pages.route("/records/import/<kind>", methods=["GET", "POST"])
@accepts_body(MAX_BODY)
def upload(kind: str) -> Answer:
    """Takes a sheet and goes on to its preview."""
    actor, form, status = current_actor(), SheetForm(), 200
    unit, _units = organized_unit(actor)
    chosen = kind_named(kind)
    if request.method == "POST":
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Invalid(_("Please choose a file."), field="file")
            sheet = read_sheet(sent.read(), sent.filename, chosen, recording.latest(clock.now()))
            kept = store().write(imports.preview, actor, unit.id, chosen, sent.filename, sheet)
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            return redirect(url_for("records.preview", import_id=kept.id))
    return render_template(
        "records/import.html", form=form, unit=unit, kind=KINDS[chosen], name=chosen
    ), status


@pages.get("/records/imports/<int:import_id>")
def preview(import_id: int) -> Answer:
    """What importing would do; after it, what it has done."""
    actor = current_actor()
    with store().read() as work:
        kept, unit = imports.found(work, actor, import_id)
    if kept.applied_at is not None:
        kind = KINDS[kind_named(kept.kind)]
        return render_template("records/import_done.html", kept=kept, unit=unit, kind=kind)
    return _preview(import_id)


@pages.post("/records/imports/<int:import_id>/apply")
def apply_import(import_id: int) -> Answer:
    """Imports all of it or nothing; a large sheet in the background, and goes on to how far that is."""
    actor, mark, chosen = current_actor(), request.form.get("mark", "")[:64], _chosen()
    with store().read() as work:
        large = import_task.is_large(work, actor, import_id)
    try:
        if large:
            key = key_sent(request.form)
            task = store().write(import_task.ask, actor, import_id, mark, chosen, str(get_locale()), key)
            return redirect(url_for("background.task", task_id=task.id))
        store().write(imports.apply, actor, import_id, mark, chosen)
    except (Invalid, Stale) as refusal:
        return _preview(import_id, refusal), refusal.status
    return redirect(url_for("records.preview", import_id=import_id))


@pages.get("/records/sample/<kind>.xlsx")
def sample_sheet(kind: str) -> FlaskResponse:
    """A sheet of that kind with two made-up rows, to be filled in."""
    chosen = kind_named(kind)
    if not current_actor().staff:
        raise Missing
    headings, examples = sample(chosen)
    label = str(KINDS[chosen].label)
    body = xlsx_bytes([Sheet(label, headings, examples)], zone=zone(settings().zone))
    return FlaskResponse(body, mimetype=XLSX, headers=as_download(f"{label}.xlsx", f"{chosen}.xlsx"))


def _preview(import_id: int, refusal: Refusal | None = None) -> str:
    with store().read() as work:
        plan = imports.look(work, current_actor(), import_id)
    return render_template(
        "records/import_preview.html",
        shown=plan,
        kind=KINDS[plan.kind],
        unit=plan.unit,
        refusal=refusal,
        limit=ROWS_SHOWN,
        in_words=lambda field, text: shown(plan.kind, field, text) if text else "",
        chosen=_chosen(),
        key=secrets.token_urlsafe(),
    )


def _chosen() -> dict[tuple[int, str], int]:
    """For each doubtful name of a row the membership that was ticked."""
    found = {}
    for name, value in request.form.items():
        match = _CHOICE.fullmatch(name)
        if match and _NUMBER.fullmatch(value):
            found[int(match[1]), match[2]] = int(value)
    return found
