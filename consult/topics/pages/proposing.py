"""A member's pages: proposing a topic, changing and withdrawing it, seconding another's."""

from __future__ import annotations

import secrets

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid, NotAllowed, NotNow, Stale
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.web import store
from consult.members.current import current_actor
from consult.topics import calls, proposals
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic
from consult.topics.pages.blueprint import Answer, ProposalForm, own_view, pages


@pages.route("/topics/calls/<int:call_id>/propose", methods=["GET", "POST"])
def propose(call_id: int) -> Answer:
    """A member proposes a topic."""
    actor, status = current_actor(), 200
    with store().read() as work:
        call, unit = calls.joined_by(work, actor, call_id)
        phase = calls.phase(call, work.now)
        own = proposals.own_count(work, actor, call_id)
    form = ProposalForm(data={"form": Form.REMOTE})
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if request.method == "POST":
        try:
            made = store().write(proposals.propose, actor, call_id, form.said(), key)
        except (Invalid, NotNow, Stale) as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            flash(_("Your proposal has reached the office. Thank you."))
            return redirect(url_for("topics.topic", topic_id=made.id, view=own_view(actor)))
    return render_template(
        "topics/propose.html", form=form, key=key, call=call, unit=unit, phase=phase, own=own,
        most=proposals.MOST_PROPOSALS, topic=None,
    ), status  # fmt: skip


@pages.route("/topics/<int:topic_id>/revise", methods=["GET", "POST"])
def revise(topic_id: int) -> Answer:
    """A member changes his own proposal."""
    actor, status = current_actor(), 200
    with store().read() as work:
        one = proposals.one(work, actor, topic_id)
        if not one.mine or one.topic.call_id is None:
            raise NotAllowed
        call, unit = calls.joined_by(work, actor, one.topic.call_id)
        phase = calls.phase(call, work.now)
    form = ProposalForm(data=_typed(one.topic))
    version = version_sent(request.form) if request.method == "POST" else one.topic.version
    if request.method == "POST":
        try:
            store().write(proposals.revise, actor, topic_id, version, form.said())
        except (Invalid, NotNow, Stale) as refusal:
            status = shown_at_field(form, refusal, "title")
            version = one.topic.version
        else:
            flash(_("Your change is kept."))
            return redirect(url_for("topics.topic", topic_id=topic_id, view=own_view(actor)))
    return render_template(
        "topics/propose.html", form=form, version=version, call=call, unit=unit, phase=phase, topic=one.topic,
        own=0, most=proposals.MOST_PROPOSALS,
    ), status  # fmt: skip


@pages.post("/topics/<int:topic_id>/withdraw")
def withdraw(topic_id: int) -> Response:
    """A member takes his own proposal back."""
    store().write(proposals.withdraw, current_actor(), topic_id, version_sent(request.form))
    flash(_("Your proposal is withdrawn."))
    return redirect(url_for("topics.mine"))


@pages.post("/topics/<int:topic_id>/<any(second, unsecond):how>")
def second(topic_id: int, how: str) -> Response:
    """A member seconds another's topic, or no longer."""
    actor = current_actor()
    verb = proposals.second if how == "second" else proposals.unsecond
    try:
        topic = store().write(verb, actor, topic_id)
    except (NotAllowed, NotNow) as refusal:
        with store().read() as work:  # somebody came a minute too late: say so where he was
            topic, _unit = proposals.read_by(work, actor, topic_id)
        flash(str(refusal), "warn")
    else:
        flash(
            _("You second “%(topic)s”.", topic=topic.title)
            if how == "second"
            else _("You no longer second “%(topic)s”.", topic=topic.title)
        )
    if request.form.get("from") == "call":
        return redirect(
            url_for("topics.call", call_id=topic.call_id, _anchor=f"topic-{topic_id}", view=own_view(actor))
        )
    return redirect(url_for("topics.topic", topic_id=topic_id, view=own_view(actor)))


def _typed(row: Topic) -> dict[str, object]:
    return {
        "title": row.title,
        "background": row.background,
        "form": row.form,
        "departments": "\n".join(row.departments),
    }
