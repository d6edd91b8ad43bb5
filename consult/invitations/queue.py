"""Where one person stands: his turn on the waiting list, and his requests for leave with who decides."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from consult.core.errors import Message
from consult.core.store import Work
from consult.invitations.leave import ReasonType
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Invited, Stand
from consult.meetings.models import Answer, Invitation
from consult.members.models import Person, Unit


@dataclass(frozen=True)
class Asked:
    """A request, the unit whose office or member decides, and who has decided."""

    request: LeaveRequest
    unit: str
    by: str

    @property
    def reason(self) -> Message | str:
        """In the asker's words, or the kind of reason where he gave none."""
        return self.request.reason or ReasonType(self.request.reason_type).label


def turn_of(work: Work, one: Invited) -> int | None:
    """At which place of the waiting list he is; None when he isn't on it."""
    row = one.row
    if one.stand is not Stand.WAITING:
        return None
    before = or_(
        Invitation.answered_at < row.answered_at,
        and_(
            Invitation.answered_at == row.answered_at, Invitation.membership_id <= row.membership_id
        ),
    )  # fmt: skip
    query = select(func.count()).where(
        Invitation.meeting_id == row.meeting_id, Invitation.answer == Answer.WAITING, before
    )
    return work.db.scalar(query)


def requests_of(work: Work, meeting_id: int, person_id: int) -> list[Asked]:
    """The person's requests for leave from a meeting, the latest first."""
    decider = aliased(Person)
    rows = work.db.execute(
        select(LeaveRequest, Unit.name, func.coalesce(decider.name, ""))
        .join(Unit, Unit.id == LeaveRequest.unit_id)
        .outerjoin(decider, decider.id == LeaveRequest.decided_by)
        .where(LeaveRequest.meeting_id == meeting_id, LeaveRequest.person_id == person_id)
        .order_by(LeaveRequest.id.desc())
    )
    return [Asked(*row) for row in rows]
