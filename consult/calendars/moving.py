"""What moving a meeting in time would come to, before one says yes; `scheduling.reschedule` does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, union
from sqlalchemy.orm import aliased

from consult.core import workdays
from consult.core.errors import Invalid
from consult.core.store import Work
from consult.meetings import access, moves
from consult.meetings.access import visible_to
from consult.meetings.changes import not_now
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.listing import COMING
from consult.meetings.models import Expected, Invitation, Meeting, QuietPeriod
from consult.meetings.plan import check_times
from consult.members.access import Actor
from consult.members.models import Unit


@dataclass(frozen=True)
class Clash:
    """Another meeting at that time, and how many are expected at both."""

    title: str
    opens_at: datetime
    closes_at: datetime
    zone: str
    people: int


@dataclass(frozen=True)
class Moving:
    """What moving a meeting there would mean: who is told of it, and what stands against it."""

    meeting: Meeting
    state: State
    told: int
    clashes: Sequence[Clash]
    quiet: Sequence[str]
    day_off: bool


def look(work: Work, actor: Actor, meeting_id: int, opens_at: datetime, closes_at: datetime) -> Moving:
    """What it would mean. Refuses: Missing, NotAllowed, NotNow (by its state), Invalid (by the times)."""
    meeting = access.managed_by(work, actor, meeting_id)
    state = moves.state_now(meeting, work.now)
    if (state, Move.RESCHEDULE) not in MOVES:
        raise not_now(state)
    check_times(opens_at, closes_at)
    if opens_at < work.now:
        raise Invalid(_l("This time has passed."), field="opens_at")
    return Moving(
        meeting=meeting,
        state=state,
        told=_told(work, meeting.id),
        clashes=_clashes(work, actor, meeting.id, opens_at, closes_at),
        quiet=_quiet(work, meeting, opens_at, closes_at),
        day_off=not workdays.is_working(opens_at.astimezone(ZoneInfo(meeting.zone)).date()),
    )


def _told(work: Work, meeting_id: int) -> int:
    people = union(
        select(Invitation.person_id).where(Invitation.meeting_id == meeting_id),
        select(Expected.person_id).where(Expected.meeting_id == meeting_id),
    )
    return work.db.scalar(select(func.count()).select_from(people.subquery())) or 0


def _clashes(
    work: Work, actor: Actor, meeting_id: int, opens_at: datetime, closes_at: datetime
) -> list[Clash]:
    own = aliased(Expected)
    rows = work.db.execute(
        select(Meeting.title, Meeting.opens_at, Meeting.closes_at, Meeting.zone, func.count())
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Expected, Expected.meeting_id == Meeting.id)
        .join(own, own.person_id == Expected.person_id)
        .where(own.meeting_id == meeting_id, own.excused_at.is_(None), Expected.excused_at.is_(None))
        .where(Meeting.id != meeting_id, Meeting.opens_at < closes_at, Meeting.closes_at > opens_at)
        .where(Meeting.state.in_(COMING), visible_to(actor))
        .group_by(Meeting.id)
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [Clash(*row) for row in rows]


def _quiet(work: Work, meeting: Meeting, opens_at: datetime, closes_at: datetime) -> list[str]:
    """The reasons of the quiet periods that the host and the units above it keep on those days."""
    where = ZoneInfo(meeting.zone)
    first, last = opens_at.astimezone(where).date(), closes_at.astimezone(where).date()
    path = work.db.get_one(Unit, meeting.host_id).path
    above = [path[: end + 1] for end, one in enumerate(path) if one == "/" and end]
    return list(
        work.db.scalars(
            select(QuietPeriod.reason)
            .join(Unit, Unit.id == QuietPeriod.unit_id)
            .where(Unit.path.in_(above), QuietPeriod.from_day <= last, QuietPeriod.to_day >= first)
            .order_by(QuietPeriod.from_day, QuietPeriod.id)
        )
    )
