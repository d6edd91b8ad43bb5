"""Holding a meeting: opened, extended, closed and reopened by hand; leave; no clock alive; every role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.core.store import Store
from consult.meetings import conduct, log, moves, scheduling
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Entry, Expected, Kind, Meeting
from tests.meetings.people import People
from tests.meetings.test_scheduling import found, steps
from tests.support.cast import NINE, at

QUARTER = timedelta(minutes=15)


def states_in_log(store: Store, meeting_id: int) -> list[tuple[str, datetime]]:
    with store.read() as work:
        said = log.after(work, meeting_id, 0)
    return [
        (one.content.text, one.entry.at)
        for one in said
        if one.entry.kind == Kind.STATE and one.content is not None
    ]


# By hand


def test_a_meeting_opened_early_ends_as_planned(people: People) -> None:
    meeting = people.meeting()
    opened = people.store.write_at(at(-10), conduct.open_early, people.office, meeting.id, 1)
    assert (opened.state, opened.opened_at, opened.opens_at) == (State.OPEN, at(-10), NINE)
    assert (opened.due_move, opened.due_at) == (Move.CLOSE, at(60))
    assert [step for step, _, _ in steps(people.store, meeting.id)] == [
        Move.SCHEDULE, Move.LOBBY, Move.OPEN
    ]  # fmt: skip


def test_a_meeting_far_ahead_is_rescheduled_rather_than_opened(people: People) -> None:
    meeting = people.meeting(opens_at=at(24 * 60), closes_at=at(25 * 60))
    with pytest.raises(NotNow):
        people.store.write_at(at(-1), conduct.open_early, people.office, meeting.id, 1)
    assert people.store.write_at(NINE, conduct.open_early, people.office, meeting.id, 1).state == State.OPEN


def test_an_extended_meeting_closes_that_much_later(people: People) -> None:
    meeting = people.meeting()
    extended = people.store.write_at(at(59), conduct.extend, people.office, meeting.id, 1, QUARTER)
    assert (extended.closes_at, extended.due_at, extended.state) == (at(75), at(75), State.OPEN)
    with pytest.raises(Stale):
        people.store.write_at(at(59), conduct.extend, people.office, meeting.id, 1, QUARTER)
    assert found(people.store, meeting.id).closes_at == at(75)
    with people.store.read(at(74)) as work:
        assert moves.state_now(extended, work.now) == State.OPEN


@pytest.mark.parametrize("by", [timedelta(0), timedelta(minutes=-5), timedelta(days=14)])
def test_an_extension_is_a_time_within_a_meeting_s_length(people: People, by: timedelta) -> None:
    meeting = people.meeting()
    with pytest.raises(Invalid):
        people.store.write_at(at(5), conduct.extend, people.office, meeting.id, 1, by)
    assert found(people.store, meeting.id).closes_at == at(60)


def test_what_comes_after_the_end_is_too_late_to_extend(people: People) -> None:
    meeting = people.meeting()
    with pytest.raises(NotNow):
        people.store.write_at(at(60), conduct.extend, people.office, meeting.id, 1, QUARTER)


def test_a_meeting_closed_early_is_settled_after_its_grace(people: People) -> None:
    meeting = people.meeting()
    closed = people.store.write_at(at(30), conduct.close_early, people.office, meeting.id, 1)
    assert (closed.state, closed.closed_at) == (State.CLOSED, at(30))
    assert (closed.due_move, closed.due_at) == (Move.SETTLE, at(32))


def test_a_reopened_meeting_is_open_twice(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(at(30), conduct.close_early, people.office, meeting.id, 1)
    again = people.store.write_at(
        at(31), conduct.reopen, people.office, meeting.id, 2, "误按结束", timedelta(minutes=20)
    )
    assert (again.state, again.closes_at, again.closed_at) == (State.OPEN, at(51), None)
    assert (again.due_move, again.due_at) == (Move.CLOSE, at(51))
    people.store.write_at(at(60), moves.advance_due)
    with people.store.read(at(60)) as work:
        periods = moves.periods(work, work.db.get_one(Meeting, meeting.id))
    assert periods == [(NINE, at(30)), (at(31), at(51))]


def test_a_meeting_is_reopened_with_a_reason_until_it_is_settled(people: People) -> None:
    meeting = people.meeting()
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(at(61), conduct.reopen, people.office, meeting.id, 1, "", QUARTER)
    assert refusal.value.field == "reason"
    people.store.write_at(at(62), _settle, meeting.id)
    with pytest.raises(NotNow):
        people.store.write_at(at(63), conduct.reopen, people.office, meeting.id, 1, "误按", QUARTER)


def _settle(work: Any, meeting_id: int) -> None:
    meeting = work.db.get_one(Meeting, meeting_id)
    moves.catch_up(work, meeting)
    moves.move(work, meeting, Move.SETTLE, at=work.now)


# With no clock alive


def test_a_verb_records_what_was_due_at_the_instant_it_was_due(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(at(20), conduct.extend, people.office, meeting.id, 1, QUARTER)
    assert steps(people.store, meeting.id) == [
        (Move.SCHEDULE, State.SCHEDULED, at(-24 * 60)),
        (Move.LOBBY, State.LOBBY, at(-15)),
        (Move.OPEN, State.OPEN, NINE),
        (Move.EXTEND, State.OPEN, at(20)),
    ]
    assert found(people.store, meeting.id).opened_at == NINE
    assert states_in_log(people.store, meeting.id) == [
        ("scheduled", at(-24 * 60)), ("lobby", at(-15)), ("open", NINE), ("open", at(20))
    ]  # fmt: skip


def test_the_log_of_a_meeting_nobody_watched_is_whole(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(at(24 * 60), moves.advance_due)
    assert [step for step, _, _ in steps(people.store, meeting.id)] == [
        Move.SCHEDULE, Move.LOBBY, Move.OPEN, Move.CLOSE
    ]  # fmt: skip
    with people.store.read() as work:
        numbers = [row.seq for row in work.db.query(Entry).order_by(Entry.seq)]
    assert numbers == [1, 2, 3, 4]


# Each state, each verb

BY_HAND: dict[Move, Callable[[People, int, int, datetime], object]] = {
    Move.SCHEDULE: lambda p, m, v, now: p.store.write_at(
        now, scheduling.edit, p.office, m, v, p.plan(opens_at=at(300), closes_at=at(360)), put_on=True
    ),
    Move.RESCHEDULE: lambda p, m, v, now: p.store.write_at(
        now, scheduling.reschedule, p.office, m, v, at(300), at(360)
    ),
    Move.POSTPONE: lambda p, m, v, now: p.store.write_at(now, scheduling.postpone, p.office, m, v, "雨雪"),
    Move.CANCEL: lambda p, m, v, now: p.store.write_at(now, scheduling.cancel, p.office, m, v, "另行安排"),
    Move.OPEN: lambda p, m, v, now: p.store.write_at(now, conduct.open_early, p.office, m, v),
    Move.EXTEND: lambda p, m, v, now: p.store.write_at(now, conduct.extend, p.office, m, v, QUARTER),
    Move.CLOSE: lambda p, m, v, now: p.store.write_at(now, conduct.close_early, p.office, m, v),
    Move.REOPEN: lambda p, m, v, now: p.store.write_at(
        now, conduct.reopen, p.office, m, v, "误按结束", QUARTER
    ),
}
WHEN = {State.SCHEDULED: at(-60), State.LOBBY: at(-5), State.OPEN: at(30), State.CLOSED: at(61)}


def brought_to(people: People, state: State) -> tuple[Meeting, datetime]:
    """A meeting in that state, and a time at which it is in it."""
    meeting = people.meeting(draft=state is State.DRAFT)
    if state is State.POSTPONED:
        return people.store.write_at(at(-60), scheduling.postpone, people.office, meeting.id, 1, "雨"), at(
            -50
        )
    if state is State.CANCELLED:
        return people.store.write_at(at(-60), scheduling.cancel, people.office, meeting.id, 1, "雨"), at(-50)
    if state in (State.SETTLED, State.ARCHIVED):
        people.store.write_at(at(62), _settle, meeting.id)
    if state is State.ARCHIVED:
        people.store.write_at(at(62), _archive, meeting.id)
    return meeting, WHEN.get(state, at(-60) if state is State.DRAFT else at(63))


def _archive(work: Any, meeting_id: int) -> None:
    moves.move(work, work.db.get_one(Meeting, meeting_id), Move.ARCHIVE, at=work.now)


PAIRS = [
    (state, step)
    for state in State
    for step in BY_HAND
    # Where times can be edited, editing is rescheduling.
    if not (step is Move.SCHEDULE and (state, Move.RESCHEDULE) in MOVES)
]


@pytest.mark.parametrize(("state", "step"), PAIRS)
def test_a_verb_makes_its_move_where_the_table_has_it(
    sqlite_people: People, state: State, step: Move
) -> None:
    people = sqlite_people
    meeting, now = brought_to(people, state)
    if (state, step) in MOVES:
        after = BY_HAND[step](people, meeting.id, meeting.version, now)
        assert isinstance(after, Meeting)
        assert after.state == MOVES[state, step]
        assert after.version == meeting.version + 1
        assert steps(people.store, meeting.id)[-1][0] == step
        return
    before = found(people.store, meeting.id)
    with pytest.raises(NotNow):
        BY_HAND[step](people, meeting.id, meeting.version, now)
    after_refusal = found(people.store, meeting.id)
    assert (after_refusal.state, after_refusal.revision) == (before.state, before.revision)
    assert after_refusal.version == before.version


# Each role, each verb

VERBS: dict[str, Callable[[People, Any, int], object]] = {
    "edit": lambda p, a, m: p.store.write_at(at(-60), scheduling.edit, a, m, 1, p.plan(title="供水")),
    "reschedule": lambda p, a, m: p.store.write_at(at(-60), scheduling.reschedule, a, m, 1, at(300), at(360)),
    "postpone": lambda p, a, m: p.store.write_at(at(-60), scheduling.postpone, a, m, 1, "雨雪"),
    "cancel": lambda p, a, m: p.store.write_at(at(-60), scheduling.cancel, a, m, 1, "另行安排"),
    "refresh": lambda p, a, m: p.store.write_at(at(-60), scheduling.refresh_audience, a, m, 1),
    "open": lambda p, a, m: p.store.write_at(at(-60), conduct.open_early, a, m, 1),
    "extend": lambda p, a, m: p.store.write_at(at(30), conduct.extend, a, m, 1, QUARTER),
    "close": lambda p, a, m: p.store.write_at(at(30), conduct.close_early, a, m, 1),
    "reopen": lambda p, a, m: p.store.write_at(at(61), conduct.reopen, a, m, 1, "误按", QUARTER),
    "excuse": lambda p, a, m: p.store.write_at(
        at(-60), conduct.excuse, a, m, p.cast.seats[p.cast.wang], "住院"
    ),
    "unexcuse": lambda p, a, m: p.store.write_at(at(-60), conduct.unexcuse, a, m, p.cast.seats[p.cast.wang]),
}
ROLES: dict[str, type[Refusal] | None] = {
    "office": None,
    "administrator": None,
    "province_office": None,
    "reader": NotAllowed,
    "wang": NotAllowed,
    "both": NotAllowed,
    "other_office": Missing,
    "outsider": Missing,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ROLES)
def test_a_verb_is_its_host_s_office_s(sqlite_people: People, verb: str, role: str) -> None:
    people = sqlite_people
    meeting, refusal = people.meeting(), ROLES[role]
    if refusal is None:
        VERBS[verb](people, people.actor(role), meeting.id)
        return
    with pytest.raises(refusal):
        VERBS[verb](people, people.actor(role), meeting.id)
    after = found(people.store, meeting.id)
    assert (after.version, after.state) == (1, State.SCHEDULED)


@pytest.mark.parametrize("role", ["reader", "wang", "other_office", "outsider"])
def test_only_its_office_makes_meetings_for_a_unit(sqlite_people: People, role: str) -> None:
    people = sqlite_people
    with pytest.raises(NotAllowed if role == "reader" else Missing):
        people.store.write_at(
            at(-60), scheduling.schedule, people.actor(role), people.cast.county, people.plan()
        )


@pytest.mark.parametrize("role", ["wang", "outsider", "reader"])
def test_a_draft_is_known_to_its_office_alone(sqlite_people: People, role: str) -> None:
    people = sqlite_people
    meeting = people.meeting(draft=True)
    with pytest.raises(Missing):
        VERBS["edit"](people, people.actor(role), meeting.id)


# Leave


def test_leave_is_given_and_taken_back_until_the_meeting_is_settled(people: People) -> None:
    meeting, wang = people.meeting(), people.cast.seats[people.cast.wang]

    def row() -> Expected:
        with people.store.read() as work:
            return work.db.get_one(Expected, (meeting.id, wang))

    people.store.write_at(at(-60), conduct.excuse, people.office, meeting.id, wang, " 住院 ")
    assert (row().excused_at, row().excused_by, row().excused_reason) == (
        at(-60), people.cast.office, "住院"
    )  # fmt: skip
    people.store.write_at(at(61), conduct.unexcuse, people.office, meeting.id, wang)
    assert (row().excused_at, row().excused_reason) == (None, "")
    people.store.write_at(at(62), _settle, meeting.id)
    with pytest.raises(NotNow):
        people.store.write_at(at(63), conduct.excuse, people.office, meeting.id, wang, "住院")
    assert row().excused_at is None


def test_leave_needs_a_reason_and_someone_expected(people: People) -> None:
    meeting = people.meeting()
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(
            at(-60), conduct.excuse, people.office, meeting.id, people.cast.seats[people.cast.wang], " "
        )
    assert refusal.value.field == "reason"
    with pytest.raises(Missing):
        people.store.write_at(
            at(-60), conduct.excuse, people.office, meeting.id, people.cast.seats[people.cast.outsider], "病"
        )
