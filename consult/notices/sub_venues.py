"""Sub-venues that have moved: those who sit there are told, from what each knows to what is; nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal, select

from consult.core.store import Work
from consult.meetings.invited import sub_venue, takes_part_by
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members.models import Membership
from consult.notices.kinds import Kind
from consult.notices.models import Informed, Notice
from consult.notices.outbox import Telling, tell, withdraw
from consult.notices.policy import Policy


@dataclass(frozen=True)
class Sitting:
    """Where people sit, as they were told and as it is."""

    old: str
    new: str


def tell_of(
    work: Work, policy: Policy, meeting: Meeting, number: int, facts: dict[str, Any], until: datetime
) -> bool:
    """Tells those who stay invited and sit elsewhere than they were told; says whether there were any.

    It takes a number of statements that grows with the sub-venues that have moved, not with the people.
    """
    subject = f"meeting:{meeting.id}"
    found = _moved(work, meeting)
    for moved in found:
        people = _those(meeting).where(Informed.sub_venue == moved.old, sub_venue() == moved.new)
        waiting = (Notice.subject == subject) & (Notice.kind == Kind.SUB_VENUE)
        withdraw(work, waiting, Notice.person_id.in_(people))
        data = {**facts, "old": moved.old, "new": moved.new}
        tell(
            work, policy, people,
            Telling(Kind.SUB_VENUE, subject, number, data, meeting.id, meeting.opens_at, until),
        )  # fmt: skip
    return bool(found)


def as_it_is(meeting: Meeting) -> Select[int, int, str]:
    """Whom the meeting invites, and where each sits, as rows of Informed."""
    return (
        select(literal(meeting.id), Invitation.person_id, sub_venue())
        .select_from(Invitation)
        .join(Membership, Membership.id == Invitation.membership_id)
        .outerjoin(Delegation, takes_part_by())
        .where(Invitation.meeting_id == meeting.id)
    )


def _moved(work: Work, meeting: Meeting) -> list[Sitting]:
    rows = work.db.execute(
        _those(meeting)
        .with_only_columns(Informed.sub_venue, sub_venue())
        .where(Informed.sub_venue != sub_venue())
        .distinct()
    )
    return sorted((Sitting(old, new) for old, new in rows), key=lambda one: (one.old, one.new))


def _those(meeting: Meeting) -> Select[int]:
    """Those who know that they are invited, and still are."""
    return (
        select(Informed.person_id)
        .select_from(Informed)
        .join(
            Invitation,
            (Invitation.meeting_id == Informed.meeting_id) & (Invitation.person_id == Informed.person_id),
        )
        .join(Membership, Membership.id == Invitation.membership_id)
        .outerjoin(Delegation, takes_part_by())
        .where(Informed.meeting_id == meeting.id)
    )
