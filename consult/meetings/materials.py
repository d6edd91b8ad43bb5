"""The files of a meeting: materials (会议材料) for those who are called, minutes (会议纪要) after it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, exists, func, or_, select, union

from consult.core.errors import Missing, NotNow
from consult.core.store import Work
from consult.files import owners
from consult.files.models import Purpose
from consult.files.owners import Owner, Rule
from consult.meetings import access, moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Invitation, Meeting
from consult.members.access import READING, Actor
from consult.members.models import Membership, Person, Unit
from consult.topics import attachments

KIND = "meeting"
HELD = (State.CLOSED, State.SETTLED, State.ARCHIVED)
"""The states in which minutes can be published."""


def seen_by(work: Work, actor: Actor, meeting_id: int) -> Owner:
    """The meeting as an owner of files, if the actor is expected or invited, or reads for an office that
    sees who is. Refuses: Missing."""
    meeting = access.seen_by(work, actor, meeting_id)
    if not (_is_called(work, actor, meeting.id) or _reads(work, actor, meeting)):
        raise Missing
    return _owner(meeting)


def managed_by(work: Work, actor: Actor, meeting_id: int, purpose: Purpose) -> Owner:
    """The meeting as an owner of files, if the actor may change it. Refuses: Missing, NotAllowed; NotNow, for
    the minutes of a meeting that has not been held."""
    meeting = access.managed_by(work, actor, meeting_id)
    if purpose is Purpose.MINUTES and moves.state_now(meeting, work.now) not in HELD:
        raise NotNow(_l("Minutes can be published once the meeting has ended."))
    return _owner(meeting)


def called_to(meeting_id: int) -> Select[int]:
    """The ids of those who are expected at the meeting or invited to it."""
    both = union(
        select(Expected.person_id).where(Expected.meeting_id == meeting_id),
        select(Invitation.person_id).where(Invitation.meeting_id == meeting_id),
    ).subquery()
    return select(both.c.person_id)


def seat_at(meeting_id: int) -> ColumnElement[int]:
    """The seat by which Person is invited to the meeting, or else expected at it."""
    invited = select(Invitation.membership_id).where(
        Invitation.meeting_id == meeting_id, Invitation.person_id == Person.id
    )
    expected = select(func.min(Expected.membership_id)).where(
        Expected.meeting_id == meeting_id, Expected.person_id == Person.id
    )
    return func.coalesce(
        invited.correlate(Person).scalar_subquery(), expected.correlate(Person).scalar_subquery()
    )


def sees_topic(work: Work, actor: Actor, topic_id: int) -> Owner:
    """The topic as an owner of files, if the actor is called to a meeting on it. Refuses: Missing."""
    visible = (
        select(Meeting.id)
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.topic_id == topic_id, access.visible_to(actor), _called(actor))
        .limit(1)
    )
    if work.db.scalar(visible) is None:
        raise Missing
    return attachments.owner_of(work, topic_id)


def _owner(meeting: Meeting) -> Owner:
    return Owner(KIND, meeting.id, meeting.title, meeting.host_id)


def _called(actor: Actor) -> ColumnElement[bool]:
    """The condition on Meeting that the actor is expected or invited."""
    return or_(
        exists()
        .where(Expected.meeting_id == Meeting.id, Expected.person_id == actor.person_id)
        .correlate(Meeting),
        exists()
        .where(Invitation.meeting_id == Meeting.id, Invitation.person_id == actor.person_id)
        .correlate(Meeting),
    )


def _is_called(work: Work, actor: Actor, meeting_id: int) -> bool:
    found = select(Meeting.id).where(Meeting.id == meeting_id, _called(actor))
    return work.db.scalar(found) is not None


def _reads(work: Work, actor: Actor, meeting: Meeting) -> bool:
    """Whether he reads for the host, or for a unit of which somebody is called."""
    paths = actor.paths(*READING)
    if not paths:
        return False
    if actor.holds(work.db.get_one(Unit, meeting.host_id).path, *READING):
        return True
    called = (
        select(Unit.id)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id.in_(called_to(meeting.id)))
        .where(or_(*(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .limit(1)
    )
    return work.db.scalar(called) is not None


owners.register(
    KIND,
    Rule(
        seen_by,
        managed_by,
        (Purpose.MATERIAL, Purpose.MINUTES),
        "meetings.materials",
        "meeting_id",
        called_to,
        seat_at,
    ),
)
owners.open_to(attachments.KIND, sees_topic)
