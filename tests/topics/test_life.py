"""The topic's life: where each move leads, and how far a planned topic has come."""

from __future__ import annotations

from datetime import date

import pytest

from consult.topics import life
from consult.topics.life import Move, Standing, State


def test_a_state_allows_what_the_table_says_and_nothing_else() -> None:
    assert {state: set(life.moves_from(state)) for state in State} == {
        State.DRAFT: {Move.SHORTLIST, Move.MERGE, Move.PLAN},
        State.PROPOSED: {Move.WITHDRAW, Move.SHORTLIST, Move.REJECT, Move.MERGE, Move.PLAN},
        State.SHORTLISTED: {Move.REJECT, Move.MERGE, Move.PLAN, Move.BACK},
        State.PLANNED: {Move.PLAN, Move.DROP},
        State.MERGED: {Move.BACK},
        State.REJECTED: {Move.BACK},
        State.WITHDRAWN: set(),
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_no_move_leads_elsewhere_than_to_a_state(state: State, move: Move) -> None:
    if not life.allows(state, move):
        with pytest.raises(KeyError):
            life.after(state, move, proposed=True)
    else:
        assert isinstance(life.after(state, move, proposed=True), State)


@pytest.mark.parametrize("state", [State.SHORTLISTED, State.MERGED, State.REJECTED])
def test_an_undone_decision_leaves_the_topic_as_it_came(state: State) -> None:
    assert life.after(state, Move.BACK, proposed=True) is State.PROPOSED
    assert life.after(state, Move.BACK, proposed=False) is State.DRAFT


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Standing.PLANNED),
        ({"today": date(2026, 12, 31)}, Standing.PLANNED),
        ({"today": date(2027, 1, 1)}, Standing.OVERDUE),
        ({"month": 6, "today": date(2026, 6, 30)}, Standing.PLANNED),
        ({"month": 6, "today": date(2026, 7, 1)}, Standing.OVERDUE),
        ({"month": 6, "today": date(2026, 7, 1), "scheduled": True}, Standing.SCHEDULED),
        ({"today": date(2027, 1, 1), "held": True}, Standing.CONSULTED),
        ({"held": True, "scheduled": True}, Standing.CONSULTED),
        ({"held": True, "reported": True}, Standing.REPORTED),
        ({"reported": True}, Standing.PLANNED),
    ],
)
def test_standing_of_a_planned_topic(facts: dict[str, object], expected: Standing) -> None:
    given: dict[str, object] = {
        "scheduled": False, "held": False, "reported": False, "year": 2026, "month": None,
        "today": date(2026, 3, 1),
    }  # fmt: skip
    assert life.standing(**{**given, **facts}) is expected  # type: ignore[arg-type]
