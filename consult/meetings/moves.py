"""Moving a meeting's state, exactly once: compare-and-set, a transition row, an entry in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from consult.core.store import Work, is_away
from consult.meetings import log
from consult.meetings.lifecycle import MOVES, Act, Due, Move, Schedule, State, allows, due, owed, state_at
from consult.meetings.models import Kind, Meeting, Transition

BATCH = 100  # meetings moved in one transaction
RETRY = timedelta(minutes=1)  # after which the clock looks again at a meeting that failed

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moved:
    """A meeting's state has moved."""

    meeting_id: int
    move: Move
    state: State


def schedule_of(meeting: Meeting) -> Schedule:
    """What decides what is due in this meeting."""
    return Schedule(
        State(meeting.state),
        meeting.opens_at,
        meeting.closes_at,
        timedelta(minutes=meeting.lobby_minutes),
        timedelta(seconds=meeting.grace_seconds),
        meeting.closed_at,
    )


def state_now(meeting: Meeting, now: datetime) -> State:
    """The state that holds at `now`, whether or not the clock has recorded it."""
    return state_at(schedule_of(meeting), now)


def allowed(meeting: Meeting, now: datetime, act: Act) -> bool:
    """Whether the meeting's state at `now` allows the act."""
    return allows(state_now(meeting, now), act)


def set_due(meeting: Meeting) -> None:
    """Notes what the clock owes next; to be said after each change of state or times."""
    following = due(schedule_of(meeting))
    meeting.due_move, meeting.due_at = (following.move, following.at) if following else (None, None)


def move(
    work: Work, meeting: Meeting, step: Move, *, at: datetime, by_id: int | None = None, reason: str = ""
) -> bool:
    """Makes one move that MOVES allows, effective at `at`. False when somebody else moved it first.

    The caller has checked that the move is allowed; a KeyError here is a fault of ours.
    """
    before = State(meeting.state)
    after = MOVES[before, step]
    meeting_id, revision = meeting.id, meeting.revision
    work.db.flush()
    won = work.db.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.revision == revision)
        .values(state=after, revision=revision + 1)
        .returning(Meeting.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        work.db.expire(meeting)
        return False
    work.db.refresh(meeting, ["state", "revision"])
    _stamp(meeting, before, after, at)
    set_due(meeting)
    work.db.add(
        Transition(
            meeting_id=meeting_id, revision=revision + 1, move=step, from_state=before, to_state=after,
            at=at, done_at=work.now, by_id=by_id, reason=reason,
        )
    )  # fmt: skip
    log.append(work, meeting_id, Kind.STATE, at=at, person_id=by_id, content=log.new_content(text=after))
    work.record(Moved(meeting_id, step, after))
    return True


def catch_up(work: Work, meeting: Meeting) -> None:
    """Records the moves that are due by now. Every verb that depends on the state says this first."""
    for due_move, _ in owed(schedule_of(meeting), work.now):
        if not move(work, meeting, due_move.move, at=due_move.at):
            return catch_up(work, meeting)
    return None


def advance_due(work: Work) -> int:
    """Moves the meetings whose time has come, at most BATCH; says how many."""
    moves = (Move.LOBBY, Move.OPEN, Move.CLOSE)
    meetings = work.db.scalars(
        select(Meeting)
        .where(Meeting.due_at <= work.now, Meeting.due_move.in_(moves))
        .order_by(Meeting.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)  # another clock has those in hand
    ).all()
    return each(work, meetings, catch_up)


def each(work: Work, meetings: Sequence[Meeting], act: Callable[[Work, Meeting], object]) -> int:
    """Does the clock's work on each meeting; says how many it was done for.

    One that fails is undone and put off for RETRY, so that it holds up no other.
    """
    done = 0
    for meeting in meetings:
        told, meeting_id = len(work.events), meeting.id
        try:
            with work.db.begin_nested():
                act(work, meeting)
            done += 1
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("meeting %d stumbled and is put off", meeting_id)
            del work.events[told:]
            meeting.due_at = work.now + RETRY
    return done


def periods(work: Work, meeting: Meeting) -> list[tuple[datetime, datetime]]:
    """The times when the meeting was actually open: opening to closing, once more for each reopening."""
    steps = work.db.execute(
        select(Transition.to_state, Transition.from_state, Transition.at)
        .where(Transition.meeting_id == meeting.id)
        .order_by(Transition.revision)
    ).all()
    found: list[tuple[datetime, datetime]] = []
    opened: datetime | None = None
    for to_state, from_state, at in steps:
        if to_state == State.OPEN and from_state != State.OPEN:
            opened = at
        elif to_state == State.CLOSED and opened is not None:
            found.append((opened, at))
            opened = None
    if opened is not None:
        found.append((opened, max(opened, work.now)))
    return found


def _stamp(meeting: Meeting, before: State, after: State, at: datetime) -> None:
    if after is State.OPEN and before is not State.OPEN:
        meeting.opened_at = meeting.opened_at or at
        meeting.closed_at = None
    if after is State.CLOSED:
        meeting.closed_at = at


def next_due(work: Work) -> Due | None:
    """The clock's next act over all meetings, for those who want to see that it is watched."""
    row = work.db.execute(
        select(Meeting.due_move, Meeting.due_at)
        .where(Meeting.due_at.is_not(None))
        .order_by(Meeting.due_at)
        .limit(1)
    ).first()
    return Due(Move(row.due_move), row.due_at) if row else None
