"""What was done when for meetings, read for many at once, and what of it is pressing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from consult.config import Settings
from consult.core.store import Work
from consult.files.models import Purpose, StoredFile
from consult.meetings import deadlines
from consult.meetings.deadlines import BY_THE_OFFICE, Limits, Step, Times, What
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import Meeting, Transition

SOON = timedelta(days=3)  # how near a deadline must be to be pressing
FORGOTTEN = timedelta(days=60)  # after which minutes that never came are no longer asked for
MOST_LOOKED_AT = 300  # meetings
HELD = (State.CLOSED, State.SETTLED)
MADE = {Move.LOBBY: What.LOBBY, Move.OPEN: What.OPEN, Move.CLOSE: What.CLOSE, Move.SETTLE: What.SETTLED}
OF_FILES = {Purpose.MATERIAL: What.MATERIALS, Purpose.MINUTES: What.MINUTES}


@dataclass(frozen=True)
class Pressing:
    """A meeting with something of its office's that is late or nearly so."""

    meeting: Meeting
    step: Step


def times_of(meeting: Meeting) -> Times:
    """The times of a meeting that is."""
    return Times(
        meeting.opens_at,
        meeting.closes_at,
        timedelta(minutes=meeting.lobby_minutes),
        timedelta(seconds=meeting.grace_seconds),
        meeting.zone,
        meeting.answer_by,
    )


def limits_of(settings: Settings) -> Limits:
    """The numbers of working days that this site goes by."""
    return Limits(settings.notice_workdays, settings.materials_workdays, settings.minutes_workdays)


def done(work: Work, meetings: Sequence[Meeting]) -> dict[int, dict[What, datetime]]:
    """When what was done for each of these meetings, by its id. For who may see them already."""
    ids = [meeting.id for meeting in meetings]
    found: dict[int, dict[What, datetime]] = {meeting_id: {} for meeting_id in ids}
    for meeting in meetings:
        if meeting.announced_at is not None:
            found[meeting.id][What.NOTICE] = meeting.announced_at
    owners = {f"meeting:{meeting_id}": meeting_id for meeting_id in ids}
    for owner, purpose, at in work.db.execute(
        select(StoredFile.owner, StoredFile.purpose, func.min(StoredFile.added_at))
        .where(StoredFile.owner.in_(owners), StoredFile.purpose.in_(OF_FILES))
        .where(StoredFile.removed_at.is_(None))
        .group_by(StoredFile.owner, StoredFile.purpose)
    ):
        found[owners[owner]][OF_FILES[Purpose(purpose)]] = at
    for meeting_id, move, at in work.db.execute(
        select(Transition.meeting_id, Transition.move, func.max(Transition.at))
        .where(Transition.meeting_id.in_(ids), Transition.move.in_(MADE))
        .group_by(Transition.meeting_id, Transition.move)
    ):
        found[meeting_id][MADE[Move(move)]] = at
    return found


def steps(work: Work, meetings: Sequence[Meeting], limits: Limits) -> dict[int, list[Step]]:
    """All that is to be done for each of these meetings, by its id. For who may see them already."""
    was_done = done(work, meetings)
    return {
        meeting.id: deadlines.steps_of(times_of(meeting), limits, was_done[meeting.id], work.now)
        for meeting in meetings
    }


def pressing(work: Work, host_ids: Sequence[int], limits: Limits) -> list[Pressing]:
    """Of these hosts' meetings, what their office has missed or must do within SOON; one a meeting."""
    meetings = work.db.scalars(
        select(Meeting)
        .where(Meeting.host_id.in_(host_ids), Meeting.closes_at > work.now - FORGOTTEN)
        .where(Meeting.state.in_((State.SCHEDULED, State.LOBBY, State.OPEN, *HELD)))
        .order_by(Meeting.opens_at, Meeting.id)
        .limit(MOST_LOOKED_AT)
    ).all()
    each = steps(work, meetings, limits)
    first = ((meeting, _first_pressing(meeting, each[meeting.id], work.now)) for meeting in meetings)
    return [Pressing(meeting, step) for meeting, step in first if step is not None]


def _first_pressing(meeting: Meeting, steps: Sequence[Step], now: datetime) -> Step | None:
    """Notice and materials until the meeting opens, minutes once it is over."""
    over = meeting.closes_at <= now
    return next(
        (
            step
            for step in steps
            if step.what in BY_THE_OFFICE
            and step.done_at is None
            and (step.what is What.MINUTES) == over
            and (over or meeting.opens_at > now)
            and step.due - now < SOON
        ),
        None,
    )
