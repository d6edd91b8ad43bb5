"""Who came without being invited, once that is settled: he reads the minutes as those do who were invited."""

from __future__ import annotations

from sqlalchemy import Select, select

from consult.attendance import rules
from consult.attendance.models import Outcome, Settlement


def of_meeting(meeting_id: int) -> Select[int]:
    """The ids of those who attended the meeting unlisted, by the settlement that holds."""
    return (
        select(Outcome.person_id)
        .join(Settlement, Settlement.id == Outcome.settlement_id)
        .where(Settlement.meeting_id == meeting_id, Settlement.superseded_at.is_(None))
        .where(Outcome.outcome == rules.Outcome.WALK_IN)
    )
