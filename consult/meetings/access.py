"""Which meetings a person may see, and which he may manage. Looking one up is asking for permission."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select

from consult.core.errors import Missing, NotAllowed
from consult.core.store import Work
from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Membership, Unit


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on Meeting (joined with its host Unit) that the actor may see it.

    A member sees what he is invited to and what his own unit or one above it hosts; staff see what their
    units host, what members of their units are invited to, and where their units name participants. Drafts
    are for those who manage them.
    """
    called = exists().where(Invitation.meeting_id == Meeting.id, Invitation.person_id == actor.person_id)
    invited = called.correlate(Meeting)
    above = [seat.unit_path for seat in actor.seats]
    own = [
        Unit.path == path[: end + 1] for path in above for end, char in enumerate(path) if char == "/" and end
    ]
    as_member = (Meeting.state != State.DRAFT) & or_(invited, *own)
    hosted = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*READING)]
    managed = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*ORGANIZING)]
    return or_(as_member, *managed, (Meeting.state != State.DRAFT) & or_(False, *hosted, *_attended(actor)))


def seen_by(work: Work, actor: Actor, meeting_id: int) -> Meeting:
    """The meeting, if the actor may see it. Refuses: Missing."""
    meeting = work.db.scalars(
        select(Meeting)
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.id == meeting_id, visible_to(actor))
    ).first()
    if meeting is None:
        raise Missing
    return meeting


def managed_by(work: Work, actor: Actor, meeting_id: int) -> Meeting:
    """The meeting, if the actor may change it. Refuses: Missing; NotAllowed, when he may only see it."""
    meeting = seen_by(work, actor, meeting_id)
    if not manages(work, actor, meeting):
        raise NotAllowed
    return meeting


def manages(work: Work, actor: Actor, meeting: Meeting) -> bool:
    """Whether the actor may change the meeting."""
    if not actor.paths(*ORGANIZING):
        return False
    host = work.db.get_one(Unit, meeting.host_id)
    return actor.holds(host.path, *ORGANIZING)


def _attended(actor: Actor) -> list[ColumnElement[bool]]:
    """Meetings hosted elsewhere to which members of the actor's units are invited, or which these name."""
    units = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*READING)]
    if not units:
        return []
    mine = select(Unit.id).where(or_(*units)).correlate(None).scalar_subquery()
    return [
        exists()
        .where(
            Invitation.meeting_id == Meeting.id,
            Membership.id == Invitation.membership_id,
            Membership.unit_id.in_(mine),
        )
        .correlate(Meeting),
        exists().where(Delegation.meeting_id == Meeting.id, Delegation.unit_id.in_(mine)).correlate(Meeting),
    ]
