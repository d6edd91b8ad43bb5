"""The tables of a meeting's life, and that what holds is what will have been recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.meetings.lifecycle import (
    ALLOWS,
    BY_ITSELF,
    MOVES,
    Act,
    Move,
    Schedule,
    State,
    due,
    owed,
    state_at,
)
from tests.support.cast import NINE, at

D, S, L, O, C = State.DRAFT, State.SCHEDULED, State.LOBBY, State.OPEN, State.CLOSED  # noqa: E741
E, A, P, X = State.SETTLED, State.ARCHIVED, State.POSTPONED, State.CANCELLED

# What each state allows, and what it leads to; all else is refused.
TABLE: dict[State, dict[Move, State]] = {
    D: {Move.SCHEDULE: S, Move.CANCEL: X},
    S: {Move.LOBBY: L, Move.OPEN: O, Move.RESCHEDULE: S, Move.POSTPONE: P, Move.CANCEL: X},
    L: {Move.OPEN: O, Move.RESCHEDULE: S, Move.POSTPONE: P, Move.CANCEL: X},
    O: {Move.EXTEND: O, Move.CLOSE: C},
    C: {Move.REOPEN: O, Move.SETTLE: E},
    E: {Move.ARCHIVE: A},
    A: {},
    P: {Move.RESCHEDULE: S, Move.CANCEL: X},
    X: {},
}
ACTS: dict[State, set[Act]] = {
    D: {Act.EDIT},
    S: {Act.EDIT},
    L: {Act.ENTER, Act.BE_COUNTED, Act.READ, Act.EDIT},
    O: {Act.ENTER, Act.BE_COUNTED, Act.COMMENT, Act.READ, Act.EDIT},
    C: {Act.ENTER, Act.READ},
    E: {Act.ENTER, Act.READ},
    A: {Act.ENTER, Act.READ},
    P: {Act.EDIT},
    X: set(),
}

times = st.integers(-600, 600).map(at)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any meeting of up to ten hours around nine, in any recorded state."""
    opens = draw(times)
    closes = opens + timedelta(minutes=draw(st.integers(1, 600)))
    return Schedule(
        draw(st.sampled_from(State)),
        opens,
        closes,
        timedelta(minutes=draw(st.integers(0, 240))),
        timedelta(seconds=draw(st.integers(0, 3600))),
        draw(st.none() | times),
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Move)
def test_a_state_allows_these_moves_and_no_others(state: State, step: Move) -> None:
    assert MOVES.get((state, step)) == TABLE[state].get(step)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_a_state_allows_these_acts_and_no_others(state: State, act: Act) -> None:
    assert (act in ALLOWS[state]) == (act in ACTS[state])


@given(schedules(), st.lists(times, min_size=1, max_size=12))
def test_what_holds_is_what_step_by_step_recording_comes_to(schedule: Schedule, looks: list) -> None:
    """However often the clock looked before, and whether or not it looked at all, the state is the same."""
    looks.sort()
    recorded = schedule
    for now in looks:
        for following, after in owed(recorded, now):
            closed_at = following.at if following.move is Move.CLOSE else recorded.closed_at
            recorded = replace(recorded, state=after, closed_at=closed_at)
        assert recorded.state == state_at(schedule, now) == state_at(recorded, now)


@given(schedules(), times)
def test_owed_moves_are_allowed_in_order_and_in_time(schedule: Schedule, now: object) -> None:
    state, before = schedule.state, None
    for following, after in owed(schedule, now):
        assert following.move in BY_ITSELF
        assert MOVES[state, following.move] == after
        assert following.at <= now
        assert before is None or before <= following.at
        state, before = after, following.at


@given(schedules())
def test_a_scheduled_meeting_ends_closed_however_late_anyone_looks(schedule: Schedule) -> None:
    last = owed(replace(schedule, state=S), at(100_000))
    expected = [Move.LOBBY] * (schedule.lobby > timedelta(0)) + [Move.OPEN, Move.CLOSE]
    assert [step.move for step, _ in last] == expected
    assert last[-1][0].at == schedule.closes_at


def test_only_the_meetings_that_owe_something_have_a_due_move() -> None:
    schedule = Schedule(S, NINE, at(60), timedelta(minutes=15), timedelta(minutes=2), at(60))
    found = {state: due(replace(schedule, state=state)) for state in State}
    assert {state: (one.move, one.at) for state, one in found.items() if one} == {
        S: (Move.LOBBY, at(-15)),
        L: (Move.OPEN, NINE),
        O: (Move.CLOSE, at(60)),
        C: (Move.SETTLE, at(62)),
    }


def test_a_meeting_without_a_lobby_opens_straight_away() -> None:
    schedule = Schedule(S, NINE, at(60), timedelta(0), timedelta(0))
    assert [(step.move, state) for step, state in owed(schedule, NINE)] == [(Move.OPEN, O)]
    assert state_at(schedule, NINE - timedelta(microseconds=1)) is S
