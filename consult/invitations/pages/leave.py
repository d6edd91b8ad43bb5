"""Deciding on leave: what waits for whoever is asked, and leave that an office gives by itself."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from consult.core.errors import Invalid, Missing
from consult.core.forms import shown_at_field
from consult.core.web import store
from consult.invitations import asking, waiting
from consult.invitations.leave import DECISIONS, ReasonType, Status
from consult.invitations.models import LeaveRequest
from consult.invitations.pages.blueprint import Answer, pages
from consult.meetings import access, moves
from consult.meetings.changes import LONGEST_REASON
from consult.meetings.models import Expected
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.members.models import Membership, Person


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """A word to who asked."""

    word = StringField(_l("A word to the member"))


class GivingForm(FlaskForm):  # type: ignore[misc]
    """Why leave is given."""

    reason = StringField(_l("Reason"))


@pages.get("/leave", endpoint="leave")
def index() -> Answer:
    """The requests that one may decide on, those that one is asked for first."""
    return _page(current_actor())


@pages.post("/leave/<int:request_id>")
def decide(request_id: int) -> Answer:
    """Decides on a request."""
    actor, form = current_actor(), DecisionForm()
    decision = request.form.get("do", "")
    with store().read() as work:
        asked = work.db.get(LeaveRequest, request_id)
    if asked is None:
        raise Missing
    label = str(ReasonType(asked.reason_type).label)
    kept_as = f"{label}（{asked.reason}）" if asked.reason else label
    try:
        done = store().write(asking.decide, actor, request_id, decision, form.word.data or "", kept_as)
    except Invalid as refusal:
        status = shown_at_field(form, refusal)
        return _page(actor, form, request_id), status
    flash(str(Status(done.status).label))
    if request.form.get("back") == "person":
        return redirect(_person(done.meeting_id, done.membership_id))
    return redirect(url_for("invitations.leave"))


@pages.route("/meetings/<int:meeting_id>/leave/<int:membership_id>", methods=["GET", "POST"])
def leave_for(meeting_id: int, membership_id: int) -> Answer:
    """Gives a member leave without being asked, or takes it back."""
    actor, form, status = current_actor(), GivingForm(), 200
    with store().read() as work:
        meeting = access.managed_by(work, actor, meeting_id)
        row = work.db.get(Expected, (meeting_id, membership_id))
        if row is None:
            raise Missing
        name = work.db.get_one(Person, row.person_id).name
        seat = work.db.get_one(Membership, membership_id)
        state = moves.state_now(meeting, work.now)
    if request.method == "POST":
        try:
            if request.form.get("do") == "back":
                store().write(asking.take_back, actor, meeting_id, membership_id)
            else:
                store().write(asking.give, actor, meeting_id, membership_id, form.reason.data or "")
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
        else:
            return redirect(_person(meeting_id, membership_id))
    return render_template(
        "invitations/leave_for.html", meeting=meeting, state=state, row=row, name=name, seat=seat, form=form,
        longest=LONGEST_REASON,
    ), status  # fmt: skip


def _page(actor: Actor, form: DecisionForm | None = None, sent: int | None = None) -> str:
    with store().read() as work:
        found = waiting.requests(work, actor)
        if not found and not actor.staff and not waiting.in_charge(work, actor):
            raise Missing
    return render_template(
        "invitations/leave.html",
        found=found,
        form=form,
        sent=sent,
        advisable=asking.advisable,
        reasons=ReasonType,
        decisions=DECISIONS,
        longest=LONGEST_REASON,
        most=waiting.MOST_SHOWN,
    )


def _person(meeting_id: int, membership_id: int) -> str:
    return url_for("invitations.person", meeting_id=meeting_id, membership_id=membership_id)
