"""The topic's life, as tables and pure functions: no database, no clock.

proposed → shortlisted → planned, or merged, or rejected; what the office writes down itself begins as a
draft. Whether a planned topic was scheduled, consulted on and reported, its meetings say: its Standing.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import date

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message


class State(enum.StrEnum):
    """What was decided about a topic."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SHORTLISTED = "shortlisted"
    PLANNED = "planned"
    MERGED = "merged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Message:
        return LABELS[self]


class Move(enum.StrEnum):
    """What is decided about a topic."""

    WITHDRAW = "withdraw"
    SHORTLIST = "shortlist"
    REJECT = "reject"
    MERGE = "merge"
    PLAN = "plan"
    DROP = "drop"
    BACK = "back"


class Standing(enum.StrEnum):
    """How far a topic of the annual plan has come."""

    OVERDUE = "overdue"
    PLANNED = "planned"
    SCHEDULED = "scheduled"
    CONSULTED = "consulted"
    REPORTED = "reported"

    @property
    def label(self) -> Message:
        return STANDINGS[self]


LABELS: dict[State, Message] = {
    State.DRAFT: _l("Draft of the office"),
    State.PROPOSED: _l("Proposed"),
    State.SHORTLISTED: _l("Shortlisted"),
    State.PLANNED: _l("In the annual plan"),
    State.MERGED: _l("Merged"),
    State.REJECTED: _l("Not taken up"),
    State.WITHDRAWN: _l("Withdrawn"),
}

STANDINGS: dict[Standing, Message] = {
    Standing.OVERDUE: _l("Overdue"),
    Standing.PLANNED: _l("No meeting yet"),
    Standing.SCHEDULED: _l("Meeting scheduled"),
    Standing.CONSULTED: _l("Consulted on"),
    Standing.REPORTED: _l("Reported"),
}

BEGINNING = None
"""Where a topic began: proposed if a member did, else a draft."""

MOVES: dict[tuple[State, Move], State | None] = {
    (State.DRAFT, Move.SHORTLIST): State.SHORTLISTED,
    (State.DRAFT, Move.MERGE): State.MERGED,
    (State.DRAFT, Move.PLAN): State.PLANNED,
    (State.PROPOSED, Move.WITHDRAW): State.WITHDRAWN,
    (State.PROPOSED, Move.SHORTLIST): State.SHORTLISTED,
    (State.PROPOSED, Move.REJECT): State.REJECTED,
    (State.PROPOSED, Move.MERGE): State.MERGED,
    (State.PROPOSED, Move.PLAN): State.PLANNED,
    (State.SHORTLISTED, Move.REJECT): State.REJECTED,
    (State.SHORTLISTED, Move.MERGE): State.MERGED,
    (State.SHORTLISTED, Move.PLAN): State.PLANNED,
    (State.SHORTLISTED, Move.BACK): BEGINNING,
    (State.PLANNED, Move.PLAN): State.PLANNED,
    (State.PLANNED, Move.DROP): State.SHORTLISTED,
    (State.MERGED, Move.BACK): BEGINNING,
    (State.REJECTED, Move.BACK): BEGINNING,
}

ALIVE = (State.DRAFT, State.PROPOSED, State.SHORTLISTED, State.PLANNED)
"""Others may be merged into it, and meetings held on it."""

PUBLIC = (State.PROPOSED, State.SHORTLISTED, State.PLANNED)
"""What those whom a call concerns may read of others."""

SECONDED = (State.PROPOSED, State.SHORTLISTED)
"""Members may still second it."""


def allows(state: State, move: Move) -> bool:
    """Whether the move can be made in that state."""
    return (state, move) in MOVES


def after(state: State, move: Move, *, proposed: bool) -> State:
    """Where the move leads, by whether a member proposed the topic. KeyError: it isn't allowed."""
    return MOVES[state, move] or (State.PROPOSED if proposed else State.DRAFT)


def moves_from(state: State) -> Collection[Move]:
    """The moves that can be made in that state."""
    return [move for one, move in MOVES if one is state]


def standing(
    *, scheduled: bool, held: bool, reported: bool, year: int, month: int | None, today: date
) -> Standing:
    """How far a topic of that year's plan has come: `scheduled` says that a meeting on it is on the calendar,
    `held` that one has been held. Overdue: none is, and its month, or else its year, is over."""
    if held:
        return Standing.REPORTED if reported else Standing.CONSULTED
    if scheduled:
        return Standing.SCHEDULED
    over = (today.year, today.month) > (year, month or 12)
    return Standing.OVERDUE if over else Standing.PLANNED
