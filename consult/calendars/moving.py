"""What moving a meeting in time would come to, before one says yes; `scheduling.reschedule` does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, union

from consult.core.errors import Invalid
from consult.core.store import Work
from consult.meetings import access, moves
from consult.meetings.changes import not_now
from consult.meetings.conflicts import Conflicts, Other, of_plan
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Expected, Invitation, Meeting
from consult.meetings.plan import plan_of
from consult.members.access import Actor
from consult.members.models import Unit


@dataclass(frozen=True)
class Moving:
    """What moving a meeting there would mean: how many are told of it, and what is in the way."""

    meeting: Meeting
    state: State
    told: int
    conflicts: Conflicts

    def elsewhere(self) -> list[tuple[Other, int]]:
        """The other meetings at that time, each with how many are wanted at both."""
        taken = (*self.conflicts.people, *self.conflicts.speakers)
        return list(Counter(other for one in taken for other in one.elsewhere).items())


def look(work: Work, actor: Actor, meeting_id: int, opens_at: datetime, closes_at: datetime) -> Moving:
    """What it would mean. Refuses: Missing, NotAllowed, NotNow (by its state), Invalid (by the times)."""
    meeting = access.managed_by(work, actor, meeting_id)
    state = moves.state_now(meeting, work.now)
    if (state, Move.RESCHEDULE) not in MOVES:
        raise not_now(state)
    plan = plan_of(meeting).moved(opens_at, closes_at, work.now)
    if opens_at < work.now:
        raise Invalid(_l("This time has passed."), field="opens_at")
    host = work.db.get_one(Unit, meeting.host_id)
    return Moving(meeting, state, _told(work, meeting.id), of_plan(work, actor, host, plan, meeting.id))


def _told(work: Work, meeting_id: int) -> int:
    people = union(
        select(Invitation.person_id).where(Invitation.meeting_id == meeting_id),
        select(Expected.person_id).where(Expected.meeting_id == meeting_id),
    )
    return work.db.scalar(select(func.count()).select_from(people.subquery())) or 0
