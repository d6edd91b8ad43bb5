"""The office's pages of topics: the list with search, one topic, writing and editing it."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Missing, NotAllowed, Refusal, Stale
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.text import clean
from consult.core.web import store
from consult.files import files
from consult.files.models import Purpose
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics import attachments, calls, life, proposals, topics
from consult.topics.forms_of_consultation import Form
from consult.topics.life import State
from consult.topics.models import Call, Topic
from consult.topics.pages.blueprint import LABELS, Answer, TopicForm, as_member, pages, staff


@pages.get("/topics")
def index() -> Answer:
    """The topics of one's units, the last changed first; to a member, the calls and what he has proposed."""
    actor = current_actor()
    if not actor.staff:
        return mine()
    text = clean(request.args.get("q", "")[:60])
    state = request.args.get("state", "")
    states = tuple(one for one in State if state in ("", one))
    with store().read() as work:
        found = topics.listed(work, actor, text, states or tuple(State))
        organizing = bool(units_under(work, actor, *ORGANIZING))
        backing = proposals.backing(work, [one.topic.id for one in found])
    units = {one.unit for one in found}
    return render_template(
        "topics/index.html",
        found=found,
        backing=backing,
        q=text,
        state=state,
        states=State,
        organizing=organizing,
        several=len(units) > 1,
        forms=Form,
        most=topics.MOST_FOUND,
    )


@pages.get("/topics/mine")
def mine() -> Answer:
    """A member's calls, and what became of what he has proposed."""
    actor = current_actor()
    if not actor.seats:
        raise Missing
    with store().read() as work:
        found = calls.for_member(work, actor)
        own = proposals.own(work, actor)
    return render_template(
        "topics/mine.html",
        open_calls=[one for one in reversed(found) if one.phase is calls.Phase.OPEN],
        closed=[one for one in found if one.phase is calls.Phase.CLOSED],
        own=own,
        most=proposals.MOST_PROPOSALS,
    )


@pages.get("/topics/<int:topic_id>")
def topic(topic_id: int) -> Answer:
    """One topic, as the office or as a member reads it."""
    actor = current_actor()
    with store().read() as work:
        row, unit = proposals.read_by(work, actor, topic_id)
        attached = files.listed(work, actor, attachments.KIND, topic_id, Purpose.ATTACHMENT)
        if as_member(actor, unit.path):
            one = proposals.one(work, actor, topic_id)
            return render_template("topics/proposal.html", one=one, unit=unit, attached=attached)
        backing = proposals.backing(work, [row.id])[row.id]
        into = work.db.get(Topic, row.merged_into_id) if row.merged_into_id else None
        merged = topics.merged_into(work, row.id)
        call = work.db.get(Call, row.call_id) if row.call_id else None
    return render_template(
        "topics/topic.html",
        topic=row,
        attached=attached,
        key=secrets.token_urlsafe(24),
        unit=unit,
        form=Form(row.form),
        backing=backing,
        into=into,
        merged=merged,
        call=call,
        moves=life.moves_from(State(row.state)),
        alive=State(row.state) in life.ALIVE,
        organizing=actor.holds(unit.path, *ORGANIZING),
    )


@pages.route("/topics/new", methods=["GET", "POST"])
def new() -> Answer:
    """Writes a new topic."""
    actor, status = staff(), 200
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
    actor, status = staff(), 200
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


def _editable(actor: Actor, topic_id: int) -> tuple[Topic, Unit]:
    with store().read() as work:
        row, unit = topics.seen_by(work, actor, topic_id)
    actor.require(unit.path, *ORGANIZING)
    return row, unit


def _typed(row: Topic) -> dict[str, str]:
    return {**asdict(topics.matter_of(row)), "departments": "\n".join(row.departments)}


def _plain(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()
