"""Many at once on one database: clocks, editors, forms. Each thing happens once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from consult.config import Settings
from consult.core import clock
from consult.core.errors import Stale
from consult.core.store import Store, Work, open_store
from consult.meetings import conduct, log, moves, scheduling
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import LogHead, Meeting, Transition
from consult.scheduler import Clock, something_is_due
from tests.meetings.people import People, gather
from tests.support.cast import at
from tests.support.wait import until

MEETINGS = 40


@pytest.fixture
def stores(database_url: str) -> Iterator[list[Store]]:
    """Two processes' worth of stores on one database."""
    with ExitStack() as stack:
        opened = [open_store(database_url) for _ in range(2)]
        for store in opened:
            stack.callback(store.close)
        yield opened


def at_once(*acts: Callable[[], object]) -> list[BaseException | object]:
    """Does them in threads that start together; what each returned or raised."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)  # type: ignore[var-annotated]

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def due_meetings(people: People) -> None:
    """Meetings that should have gone through their whole lives a while ago."""
    opened = clock.now() - timedelta(hours=5)
    for _ in range(MEETINGS):
        people.store.write_at(
            opened - timedelta(days=1),
            scheduling.schedule,
            people.office,
            people.cast.county,
            people.plan(opens_at=opened, closes_at=opened + timedelta(hours=1)),
        )


def owing(store: Store) -> bool:
    with store.read() as work:
        return something_is_due(work)


def test_two_clocks_move_each_meeting_once(stores: list[Store]) -> None:
    due_meetings(gather(stores[0]))
    clocks = [Clock(store, Settings(), f"clock-{number}") for number, store in enumerate(stores)]

    def beat_until_all_is_done(one: Clock) -> None:
        until(lambda: one.beat() or not owing(stores[0]), 20, "nothing to be due any more")

    at_once(*(lambda one=one: beat_until_all_is_done(one) for one in clocks))
    with stores[0].read() as work:
        made = Counter(tuple(row) for row in work.db.execute(select(Transition.meeting_id, Transition.move)))
        states = Counter(work.db.scalars(select(Meeting.state)))
        heads = set(work.db.scalars(select(LogHead.seq)))
        entries = [
            one.entry.seq for one in log.after(work, work.db.scalars(select(Meeting.id)).first() or 0, 0)
        ]
    assert states == {State.SETTLED: MEETINGS}
    assert set(made.values()) == {1}
    assert len(made) == 5 * MEETINGS
    assert heads == {5}
    assert entries == [1, 2, 3, 4, 5]


def test_a_clock_and_an_office_never_both_move_a_meeting(stores: list[Store]) -> None:
    people = gather(stores[0])
    for _ in range(8):
        meeting = people.meeting()
        results = at_once(
            lambda: stores[0].write_at(at(60), moves.advance_due),
            lambda meeting=meeting: stores[1].write_at(
                at(59), conduct.extend, people.office, meeting.id, 1, timedelta(minutes=15)
            ),
        )
        with stores[0].read() as work:
            closed = work.db.scalar(
                select(func.count()).where(Transition.meeting_id == meeting.id, Transition.move == "close")
            )
            revisions = work.db.scalars(
                select(Transition.revision).where(Transition.meeting_id == meeting.id)
            ).all()
        extended = isinstance(results[1], Meeting)
        assert closed == (0 if extended else 1)
        assert sorted(revisions) == list(range(1, len(revisions) + 1))


def test_a_move_that_another_made_meanwhile_is_not_made_again(people: People) -> None:
    meeting_id = people.meeting().id

    def raced(work: Work) -> tuple[bool, str]:
        meeting = work.db.get_one(Meeting, meeting_id)
        elsewhere = update(Meeting).where(Meeting.id == meeting_id)
        moved = elsewhere.values(state=State.LOBBY, revision=Meeting.revision + 1)
        work.db.execute(moved.execution_options(synchronize_session=False))
        return moves.move(work, meeting, Move.LOBBY, at=at(-15)), meeting.state

    assert people.store.write_at(at(-15), raced) == (False, State.LOBBY)
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(Transition)) == 1


def test_of_two_editors_at_once_one_is_told(stores: list[Store]) -> None:
    people = gather(stores[0])
    meeting = people.meeting()
    results = at_once(
        *(
            lambda store=store, title=title: store.write_at(
                at(-60), scheduling.edit, people.office, meeting.id, 1, people.plan(title=title)
            )
            for store, title in zip(stores, ("甲", "乙"), strict=True)
        )
    )
    kept = [one for one in results if isinstance(one, Meeting)]
    told = [one for one in results if isinstance(one, Stale)]
    assert (len(kept), len(told)) == (1, 1)
    with stores[0].read() as work:
        stored = work.db.get_one(Meeting, meeting.id)
    assert (stored.title, stored.version) == (kept[0].title, 2)


def test_a_form_sent_to_two_processes_makes_one_meeting(stores: list[Store]) -> None:
    people = gather(stores[0])
    results = at_once(
        *(
            lambda store=store: store.write_at(
                at(-60),
                scheduling.schedule,
                people.office,
                people.cast.county,
                people.plan(),
                form_key="k" * 20,
            )
            for store in stores
        )
    )
    made = {one.id for one in results if isinstance(one, Meeting)}
    assert len(made) == 1
    with stores[0].read() as work:
        assert work.db.scalar(select(func.count()).select_from(Meeting)) == 1
