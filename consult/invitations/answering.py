"""Answering an invitation: oneself until the deadline, or through an office that was told on the phone."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow
from consult.core.store import Work
from consult.invitations import standing
from consult.invitations.leave import Status
from consult.invitations.standing import RECORDING, Invited, Stand
from consult.meetings import invited
from consult.meetings.changes import not_now
from consult.meetings.models import Answer, Invitation
from consult.members import audit
from consult.members.access import Actor


class Wish(enum.StrEnum):
    """What somebody answers."""

    COME = "come"
    REMOTE = "remote"
    DECLINE = "decline"


def answer(work: Work, actor: Actor, meeting_id: int, wish: Wish) -> Answer:
    """Answers the actor's own invitation; returns what it came to, for he may have to wait for a place.

    An undecided request for leave is withdrawn by it. Who withdraws leaves his place to whoever waited
    longest. Refuses: Missing, when he isn't invited; NotNow, after the deadline, outside ANSWERING and once
    leave was granted; Invalid, for what this meeting does not offer.
    """
    meeting = standing.locked(work, actor, meeting_id)
    one = standing.invited_to(work, meeting, actor.person_id)
    standing.require_answerable(work, one)
    return _answered(work, one, wish)


def answer_for(work: Work, actor: Actor, meeting_id: int, membership_id: int, wish: Wish) -> Answer:
    """Writes down what somebody told an office that may speak for him; the audit trail says who did.

    Refuses: Missing, NotAllowed, NotNow, once the meeting is over or while he has leave, Invalid.
    """
    one = office_looks_up(work, actor, meeting_id, membership_id)
    if one.state not in RECORDING:
        raise not_now(one.state)
    if one.stand is Stand.LEAVE:
        raise NotNow(_l("Leave has been granted. Please take it back first."))
    result = _answered(work, one, wish)
    audit.note(
        work, actor, "invitation.answered_for", f"meeting:{meeting_id}", one.meeting.host_id,
        membership=membership_id, answer=str(result),
    )  # fmt: skip
    return result


def office_looks_up(work: Work, actor: Actor, meeting_id: int, membership_id: int) -> Invited:
    """Somebody's invitation, held until commit, for an office that may speak for him.

    Refuses: Missing, when the actor may not see the meeting, that seat isn't invited, or he may not know that
    it is; NotAllowed.
    """
    meeting = standing.locked(work, actor, meeting_id)
    row = work.db.get(Invitation, (meeting_id, membership_id))
    one = standing.invited_to(work, meeting, row.person_id) if row is not None else None
    if one is None or not standing.knows_of(work, actor, one):
        raise Missing(_l("No such member is invited to the meeting, or none of your units."))
    if not standing.speaks_for(work, actor, one):
        raise NotAllowed
    return one


def _answered(work: Work, one: Invited, wish: Wish) -> Answer:
    """The answer given now, as far as there is a place."""
    if wish is Wish.REMOTE and not standing.remote_instead(one.meeting):
        raise Invalid(_l("This meeting does not offer to attend remotely instead."))
    if wish is Wish.DECLINE and not one.by_sign_up:
        raise Invalid(_l("Whoever is invited to this meeting is expected. Please ask for leave instead."))
    if one.pending is not None:
        one.pending.status, one.pending.decided_at = Status.WITHDRAWN, work.now
    became = _as_placed(work, one, wish)
    row = one.row
    if row.answer != became or became is not Answer.WAITING:  # who asks again keeps his turn
        row.answered_at = work.now
    row.answer, row.answered_for = became, one.meeting.opens_at
    invited.answered(work, one.meeting, row)
    return Answer(row.answer)


def _as_placed(work: Work, one: Invited, wish: Wish) -> Answer:
    if wish is Wish.DECLINE:
        return Answer.DECLINED
    coming = Answer.REMOTE if wish is Wish.REMOTE else Answer.ACCEPTED
    if one.row.answer in invited.WITH_A_PLACE or not one.by_sign_up or one.row.observer:
        return coming
    return Answer.WAITING if invited.places_left(work, one.meeting) == 0 else coming
