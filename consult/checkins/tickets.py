"""From a scanned code to a check-in: at once a ticket of one's own, then, at one's leisure, one press."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError

from consult.attendance.intervals import Channel
from consult.checkins import codes, venue
from consult.checkins.models import Ticket
from consult.core.errors import Missing, NotAllowed, NotNow
from consult.core.store import Work
from consult.members.access import Actor

LASTS = timedelta(minutes=2)  # for fingers that are slow
PRESSED_AGAIN = timedelta(seconds=10)  # a nervous finger presses twice; both presses mean the same


class UsedTicket(NotNow):
    """The ticket has been used before."""

    default = _l(
        "With this scan somebody has checked in already; it can't be used again. "
        "If it was not you, please scan the code that the big screen shows now."
    )


def scan(work: Work, actor: Actor, key: bytes, token: str, scanned_at: datetime) -> Ticket:
    """The actor's own ticket for the code that he scanned then; the same one for scanning it again.

    Refuses: Missing, for what is no code of ours; OldCode; NotAllowed, when the meeting isn't his; NotNow.
    """
    found = codes.read(key, token, scanned_at)
    meeting, _seat = venue.meeting_of(work, actor, found.meeting_id)
    venue.require_counting(work, meeting)
    own = select(Ticket).where(
        Ticket.person_id == actor.person_id, Ticket.meeting_id == meeting.id, Ticket.slot == found.slot
    )
    ticket = work.db.scalars(own).first()
    if ticket is not None:
        return ticket
    ticket = Ticket(
        meeting_id=meeting.id,
        person_id=actor.person_id,
        slot=found.slot,
        scanned_at=scanned_at,
        expires_at=work.now + LASTS,
    )
    try:
        with work.db.begin_nested():
            work.db.add(ticket)
    except IntegrityError:  # another process was quicker
        return work.db.scalars(own).one()
    return ticket


def look(work: Work, actor: Actor, ticket_id: int) -> Ticket:
    """The actor's ticket, whatever has become of it. Refuses: Missing; NotAllowed, when it is another's."""
    ticket = work.db.get(Ticket, ticket_id)
    if ticket is None:
        raise Missing(_l("There is no such check-in. Please scan the code on the big screen."))
    if ticket.person_id != actor.person_id:
        raise NotAllowed(
            _l("This check-in is another member's. Please scan the code on the big screen yourself.")
        )
    return ticket


def require_good(work: Work, ticket: Ticket) -> None:
    """Refuses (UsedTicket, OldCode) a ticket that can't be used now."""
    if ticket.used_at is not None:
        raise UsedTicket
    if ticket.expires_at <= work.now:
        raise codes.OldCode(_l("That took too long. Please scan the code that the big screen shows now."))


def use(work: Work, actor: Actor, ticket_id: int, sign_in_id: int | None) -> Ticket:
    """Checks the actor in by his ticket, which is used up.

    Both halves of a double press have the one check-in. Refuses: Missing; NotAllowed (another's ticket, not
    his meeting, no consent yet); UsedTicket; OldCode; NotNow.
    """
    ticket = look(work, actor, ticket_id)
    if _pressed_again(work, ticket):
        return ticket
    require_good(work, ticket)
    used: CursorResult[object] = work.db.execute(  # type: ignore[assignment]
        update(Ticket).where(Ticket.id == ticket_id, Ticket.used_at.is_(None)).values(used_at=work.now)
    )
    work.db.refresh(ticket)
    if used.rowcount == 0:  # by the other half of a double press, in another process
        if _pressed_again(work, ticket):
            return ticket
        raise UsedTicket
    venue.check_in(work, actor, ticket.meeting_id, Channel.QR, sign_in_id)
    return ticket


def _pressed_again(work: Work, ticket: Ticket) -> bool:
    return ticket.used_at is not None and work.now < ticket.used_at + PRESSED_AGAIN
