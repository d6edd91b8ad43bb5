"""A member's own page of a meeting's check-in: whether he is checked in, the six digits, leaving early."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from consult.checkins import digits, venue
from consult.checkins.pages.blueprint import MEETING, Answer, key, pages
from consult.core import clock
from consult.core.errors import Invalid, NotNow, TooFast
from consult.core.forms import shown_at_field
from consult.core.web import store
from consult.meetings import invited
from consult.members.current import SignedIn, signed_in


class DigitsForm(FlaskForm):  # type: ignore[misc]
    """The six digits on the big screen."""

    code = StringField(_l("The six digits on the screen"))


@pages.route(MEETING, methods=["GET", "POST"])
def own(meeting_id: int) -> Answer:
    """Shows whether the reader is checked in, and takes the six digits."""
    me, form, status = signed_in(), DigitsForm(), 200
    if not me.consented:
        return redirect(url_for("members.consent", next=request.path))
    if request.method == "POST":
        try:
            typed = form.code.data or ""
            digits.enter(store(), clock.now(), me.actor, key(), meeting_id, typed, me.sign_in_id)
        except (Invalid, TooFast) as refusal:
            status = shown_at_field(form, refusal, "code")
        else:
            return redirect(url_for("checkins.own", meeting_id=meeting_id))
    return _page(me, meeting_id, form), status


@pages.post(MEETING + "/leave")
def leave(meeting_id: int) -> Answer:
    """Ends the check-in before the meeting does."""
    store().write(venue.check_out, signed_in().actor, meeting_id)
    flash(_("Noted: you have left. If you come back, please check in again."))
    return redirect(url_for("checkins.own", meeting_id=meeting_id))


def _page(me: SignedIn, meeting_id: int, form: DigitsForm) -> str:
    with store().read() as work:
        meeting, seat = venue.meeting_of(work, me.actor, meeting_id)
        here = venue.checked_in(work, me.actor.person_id, meeting_id)
        place = invited.venues(work, me.actor.person_id, [meeting_id]).get(meeting_id)
        closed = None
        try:
            venue.require_counting(work, meeting)
        except NotNow as refusal:
            closed = refusal
    return render_template(
        "checkins/own.html",
        meeting=meeting, seat=seat, check_in=here, place=place, closed=closed, form=form, name=me.actor.name,
    )  # fmt: skip
