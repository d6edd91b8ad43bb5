"""Writing records down: choosing the kind, the form, voiding and restoring."""

from __future__ import annotations

import secrets
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core import clock
from consult.core.errors import Missing, Refusal, Stale
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.web import settings, store
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.records import recording, rows
from consult.records.entries import entry_of, texts_of
from consult.records.kinds import FIELDS, KINDS, Kind
from consult.records.pages.blueprint import pages
from consult.records.pages.reading import shown

Answer = str | Response | tuple[str, int]

GROUPS = (
    (_l("What"), ("variety", "number", "title", "day", "host", "place", "series", "occasion")),
    (_l("Who"), ("authors", "joint", "led_by", "members", "staff")),
    (_l("How many"), ("more_members", "more_staff", "public", "visited", "treated", "brochures")),
    (
        _l("What became of it"),
        ("filed", "departments", "met_on", "replied_on", "rating", "adopted", "instruction"),
    ),
    (_l("Besides"), ("year", "note")),
)
"""The fields as the form groups them; each kind shows those it takes."""

WIDE = frozenset(
    field for field, told in FIELDS.items() if field == "title" or told.sort in ("text", "list", "people")
)


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why a record is voided."""

    reason = StringField(_l("Reason"))


class RecordForm(FlaskForm):  # type: ignore[misc]
    """The form of a kind; `form_of` gives it the kind's fields."""

    kind: Kind

    def texts(self) -> dict[str, str]:
        """What was typed, by field."""
        return {
            field: self[field].raw_data[0] if self[field].raw_data else ""
            for field in KINDS[self.kind].fields
        }


@pages.get("/records/new")
def choose() -> str:
    """Which kind of record is to be written down or imported."""
    unit, units = organized_unit(current_actor())
    return render_template("records/choose.html", unit=unit, units=units, kinds=KINDS)


@pages.route("/records/new/<kind>", methods=["GET", "POST"])
def new(kind: str) -> Answer:
    """Writes a record down."""
    actor, status = current_actor(), 200
    unit, _units = organized_unit(actor)
    form = form_of(kind_named(kind), {"day": _today().isoformat()})
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if request.method == "POST":
        try:
            entry = entry_of(form.kind, form.texts(), recording.latest(clock.now()))
            made = store().write(recording.create, actor, unit.id, entry, key)
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The record is kept."))
            return redirect(url_for("records.record", record_id=made.id))
    return render_template("records/edit.html", unit=unit, record=None, key=key, **_shown(form, unit)), status


@pages.route("/records/<int:record_id>/edit", methods=["GET", "POST"])
def edit(record_id: int) -> Answer:
    """Corrects a record; who comes second is shown what the first has changed, his own text stays."""
    actor, status = current_actor(), 200
    row = _editable(actor, record_id)
    kept = _typed(row)
    form = form_of(row.kind, kept)
    version = version_sent(request.form) if request.method == "POST" else row.record.version
    changed: list[edits.Edit] = []
    if request.method == "POST":
        try:
            entry = entry_of(form.kind, form.texts(), recording.latest(clock.now()))
            store().write(recording.edit, actor, record_id, version, entry)
        except Stale as refusal:
            status = refusal.status
            row = _editable(actor, record_id)
            kept = _typed(row)
            with store().read() as work:
                changed = edits.since(work, rows.subject(record_id), row.unit.id, version)
            version = row.record.version
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The record is kept."))
            return redirect(url_for("records.record", record_id=record_id))
    differing = {name: text for name, text in kept.items() if changed and text != form.texts()[name]}
    return render_template(
        "records/edit.html",
        unit=row.unit,
        record=row.record,
        version=version,
        changed=changed,
        now={name: shown(row.kind, name, text) if text else "" for name, text in differing.items()},
        labels={name: str(KINDS[row.kind].label_of(name)) for name in kept},
        **_shown(form, row.unit),
    ), status


