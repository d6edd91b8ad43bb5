"""As whom a person is at a meeting: for which seat he is counted, and for which unit and sector he speaks."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, case, func, or_, select
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


_HOST = aliased(Unit)
_INVITED = Expected.membership_id.is_not(None)
_LASTS = and_(
    Membership.from_day <= bindparam("day"),
    or_(Membership.to_day.is_(None), Membership.to_day > bindparam("day")),
    Unit.path.startswith(_HOST.path),
)
_SEAT = (
    select(Membership.id, Unit.name, Membership.sector, _INVITED)
    .join(Unit, Unit.id == Membership.unit_id)
    .join(_HOST, _HOST.id == bindparam("host"))
    .outerjoin(
        Expected, and_(Expected.membership_id == Membership.id, Expected.meeting_id == bindparam("meeting"))
    )
    .where(Membership.person_id == bindparam("person"), or_(_INVITED, _LASTS))
    .order_by(case((_INVITED, 0), else_=1), func.length(Unit.path), Membership.id)
    .limit(1)
)


def standing_of(work: Work, person_id: int, meeting: Meeting) -> Standing | None:
    """The seat at which the person is expected; else the one nearest to the host that he holds on that day.

    None for who has neither: staff, and whoever looks in from elsewhere.
    """
    day = meeting.opens_at.astimezone(ZoneInfo(meeting.zone)).date()
    asked = {"person": person_id, "meeting": meeting.id, "host": meeting.host_id, "day": day}
    row = work.db.execute(_SEAT, asked).first()
    return Standing(*row) if row else None
