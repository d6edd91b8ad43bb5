"""The files of a meeting: materials (会议材料) for who is expected, minutes (会议纪要) after it for all who
were invited, or came all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, union

from consult.core.errors import Missing, NotNow
from consult.core.store import Work
from consult.files import files, owners
from consult.files.files import Listed
from consult.files.models import Purpose, StoredFile
from consult.files.owners import Owner, Rule
from consult.meetings import access, moves
from consult.meetings.invited import observing
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Expected, Invitation, Meeting
from consult.members.access import READING, Actor
from consult.members.models import Membership, Person, Unit
from consult.topics import attachments

KIND = "meeting"
HELD = (State.CLOSED, State.SETTLED, State.ARCHIVED)
"""The states in which minutes can be published."""

_ALSO: list[Callable[[int], Select[int]]] = []


@dataclass(frozen=True)
class Kept:
    """How many materials there are that one may not open yet, and what one has answered."""

    files: int
    answer: Answer


def seen_by(work: Work, actor: Actor, meeting_id: int, purpose: Purpose) -> Owner:
    """The meeting as an owner of files, if those of that purpose are for the actor, or he reads for an office
    of whose members they are for one. Refuses: Missing."""
    meeting = access.seen_by(work, actor, meeting_id)
    readers = audience(meeting.id, purpose)
    if not (_is_among(work, actor, readers) or _reads(work, actor, meeting, readers)):
        raise Missing
    return _owner(meeting)


def managed_by(work: Work, actor: Actor, meeting_id: int, purpose: Purpose) -> Owner:
    """The meeting as an owner of files, if the actor may change it. Refuses: Missing, NotAllowed; NotNow, for
    the minutes of a meeting that has not been held."""
    meeting = access.managed_by(work, actor, meeting_id)
    if purpose is Purpose.MINUTES and moves.state_now(meeting, work.now) not in HELD:
        raise NotNow(_l("Minutes can be published once the meeting has ended."))
    return _owner(meeting)


def audience(meeting_id: int, purpose: Purpose) -> Select[int]:
    """The ids of those whom the meeting's files are for: materials of those who are expected, of a meeting
    with sign-up only those with a place, and of observers; minutes also of who was invited and did not
    come, or came without being invited."""
    expected = select(Expected.person_id).where(Expected.meeting_id == meeting_id)
    others = [observing(meeting_id)]
    if purpose is Purpose.MINUTES:
        invited = select(Invitation.person_id).where(Invitation.meeting_id == meeting_id)
        others = [invited, *(came(meeting_id) for came in _ALSO)]
    both = union(expected, *others).subquery()
    return select(both.c.person_id)


def minutes_also_for(came: Callable[[int], Select[int]]) -> None:
    """Opens a meeting's minutes to those people, too; for who is above this package and knows who came."""
    _ALSO.append(came)


def listed(work: Work, actor: Actor, meeting_id: int, purpose: Purpose) -> list[Listed] | None:
    """The meeting's files of that purpose; None, when they are not for the actor."""
    try:
        return files.listed(work, actor, KIND, meeting_id, purpose)
    except Missing:
        return None


def readers(work: Work, meeting_id: int, purpose: Purpose) -> int:
    """How many people the meeting's files of that purpose are for."""
    people = audience(meeting_id, purpose).subquery()
    return work.db.scalar(select(func.count()).select_from(people)) or 0


def kept_from(work: Work, actor: Actor, meeting_id: int) -> Kept | None:
    """What who is invited and has no place is told of the materials; None for who is not invited."""
    own = (Invitation.meeting_id == meeting_id, Invitation.person_id == actor.person_id)
    answer = work.db.scalar(select(Invitation.answer).where(*own))
    key = owners.key(KIND, meeting_id)
    there = (StoredFile.owner == key, StoredFile.purpose == Purpose.MATERIAL, StoredFile.removed_at.is_(None))
    count = work.db.scalar(select(func.count()).select_from(StoredFile).where(*there)) or 0
    return Kept(count, Answer(answer)) if answer is not None else None


def seat_at(meeting_id: int) -> ColumnElement[int]:
    """The seat by which Person is invited to the meeting, or else expected at it, or else his first."""
    invited = select(Invitation.membership_id).where(
        Invitation.meeting_id == meeting_id, Invitation.person_id == Person.id
    )
    expected = select(func.min(Expected.membership_id)).where(
        Expected.meeting_id == meeting_id, Expected.person_id == Person.id
    )
    first = select(func.min(Membership.id)).where(Membership.person_id == Person.id)
    return func.coalesce(*(one.correlate(Person).scalar_subquery() for one in (invited, expected, first)))


def sees_topic(work: Work, actor: Actor, topic_id: int, _purpose: Purpose) -> Owner:
    """The topic as an owner of files, if the actor is expected at a meeting on it. Refuses: Missing."""
    expected = exists().where(Expected.meeting_id == Meeting.id, Expected.person_id == actor.person_id)
    visible = (
        select(Meeting.id)
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.topic_id == topic_id, access.visible_to(actor), expected.correlate(Meeting))
        .limit(1)
    )
    if work.db.scalar(visible) is None:
        raise Missing
    return attachments.owner_of(work, topic_id)


def _owner(meeting: Meeting) -> Owner:
    return Owner(KIND, meeting.id, meeting.title, meeting.host_id)


def _is_among(work: Work, actor: Actor, readers: Select[int]) -> bool:
    return bool(work.db.scalar(select(literal(actor.person_id).in_(readers))))


def _reads(work: Work, actor: Actor, meeting: Meeting, readers: Select[int]) -> bool:
    """Whether he reads for the host, or for a unit of which somebody is to read them."""
    paths = actor.paths(*READING)
    if not paths:
        return False
    if actor.holds(work.db.get_one(Unit, meeting.host_id).path, *READING):
        return True
    own = (
        select(Unit.id)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id.in_(readers))
        .where(or_(*(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .limit(1)
    )
    return work.db.scalar(own) is not None


owners.register(
    KIND,
    Rule(
        seen_by,
        managed_by,
        (Purpose.MATERIAL, Purpose.MINUTES),
        "meetings.materials",
        "meeting_id",
        audience,
        seat_at,
    ),
)
owners.open_to(attachments.KIND, sees_topic)