@pages.route("/records/<int:record_id>/void", methods=["GET", "POST"])
def void(record_id: int) -> Answer:
    """Takes a record out of all figures, with a reason."""
    actor, form, status = current_actor(), ReasonForm(), 200
    row = _editable(actor, record_id)
    if request.method == "POST":
        try:
            store().write(
                recording.void, actor, record_id, version_sent(request.form), form.reason.data or ""
            )
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The record is voided and no longer counted."))
            return redirect(url_for("records.record", record_id=record_id))
    return render_template("records/void.html", form=form, row=row), status


@pages.post("/records/<int:record_id>/restore")
def restore(record_id: int) -> Response:
    """Lets a voided record count again."""
    store().write(recording.restore, current_actor(), record_id, version_sent(request.form))
    flash(_("The record is restored and counted again."))
    return redirect(url_for("records.record", record_id=record_id))


def form_of(kind: Kind, kept: dict[str, str]) -> RecordForm:
    """The form with the kind's fields, filled with what is kept."""
    fields = {field: _field(kind, field) for field in KINDS[kind].fields}
    made: type[RecordForm] = type("KindForm", (RecordForm,), {**fields, "kind": kind})
    data: dict[str, Any] = dict(kept)
    for field in KINDS[kind].fields:
        if FIELDS[field].sort == "day":
            data[field] = date.fromisoformat(kept[field]) if kept.get(field) else None
    return made(data=data)


def _field(kind: Kind, field: str) -> Any:
    told, label = FIELDS[field], KINDS[kind].label_of(field)
    choices = [SelectChoice(value, one.label) for value, one in KINDS[kind].choices_of(field).items()]
    match told.sort:
        case "choice":
            nothing = _l("Our own unit") if field == "host" else _l("Not said")
            first = SelectChoice("", _l("Please choose") if field == "variety" else nothing)
            return SelectField(label, choices=[first, *choices], validate_choice=False)
        case "yes_no":
            both = [SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))]
            return SelectField(
                label, choices=[SelectChoice("", _l("Not decided yet")), *both], validate_choice=False
            )
        case "day":
            return DateField(label)
        case "text" | "people" | "list":
            return TextAreaField(label)
        case _:
            return StringField(label)


def _shown(form: RecordForm, unit: Unit) -> dict[str, Any]:
    """What the form's page needs: the fields in groups, and the series that have been named so far."""
    with store().read() as work:
        series = rows.series_of(work, unit.id) if "series" in KINDS[form.kind].fields else []
    takes = KINDS[form.kind].fields
    groups = [(legend, [one for one in fields if one in takes]) for legend, fields in GROUPS]
    return {
        "form": form,
        "kind": KINDS[form.kind],
        "groups": [(legend, _runs(names)) for legend, names in groups if names],
        "sorts": FIELDS,
        "series": series,
    }


def _runs(names: list[str]) -> list[list[str]]:
    """The fields as they stand below each other; short ones that follow each other stand side by side."""
    runs = ((wide, list(run)) for wide, run in groupby(names, key=lambda name: name in WIDE))
    return [one for wide, run in runs for one in ([[name] for name in run] if wide else [run])]


def organized_unit(actor: Actor) -> tuple[Unit, list[Unit]]:
    """The unit that the address names, or the first the actor organizes. Refuses: Missing, NotAllowed."""
    wanted = request.values.get("unit", type=int)
    with store().read() as work:
        units = units_under(work, actor, *ORGANIZING)
        if wanted is not None:
            unit = unit_for(work, actor, wanted, *READING)
            actor.require(unit.path, *ORGANIZING)
            return unit, units
    if not units:
        raise Missing
    return units[0], units


def _editable(actor: Actor, record_id: int) -> rows.Row:
    with store().read() as work:
        row = rows.seen_by(work, actor, record_id)
    actor.require(row.unit.path, *ORGANIZING)
    return row


def _typed(row: rows.Row) -> dict[str, str]:
    """What the record says, as its form shows it: the year only where it is not that of the date."""
    texts = texts_of(rows.entry_of_row(row))
    return {**texts, "year": "" if row.record.year == row.record.day.year else texts["year"]}


def kind_named(name: str) -> Kind:
    """The kind that an address names. Refuses: Missing."""
    if name not in list(Kind):
        raise Missing
    return Kind(name)


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(settings().zone)).date()
