"""The pages of topics: the list with search, one topic, writing and editing it."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Missing, NotAllowed, Refusal, Stale
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.text import clean
from consult.core.web import store
from consult.files import files
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics import attachments, topics
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic

pages = Blueprint("topics", __name__)

Answer = str | Response | tuple[str, int]

LABELS = {
    "title": _l("Title"),
    "background": _l("Background"),
    "form": _l("Form of consultation"),
    "departments": _l("Responsible departments"),
}


class TopicForm(FlaskForm):  # type: ignore[misc]
    """What a topic says; `unit` is asked only of who works for several."""

    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    title = StringField(LABELS["title"])
    background = TextAreaField(LABELS["background"])
    form = SelectField(LABELS["form"], choices=[SelectChoice(one.value, one.label) for one in Form])
    departments = TextAreaField(LABELS["departments"])

    def said(self) -> topics.Matter:
        """What was typed. Refuses: Invalid."""
        departments = (self.departments.data or "").replace("、", "\n").splitlines()
        return topics.matter(
            self.title.data or "", self.background.data or "", self.form.data or "", departments
        )


@pages.get("/topics")
def index() -> str:
    """The topics of one's units, the last changed first."""
    actor = _staff()
    text = clean(request.args.get("q", "")[:60])
    with store().read() as work:
        found = topics.listed(work, actor, text)
        organizing = bool(units_under(work, actor, *ORGANIZING))
    units = {one.unit for one in found}
    return render_template(
        "topics/index.html",
        found=found,
        q=text,
        organizing=organizing,
        several=len(units) > 1,
        forms=Form,
        most=topics.MOST_FOUND,
    )


@pages.get("/topics/<int:topic_id>")
def topic(topic_id: int) -> str:
    """One topic."""
    actor = _staff()
    with store().read() as work:
        row, unit = topics.seen_by(work, actor, topic_id)
        attached = files.listed(work, actor, attachments.KIND, topic_id)
    return render_template(
        "topics/topic.html",
        topic=row,
        attached=attached,
        key=secrets.token_urlsafe(24),
        unit=unit,
        form=Form(row.form),
        organizing=actor.holds(unit.path, *ORGANIZING),
    )


@pages.route("/topics/new", methods=["GET", "POST"])
def new() -> Answer:
    """Writes a new topic."""
    actor, status = _staff(), 200
    with store().read() as work:
        units = units_under(work, actor, *ORGANIZING)
    if not units:
        raise NotAllowed
    form = TopicForm(data={"form": Form.REMOTE})
    form.unit.choices = [SelectChoice(unit.id, unit.name) for unit in units]
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if request.method == "POST":
        unit_id = form.unit.data if form.unit.data in [unit.id for unit in units] else units[0].id
        try:
            made = store().write(topics.create, actor, unit_id, form.said(), key)
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The topic is kept."))
            return redirect(url_for("topics.topic", topic_id=made.id))
    return render_template("topics/edit.html", form=form, key=key, units=units, topic=None), status


@pages.route("/topics/<int:topic_id>/edit", methods=["GET", "POST"])
def edit(topic_id: int) -> Answer:
    """Edits a topic; who comes second is shown what the first has changed, his own text stays."""
    actor, status = _staff(), 200
    row, unit = _editable(actor, topic_id)
    form = TopicForm(data=_typed(row))
    version = version_sent(request.form) if request.method == "POST" else row.version
    changed: list[edits.Edit] = []
    if request.method == "POST":
        try:
            store().write(topics.edit, actor, topic_id, version, form.said())
        except Stale as refusal:
            status = refusal.status
            row, unit = _editable(actor, topic_id)
            with store().read() as work:
                changed = edits.since(work, f"topic:{topic_id}", unit.id, version)
            version = row.version
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The topic is kept."))
            return redirect(url_for("topics.topic", topic_id=topic_id))
    now = {name: value for name, value in _typed(row).items() if value != _plain(form[name].data)}
    return render_template(
        "topics/edit.html",
        form=form,
        topic=row,
        units=[unit],
        version=version,
        changed=changed,
        now=now if status == Stale.status else {},
        labels=LABELS,
        forms={one.value: one.label for one in Form},
    ), status


def _staff() -> Actor:
    actor = current_actor()
    if not actor.staff:
        raise Missing
    return actor


def _editable(actor: Actor, topic_id: int) -> tuple[Topic, Unit]:
    with store().read() as work:
        row, unit = topics.seen_by(work, actor, topic_id)
    actor.require(unit.path, *ORGANIZING)
    return row, unit


def _typed(row: Topic) -> dict[str, str]:
    return {**asdict(topics.matter_of(row)), "departments": "\n".join(row.departments)}


def _plain(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()
