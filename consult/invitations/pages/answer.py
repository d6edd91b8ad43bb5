"""The member's own page: what, when, where, and two or three large buttons to answer with."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, NotNow
from consult.core.forms import shown_at_field
from consult.core.web import store
from consult.invitations import answering, asking, leave, standing
from consult.invitations.card import card_of
from consult.invitations.leave import LONGEST_REASON, ReasonType
from consult.invitations.pages.blueprint import DONE, Answer, pages, wish_sent
from consult.meetings import access
from consult.members.access import Actor
from consult.members.current import current_actor


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """Why one asks for leave."""

    reason_type = RadioField(
        _l("Why"),
        choices=[SelectChoice(one.value, one.label) for one in ReasonType],
        validate_choice=False,
    )
    reason = StringField(_l("In your words"))


@pages.route("/meetings/<int:meeting_id>/answer", methods=["GET", "POST"])
def answer(meeting_id: int) -> Answer:
    """Shows the invitation and takes the answer to it."""
    actor = current_actor()
    if request.method == "GET":
        return _page(actor, meeting_id)
    wish = wish_sent(request.form.get("do"))
    try:
        said = store().write(answering.answer, actor, meeting_id, wish)
    except NotNow as refusal:
        return _page(actor, meeting_id, refusal), refusal.status
    _said(str(DONE[said]))
    return _back(meeting_id)


@pages.route("/meetings/<int:meeting_id>/leave", methods=["GET", "POST"])
def ask_leave(meeting_id: int) -> Answer:
    """Asks for leave; first of all it offers to attend remotely instead."""
    actor, form, status = current_actor(), LeaveForm(), 200
    if request.method == "POST":
        try:
            kind, text = form.reason_type.data or "", form.reason.data or ""
            store().write(asking.ask, actor, meeting_id, kind, text)
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
        except NotNow as refusal:
            return _page(actor, meeting_id, refusal), refusal.status
        else:
            _said(str(_l("Your request has been sent.")))
            return _back(meeting_id)
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        one = standing.invited_to(work, meeting, actor.person_id)
        left = leave.MOST_REQUESTS - asking.asked_so_far(work, meeting_id, actor.person_id)
    page = render_template(
        "invitations/ask_leave.html",
        one=one, meeting=meeting, form=form, left=left, longest=LONGEST_REASON,
        remote=standing.remote_instead(meeting), back=request.args.get("back", ""),
    )  # fmt: skip
    return page, status


@pages.post("/leave/<int:request_id>/withdraw")
def withdraw(request_id: int) -> Answer:
    """Takes one's own request back."""
    taken = store().write(asking.withdraw, current_actor(), request_id)
    _said(str(_l("Your request is withdrawn.")))
    return _back(taken.meeting_id)


def _page(actor: Actor, meeting_id: int, refused: NotNow | None = None) -> str:
    """The invitation as its holder sees it; what he can't do any more is said in place of the buttons."""
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        one = standing.invited_to(work, meeting, actor.person_id)
        return render_template("invitations/answer.html", card=card_of(work, one, refused), meeting=meeting)


def _back(meeting_id: int) -> Response:
    """To where he answered: the room, his first page, or the invitation."""
    pages_of = {"room": url_for("live.room", meeting_id=meeting_id), "home": url_for("home.index")}
    own = url_for("invitations.answer", meeting_id=meeting_id)
    return redirect(pages_of.get(request.values.get("back", ""), own))


def _said(words: str) -> None:
    """Tells him that it is done; the room shows it by itself, beside the buttons."""
    if request.values.get("back") != "room":
        flash(words)
