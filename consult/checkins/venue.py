"""Being at the venue, as the ledger has it: from checking in until the meeting ends, or one leaves early."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from consult.attendance import ledger
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Presence
from consult.core.errors import Missing, NotAllowed, NotNow
from consult.core.i18n import local
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.access import seen_by
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import Meeting
from consult.meetings.standing import Standing, standing_of
from consult.members.access import Actor, require_consent

CHECKED_IN = (Channel.QR, Channel.CODE)
"""How one checks oneself in at the venue."""

_NOT_YOURS = _l("You are not among those called to this meeting. If that is wrong, please ask its office.")


def meeting_of(work: Work, actor: Actor, meeting_id: int) -> tuple[Meeting, Standing]:
    """The meeting at which the actor may check in, and as whom he is counted there.

    Refuses: NotAllowed, in words for somebody at the door, when the meeting isn't his.
    """
    try:
        meeting = seen_by(work, actor, meeting_id)
    except Missing:
        raise NotAllowed(_NOT_YOURS) from None
    seat = standing_of(work, actor.person_id, meeting)
    if seat is None:
        raise NotAllowed(_NOT_YOURS)
    return meeting, seat


def require_counting(work: Work, meeting: Meeting) -> None:
    """Refuses (NotNow), saying from when or that it is over, unless the meeting counts who is there."""
    state = moves.state_now(meeting, work.now)
    if moves.allowed(meeting, work.now, Act.BE_COUNTED):
        return
    if state is State.SCHEDULED:
        begins = meeting.opens_at - timedelta(minutes=meeting.lobby_minutes)
        when = LazyString(local, begins, meeting.zone)
        raise NotNow(_l("Check-in begins at %(when)s. Please come back to the screen then.", when=when))
    if state in (State.CLOSED, State.SETTLED, State.ARCHIVED):
        raise NotNow(_l("This meeting has ended; one can't check in any more."))
    raise NotNow(_l("This meeting is not held now, so one can't check in. Please ask its office."))


def check_in(work: Work, actor: Actor, meeting_id: int, channel: Channel, sign_in_id: int | None) -> int:
    """He is at the venue from now on; returns his presence, the one that he has if he checked in before.

    Refuses: NotAllowed (not his meeting, no consent yet), NotNow.
    """
    require_consent(actor)
    meeting, _seat = meeting_of(work, actor, meeting_id)
    require_counting(work, meeting)
    here = checked_in(work, actor.person_id, meeting_id)
    if here is not None:
        return here.id
    presence_id = ledger.join(work, actor, meeting_id, channel, ledger.NO_PROCESS, sign_in_id)
    if presence_id is None:  # it can't be: `require_counting` has just asked the same
        raise NotNow
    return presence_id


def check_out(work: Work, actor: Actor, meeting_id: int) -> None:
    """He leaves before the end. Refuses: NotAllowed; NotNow, when he is not checked in."""
    meeting_of(work, actor, meeting_id)
    here = checked_in(work, actor.person_id, meeting_id)
    if here is None:
        raise NotNow(_l("You are not checked in at this meeting, so there is nothing to end."))
    ledger.leave(work, here.id, work.now, Ended.LEFT)


def checked_in(work: Work, person_id: int, meeting_id: int) -> Presence | None:
    """The person's check-in that lasts."""
    return work.db.scalars(
        select(Presence)
        .where(Presence.person_id == person_id, Presence.meeting_id == meeting_id)
        .where(Presence.channel.in_(CHECKED_IN))
        .where(Presence.left_at.is_(None), Presence.voided_at.is_(None))
        .order_by(Presence.id)
    ).first()
