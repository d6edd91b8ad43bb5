"""The member's own page: what, when, where, and two or three large buttons to answer with."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, NotNow
from consult.core.forms import shown_at_field
from consult.core.store import Work
from consult.core.web import store
from consult.invitations import answering, asking, leave, queue, standing
from consult.invitations.leave import LONGEST_REASON, ReasonType
from consult.invitations.pages.blueprint import DONE, Answer, pages, wish_sent
from consult.invitations.standing import Invited
from consult.meetings import access, invited
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.members.models import Unit


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
    flash(str(DONE[said]))
    if request.form.get("back") == "home":
        return redirect(url_for("home.index"))
    return redirect(url_for("invitations.answer", meeting_id=meeting_id))


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
            flash(str(_l("Your request has been sent.")))
            return redirect(url_for("invitations.answer", meeting_id=meeting_id))
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        one = standing.invited_to(work, meeting, actor.person_id)
        left = leave.MOST_REQUESTS - asking.asked_so_far(work, meeting_id, actor.person_id)
    page = render_template(
        "invitations/ask_leave.html",
        one=one, meeting=meeting, form=form, left=left, longest=LONGEST_REASON,
        remote=standing.remote_instead(meeting),
    )  # fmt: skip
    return page, status


@pages.post("/leave/<int:request_id>/withdraw")
def withdraw(request_id: int) -> Answer:
    """Takes one's own request back."""
    taken = store().write(asking.withdraw, current_actor(), request_id)
    flash(str(_l("Your request is withdrawn.")))
    return redirect(url_for("invitations.answer", meeting_id=taken.meeting_id))


def _page(actor: Actor, meeting_id: int, refused: NotNow | None = None) -> str:
    """The invitation as its holder sees it; what he can't do any more is said in place of the buttons."""
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        one = standing.invited_to(work, meeting, actor.person_id)
        requests = queue.requests_of(work, meeting_id, actor.person_id)
        return render_template(
            "invitations/answer.html",
            one=one,
            meeting=meeting,
            venue=invited.venues(work, actor.person_id, [meeting_id]).get(meeting_id),
            host=work.db.get_one(Unit, meeting.host_id).name,
            refused=refused or _closed(work, one),
            deadline=standing.deadline_of(meeting),
            remote=standing.remote_instead(meeting),
            requests=requests,
            may_ask=not one.by_sign_up and one.pending is None and len(requests) < leave.MOST_REQUESTS,
            places=invited.places_left(work, meeting) if one.by_sign_up and not one.row.observer else None,
            turn=queue.turn_of(work, one),
            reasons=ReasonType,
            now=work.now,
        )


def _closed(work: Work, one: Invited) -> NotNow | None:
    """Why nothing can be answered; None while it can."""
    try:
        standing.require_answerable(work, one)
    except NotNow as refusal:
        return refusal
    return None
