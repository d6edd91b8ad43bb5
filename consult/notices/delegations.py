"""Units that name participants of their own: asked to, and the host is told when they have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from consult.core.store import Work
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members.access import ORGANIZING
from consult.members.models import Person, RoleGrant, Unit
from consult.notices.kinds import Kind
from consult.notices.models import Notice
from consult.notices.outbox import Telling, tell
from consult.notices.policy import Policy


def organizers_of(unit_id: int) -> Select[int]:
    """Those who organize in that very unit, or else in the nearest above it that has organizers."""
    unit, above = aliased(Unit), aliased(Unit)
    organizing = RoleGrant.role.in_(ORGANIZING) & Person.disabled_at.is_(None)
    nearest = (
        select(above.id)
        .join(unit, unit.path.startswith(above.path))
        .join(RoleGrant, RoleGrant.unit_id == above.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(unit.id == unit_id, organizing)
        .order_by(func.length(above.path).desc())
        .limit(1)
    )
    return select(RoleGrant.person_id).where(
        RoleGrant.unit_id == nearest.scalar_subquery(), RoleGrant.role.in_(ORGANIZING)
    )


def tell_of(work: Work, policy: Policy, meeting: Meeting, facts: dict[str, Any]) -> None:
    """Asks units that are to name participants, once; tells the host of each version of their names."""
    rows = work.db.execute(
        select(Delegation, Unit.name, func.count(Invitation.person_id))
        .join(Unit, Unit.id == Delegation.unit_id)
        .outerjoin(
            Invitation,
            (Invitation.meeting_id == Delegation.meeting_id)
            & (Invitation.named_by_unit == Delegation.unit_id),
        )
        .where(Delegation.meeting_id == meeting.id)
        .group_by(Delegation.meeting_id, Delegation.unit_id, Unit.name)
        .order_by(Delegation.unit_id)
    ).all()
    told = select(Notice.subject, Notice.kind, Notice.version).where(
        Notice.meeting_id == meeting.id, Notice.kind.in_((Kind.NAMING, Kind.NAMED))
    )
    known = {tuple(one) for one in work.db.execute(told)} if rows else set()
    for row, unit, people in rows:
        data = {**facts, "unit": unit, "places": row.places, "people": people}
        kind, version, unit_id = Kind.NAMING, 1, row.unit_id
        if row.named_at is not None:
            kind, version, unit_id = Kind.NAMED, row.version, meeting.host_id
        subject = f"delegation:{meeting.id}:{row.unit_id}"
        if (subject, kind, version) not in known:
            telling = Telling(
                kind, subject, version, data, meeting.id, meeting.opens_at, useful_until=meeting.opens_at
            )
            tell(work, policy, organizers_of(unit_id), telling)
