"""What scanning the big screen opens on one's own phone: at once a ticket, then one large button.

Who is not signed in yet signs in first; his browser keeps a receipt of the scan in the meantime, in a cookie,
so that it can't be passed on with the address.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from consult.checkins import codes, tickets, venue
from consult.checkins.pages.blueprint import Answer, key, pages
from consult.core import clock
from consult.core.errors import Busy, Refusal, SignInRequired
from consult.core.web import settings, store, wants_json
from consult.members.current import known, signed_in

RECEIPT = "scan"


@pages.get("/c/<token>")
def scanned(token: str) -> Answer:
    """Changes the scan into the reader's ticket; has him sign in first."""
    me = known()
    if me is None:
        return _sign_in_first(token)
    try:
        at = codes.scanned_at(key(), token, request.cookies.get(RECEIPT, ""), clock.now())
        ticket = store().write(tickets.scan, me.actor, key(), token, at)
    except Refusal as refusal:
        return _refused(refusal)
    answer = redirect(url_for("checkins.ticket", ticket_id=ticket.id))
    answer.delete_cookie(RECEIPT, path="/c/")
    return answer


@pages.get("/checkin/<int:ticket_id>")
def ticket(ticket_id: int) -> Answer:
    """Meeting, name, and the button."""
    me = signed_in()
    try:
        with store().read() as work:
            found = tickets.look(work, me.actor, ticket_id)
            meeting, seat = venue.meeting_of(work, me.actor, found.meeting_id)
            here = venue.checked_in(work, me.actor.person_id, meeting.id)
            if here is None:
                tickets.require_good(work, found)
    except Refusal as refusal:
        return _refused(refusal)
    if here is not None:
        return redirect(url_for("checkins.own", meeting_id=meeting.id))
    if not me.consented:
        return redirect(url_for("members.consent", next=request.path))
    return render_template(
        "checkins/ticket.html", ticket=found, meeting=meeting, seat=seat, name=me.actor.name
    )


@pages.post("/checkin/<int:ticket_id>")
def use(ticket_id: int) -> Answer:
    """Checks in."""
    me = signed_in()
    try:
        used = store().write(tickets.use, me.actor, ticket_id, me.sign_in_id)
    except Refusal as refusal:
        return _refused(refusal)
    return redirect(url_for("checkins.own", meeting_id=used.meeting_id))


def _sign_in_first(token: str) -> Answer:
    try:
        kept = codes.receipt(key(), token, clock.now())
    except Refusal as refusal:
        return _refused(refusal)
    answer = redirect(url_for("members.sign_in", next=request.path))
    answer.set_cookie(
        RECEIPT,
        kept,
        max_age=codes.SIGN_IN_WITHIN,
        path="/c/",
        secure=settings().production,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _refused(refusal: Refusal) -> Answer:
    """A refusal to somebody who stands before the screen."""
    if wants_json() or isinstance(refusal, (SignInRequired, Busy)):
        raise refusal
    return render_template("checkins/refused.html", refusal=refusal), refusal.status
