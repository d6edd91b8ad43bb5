"""The meeting's life, as tables and pure functions: no database, no clock.

draft → scheduled → lobby → open → closed → settled → archived; the clock makes the moves from scheduled to
settled by itself, organizers make the others. `due` says what the clock owes next, `state_at` what holds at
an instant whether or not any clock has run.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message


class State(enum.StrEnum):
    """Where a meeting is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LOBBY = "lobby"
    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"
    ARCHIVED = "archived"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> Message:
        return LABELS[self]


class Move(enum.StrEnum):
    """What is done to a meeting's state."""

    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    POSTPONE = "postpone"
    CANCEL = "cancel"
    LOBBY = "lobby"
    OPEN = "open"
    EXTEND = "extend"
    CLOSE = "close"
    REOPEN = "reopen"
    SETTLE = "settle"
    ARCHIVE = "archive"


class Act(enum.StrEnum):
    """What may be done in a meeting while it is in a state."""

    ENTER = "enter"
    BE_COUNTED = "be_counted"
    COMMENT = "comment"
    READ = "read"
    EDIT = "edit"


LABELS: dict[State, Message] = {
    State.DRAFT: _l("Draft"),
    State.SCHEDULED: _l("Scheduled"),
    State.LOBBY: _l("Lobby"),
    State.OPEN: _l("Open"),
    State.CLOSED: _l("Closed"),
    State.SETTLED: _l("Settled"),
    State.ARCHIVED: _l("Archived"),
    State.POSTPONED: _l("Postponed"),
    State.CANCELLED: _l("Cancelled"),
}

MOVES: dict[tuple[State, Move], State] = {
    (State.DRAFT, Move.SCHEDULE): State.SCHEDULED,
    (State.DRAFT, Move.CANCEL): State.CANCELLED,
    (State.SCHEDULED, Move.LOBBY): State.LOBBY,
    (State.SCHEDULED, Move.OPEN): State.OPEN,
    (State.SCHEDULED, Move.RESCHEDULE): State.SCHEDULED,
    (State.SCHEDULED, Move.POSTPONE): State.POSTPONED,
    (State.SCHEDULED, Move.CANCEL): State.CANCELLED,
    (State.LOBBY, Move.OPEN): State.OPEN,
    (State.LOBBY, Move.RESCHEDULE): State.SCHEDULED,
    (State.LOBBY, Move.POSTPONE): State.POSTPONED,
    (State.LOBBY, Move.CANCEL): State.CANCELLED,
    (State.POSTPONED, Move.RESCHEDULE): State.SCHEDULED,
    (State.POSTPONED, Move.CANCEL): State.CANCELLED,
    (State.OPEN, Move.EXTEND): State.OPEN,
    (State.OPEN, Move.CLOSE): State.CLOSED,
    (State.CLOSED, Move.REOPEN): State.OPEN,
    (State.CLOSED, Move.SETTLE): State.SETTLED,
    (State.SETTLED, Move.ARCHIVE): State.ARCHIVED,
}

ALLOWS: dict[State, frozenset[Act]] = {
    State.DRAFT: frozenset({Act.EDIT}),
    State.SCHEDULED: frozenset({Act.EDIT}),
    State.LOBBY: frozenset({Act.ENTER, Act.BE_COUNTED, Act.READ, Act.EDIT}),
    State.OPEN: frozenset({Act.ENTER, Act.BE_COUNTED, Act.COMMENT, Act.READ, Act.EDIT}),
    State.CLOSED: frozenset({Act.ENTER, Act.READ}),
    State.SETTLED: frozenset({Act.ENTER, Act.READ}),
    State.ARCHIVED: frozenset({Act.ENTER, Act.READ}),
    State.POSTPONED: frozenset({Act.EDIT}),
    State.CANCELLED: frozenset(),
}

# Moves that the clock makes when their time has come; the rest are made by people.
BY_ITSELF = frozenset({Move.LOBBY, Move.OPEN, Move.CLOSE})


@dataclass(frozen=True)
class Schedule:
    """The part of a meeting that decides what is due: its recorded state and its times.

    `grace` is how long after closing late deliveries are awaited before the meeting is settled.
    """

    state: State
    opens_at: datetime
    closes_at: datetime
    lobby: timedelta
    grace: timedelta
    closed_at: datetime | None = None

    def lobby_at(self) -> datetime:
        return self.opens_at - self.lobby


@dataclass(frozen=True)
class Due:
    """A move that the clock owes, and the instant it is due."""

    move: Move
    at: datetime


def due(schedule: Schedule) -> Due | None:
    """What the clock owes this meeting next."""
    if schedule.state is State.SCHEDULED:
        if schedule.lobby > timedelta(0):
            return Due(Move.LOBBY, schedule.lobby_at())
        return Due(Move.OPEN, schedule.opens_at)
    if schedule.state is State.LOBBY:
        return Due(Move.OPEN, schedule.opens_at)
    if schedule.state is State.OPEN:
        return Due(Move.CLOSE, schedule.closes_at)
    if schedule.state is State.CLOSED and schedule.closed_at is not None:
        return Due(Move.SETTLE, schedule.closed_at + schedule.grace)
    return None


def owed(schedule: Schedule, now: datetime) -> list[tuple[Due, State]]:
    """The moves between states that are due by `now`, in order, each with the state it leads to.

    Settling is not among them: it counts attendance and is the clock's own work.
    """
    moves = []
    while (following := due(schedule)) and following.move in BY_ITSELF and following.at <= now:
        schedule = replace(schedule, state=MOVES[schedule.state, following.move])
        moves.append((following, schedule.state))
        if following.move is Move.CLOSE:
            schedule = replace(schedule, closed_at=following.at)
    return moves


def state_at(schedule: Schedule, now: datetime) -> State:
    """The state that holds at `now`, recorded or not."""
    moves = owed(schedule, now)
    return moves[-1][1] if moves else schedule.state


def allows(state: State, act: Act) -> bool:
    return act in ALLOWS[state]
