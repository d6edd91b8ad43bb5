"""As whom a person is at a meeting: for which seat he is counted, and for which unit and sector he speaks."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from consult.core.store import Work
from consult.meetings.models import Expected, Meeting
from consult.members.models import Membership, Unit


@dataclass(frozen=True)
class Standing:
    """A seat at a meeting, with the names of what it speaks for."""

    membership_id: int
    unit: str
    sector: str
    expected: bool


def standing_of(work: Work, person_id: int, meeting: Meeting) -> Standing | None:
    """The seat at which the person is expected; else the one nearest to the host that he holds on that day.

    None for who has neither: staff, and whoever looks in from elsewhere.
    """
    host = aliased(Unit)
    day = meeting.opens_at.astimezone(ZoneInfo(meeting.zone)).date()
    lasts = and_(
        Membership.from_day <= day,
        or_(Membership.to_day.is_(None), Membership.to_day > day),
        Unit.path.startswith(host.path),
    )
    invited = Expected.membership_id.is_not(None)
    row = work.db.execute(
        select(Membership.id, Unit.name, Membership.sector, invited)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(host, host.id == meeting.host_id)
        .outerjoin(Expected, and_(Expected.membership_id == Membership.id, Expected.meeting_id == meeting.id))
        .where(Membership.person_id == person_id, or_(invited, lasts))
        .order_by(case((invited, 0), else_=1), func.length(Unit.path), Membership.id)
        .limit(1)
    ).first()
    return Standing(*row) if row else None
