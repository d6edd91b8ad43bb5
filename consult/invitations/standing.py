"""How somebody stands to a meeting he is invited to, and what he may still say to it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import ColumnElement, and_, case, exists, literal, select

from consult.core.errors import Message, Missing, NotNow
from consult.core.i18n import local
from consult.core.store import Work
from consult.invitations.leave import Status
from consult.invitations.models import LeaveRequest
from consult.meetings import access, moves
from consult.meetings.changes import not_now
from consult.meetings.lifecycle import State
from consult.meetings.models import Attending, Expected, Invitation, Meeting, Mode
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Membership, Role, Unit

ANSWERING = (State.SCHEDULED, State.LOBBY)
"""The states in which members answer, before the deadline."""
RECORDING = (State.SCHEDULED, State.LOBBY, State.OPEN)
"""The states in which an office writes down what it was told on the phone."""


class Stand(enum.StrEnum):
    """What somebody's answer comes to. Of all who are invited each stands at exactly one of these."""

    NONE = "none"
    ACCEPTED = "accepted"
    REMOTE = "remote"
    ASKED = "asked"
    LEAVE = "leave"
    WAITING = "waiting"
    DECLINED = "declined"

    @property
    def label(self) -> Message:
        return _LABELS[self]


_LABELS: dict[Stand, Message] = {
    Stand.NONE: _l("No answer yet"),
    Stand.ACCEPTED: _l("Will attend"),
    Stand.REMOTE: _l("Will attend remotely"),
    Stand.ASKED: _l("Has asked for leave"),
    Stand.LEAVE: _l("Leave granted"),
    Stand.WAITING: _l("On the waiting list"),
    Stand.DECLINED: _l("Does not attend"),
}


@dataclass(frozen=True)
class Invited:
    """An invitation with all that decides what can be said to it, as it is at an instant."""

    meeting: Meeting
    state: State
    row: Invitation
    seat: Membership
    expected: Expected | None
    pending: LeaveRequest | None
    now: datetime

    @property
    def stand(self) -> Stand:
        if self.expected is not None and self.expected.excused_at is not None:
            return Stand.LEAVE
        return Stand.ASKED if self.pending is not None else Stand(self.row.answer)

    @property
    def by_sign_up(self) -> bool:
        """Whether it is for him to come or not, and not to be excused: he signs up, or observes."""
        signs_up = self.meeting.attending == Attending.SIGN_UP and self.row.named_by_unit is None
        return signs_up or self.row.observer

    @property
    def for_another_time(self) -> bool:
        """Whether the meeting has been moved since he answered."""
        return self.row.answered_for is not None and self.row.answered_for != self.meeting.opens_at

    @property
    def answerable(self) -> bool:
        """Whether he may still answer himself."""
        open_ = self.state in ANSWERING and self.now < deadline_of(self.meeting)
        return open_ and self.stand is not Stand.LEAVE

    @property
    def unanswered(self) -> bool:
        """Whether an answer of his is waited for: none was given, or one for another time."""
        told = self.stand in (Stand.ACCEPTED, Stand.REMOTE) and self.for_another_time
        return self.answerable and (self.stand is Stand.NONE or told)


def deadline_of(meeting: Meeting) -> datetime:
    """The instant from which members can't answer any more."""
    return meeting.answer_by or meeting.opens_at


def remote_instead(meeting: Meeting) -> bool:
    """Whether one may attend remotely where others meet: at a hybrid meeting, and at one on site for which
    the office has given a video link."""
    return meeting.mode == Mode.HYBRID or (meeting.mode == Mode.ON_SITE and bool(meeting.video_link))


def excused() -> ColumnElement[bool]:
    """The condition on Invitation that leave was given."""
    return (
        exists()
        .where(
            Expected.meeting_id == Invitation.meeting_id,
            Expected.membership_id == Invitation.membership_id,
            Expected.excused_at.is_not(None),
        )
        .correlate(Invitation)
    )


def asking() -> ColumnElement[bool]:
    """The condition on Invitation that a request for leave is undecided."""
    return (
        exists()
        .where(
            LeaveRequest.meeting_id == Invitation.meeting_id,
            LeaveRequest.person_id == Invitation.person_id,
            LeaveRequest.status == Status.ASKED,
        )
        .correlate(Invitation)
    )


def stand_in_rows() -> ColumnElement[str]:
    """`Invited.stand` as a column beside Invitation."""
    return case(
        (excused(), literal(Stand.LEAVE.value)),
        (asking(), literal(Stand.ASKED.value)),
        else_=Invitation.answer,
    )


def locked(work: Work, actor: Actor, meeting_id: int) -> Meeting:
    """The meeting that the actor may see, held until commit: answers and places are settled one by one.

    Refuses: Missing.
    """
    held(work, meeting_id)
    return access.seen_by(work, actor, meeting_id)


def held(work: Work, meeting_id: int) -> Meeting:
    """The meeting, held until commit, for who was found to have a say in it already."""
    work.db.execute(select(Meeting.id).where(Meeting.id == meeting_id).with_for_update(key_share=True))
    return work.db.get_one(Meeting, meeting_id)


def invited_to(work: Work, meeting: Meeting, person_id: int) -> Invited:
    """The person's invitation. Refuses: Missing, when he isn't invited."""
    found = all_of(work, Invitation.meeting_id == meeting.id, Invitation.person_id == person_id)
    if not found:
        raise Missing(_l("You are not invited to this meeting."))
    return found[0]


def all_of(work: Work, *where: ColumnElement[bool]) -> list[Invited]:
    """The invitations that meet these conditions, in the order of their meetings' times."""
    pending = and_(
        LeaveRequest.meeting_id == Invitation.meeting_id,
        LeaveRequest.person_id == Invitation.person_id,
        LeaveRequest.status == Status.ASKED,
    )
    own = and_(
        Expected.meeting_id == Invitation.meeting_id, Expected.membership_id == Invitation.membership_id
    )
    rows = work.db.execute(
        select(Meeting, Invitation, Membership, Expected, LeaveRequest)
        .join(Invitation, Invitation.meeting_id == Meeting.id)
        .join(Membership, Membership.id == Invitation.membership_id)
        .outerjoin(Expected, own)
        .outerjoin(LeaveRequest, pending)
        .where(*where)
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [Invited(row[0], moves.state_now(row[0], work.now), *row[1:], work.now) for row in rows]


def require_answerable(work: Work, one: Invited) -> None:
    """Refuses (NotNow) what its meeting's state, the deadline or a decision does not allow a member."""
    if one.stand is Stand.LEAVE:
        raise NotNow(
            _l("Your leave has been granted and stays as it is. If you can come after all, just come.")
        )
    if one.state not in ANSWERING:
        raise not_now(one.state)
    if one.now >= deadline_of(one.meeting):
        host = work.db.get_one(Unit, one.meeting.host_id)
        raise NotNow(
            _l(
                "Answers could be given until %(when)s. Please call the office of %(unit)s; it can still "
                "write your answer down.",
                when=LazyString(local, deadline_of(one.meeting), one.meeting.zone),
                unit=host.name,
            )
        )


def speaks_for(work: Work, actor: Actor, one: Invited) -> bool:
    """Whether the actor's office may answer for who is invited and decide on his leave: the host's office,
    that of the seat's unit, and that of the unit that named him."""
    return _holds(work, actor, one, *ORGANIZING)


def knows_of(work: Work, actor: Actor, one: Invited) -> bool:
    """Whether the actor may know that this person is invited: he himself, and who reads in such an office."""
    return actor.person_id == one.row.person_id or _holds(work, actor, one, *READING)


def _holds(work: Work, actor: Actor, one: Invited, *roles: Role) -> bool:
    unit_ids = {one.meeting.host_id, one.seat.unit_id, one.row.named_by_unit} - {None}
    paths = work.db.scalars(select(Unit.path).where(Unit.id.in_(unit_ids)))
    return any(actor.holds(path, *roles) for path in paths)
