"""The clock: it beats, says that it lives, outlives faults and a database that is away, and stops."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consult import scheduler
from consult.attendance import leases, settle
from consult.attendance.models import Lease, Settlement
from consult.config import Settings
from consult.core import clock
from consult.core.store import Store, Work, open_store
from consult.meetings.lifecycle import State
from consult.meetings.models import LogHead, Meeting, Transition
from consult.scheduler import JOBS, Clock, Job
from tests.support.cast import cast
from tests.support.net import free_port
from tests.support.wait import until


def states(store: Store) -> dict[int, str]:
    with store.read() as work:
        return dict(work.db.execute(select(Meeting.id, Meeting.state)).all())  # type: ignore[arg-type]


def lease(store: Store, process: str = "one") -> Lease | None:
    with store.read() as work:
        return work.db.get(Lease, process)


def change(store: Store, meeting_id: int, **values: Any) -> None:
    def set_values(work: Work) -> None:
        for name, value in values.items():
            setattr(work.db.get_one(Meeting, meeting_id), name, value)

    store.write(set_values)


def soon() -> dict[str, datetime]:
    now = clock.now()
    return {"opens_at": now + timedelta(seconds=0.6), "closes_at": now + timedelta(hours=1)}


def test_running_clock_opens_a_meeting_by_itself(store: Store) -> None:
    meeting = cast(store).meeting(**soon())
    running = Clock(store, Settings(), "one")
    running.start()
    until(lambda: states(store)[meeting] == State.OPEN, 10, "the meeting to open")
    running.stop()
    with store.read() as work:
        moved = work.db.scalars(select(Transition).order_by(Transition.revision)).all()
        planned = work.db.get_one(Meeting, meeting).opens_at
    assert [one.to_state for one in moved] == [State.LOBBY, State.OPEN]
    assert moved[-1].at == planned
    assert moved[-1].done_at - planned < timedelta(seconds=2)


def test_clock_says_that_it_lives_and_that_it_ends(store: Store) -> None:
    one = Clock(store, Settings(), "one")
    one.start()
    first = lease(store)
    assert first is not None
    assert (first.kind, first.ended_at) == (leases.CLOCK, None)
    one.stop()
    last = lease(store)
    assert last is not None
    assert last.ended_at is not None


def test_lease_is_renewed_in_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "EVERY", timedelta(seconds=0.1))
    one = Clock(store, Settings(), "one")
    one.start()
    first = lease(store)
    until(lambda: lease(store).renewed_at > first.renewed_at, 5, "the lease to be renewed")  # type: ignore[union-attr]
    one.stop()


def test_job_that_fails_stops_neither_the_beat_nor_the_others(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def fail(_work: Work) -> int:
        done.append("failed")
        raise RuntimeError("a fault of ours")

    def succeed(_work: Work) -> int:
        done.append("done")
        return 0

    monkeypatch.setattr(scheduler, "JOBS", (Job("first", 0, fail), Job("second", 0, succeed)))
    one = Clock(sqlite_store, Settings(), "one")
    one.start()
    until(lambda: done.count("done") > 3, 10, "the beat to go on")
    assert one.alive()
    one.stop()
    assert done.count("failed") >= done.count("done")


def test_clock_that_keeps_failing_is_still_alive(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To start it again would mend nothing, and would take the web server with it."""

    def fail(_work: Work) -> int:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(scheduler, "STOPPED", 0.05)
    monkeypatch.setattr(scheduler, "JOBS", (Job("first", 0, fail),))
    one = Clock(sqlite_store, Settings(), "one")
    time.sleep(0.1)
    assert not one.alive()
    one.beat()
    assert one.alive()


def test_long_work_is_a_sign_of_life(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    one = Clock(sqlite_store, Settings(), "one")

    def work_long(_work: Work) -> int:
        seen.append(one.alive())
        time.sleep(0.15)
        return 1 if len(seen) < 4 else 0

    monkeypatch.setattr(scheduler, "STOPPED", 0.25)
    monkeypatch.setattr(scheduler, "JOBS", (Job("long", 0, work_long, at_once=1),))
    one._due = {"long": 0.0}
    one.beat()
    assert seen == [True] * 4


@pytest.mark.parametrize("broken", ["moved", "settled"])
def test_meeting_that_can_not_be_moved_holds_up_no_other(store: Store, broken: str) -> None:
    people = cast(store)
    opened = clock.now() - timedelta(hours=2)
    times = {"opens_at": opened, "closes_at": opened + timedelta(hours=1)}
    bad, good = people.meeting(**times), people.meeting(**times)

    def spoil(work: Work) -> None:
        meeting = work.db.get_one(Meeting, bad)
        if broken == "moved":
            work.db.delete(work.db.get_one(LogHead, bad))
        else:
            meeting.rule = {**meeting.rule, "version": "of long ago"}

    store.write(spoil)
    one = Clock(store, Settings(), "one")
    one.beat()
    assert states(store) == {good: State.SETTLED, bad: State.SCHEDULED if broken == "moved" else State.CLOSED}
    with store.read() as work:
        assert work.db.get_one(Meeting, bad).due_at > work.now  # type: ignore[operator]
        assert not scheduler.something_is_due(work)
        assert work.db.scalar(select(func.count()).where(Settlement.meeting_id == bad)) == 0


def test_meeting_put_off_is_moved_at_its_time_once_it_is_mended(store: Store) -> None:
    people = cast(store)
    opened = clock.now() - timedelta(hours=2)
    meeting = people.meeting(opens_at=opened, closes_at=opened + timedelta(hours=1))
    with store.read() as work:
        rule = work.db.get_one(Meeting, meeting).rule
    change(store, meeting, rule={**rule, "version": "of long ago"})
    one = Clock(store, Settings(), "one")
    one.beat()
    change(store, meeting, rule=rule)
    later = clock.now() + timedelta(minutes=2)
    store.write_at(later, settle.settle_due)
    with store.read() as work:
        settled = work.db.scalars(select(Transition).order_by(Transition.revision.desc())).first()
    assert settled is not None
    assert (settled.to_state, settled.at) == (State.SETTLED, opened + timedelta(hours=1, seconds=120))


def test_all_that_is_due_is_done_in_one_beat(sqlite_store: Store) -> None:
    people = cast(sqlite_store)
    opened = clock.now() - timedelta(hours=2)
    for _ in range(settle.AT_ONCE + 3):
        people.meeting(opens_at=opened, closes_at=opened + timedelta(hours=1))
    Clock(sqlite_store, Settings(), "one").beat()
    assert set(states(sqlite_store).values()) == {State.SETTLED}


def test_database_away_is_waited_for(
    sqlite_store: Store, tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = cast(sqlite_store).meeting(**soon())
    file, aside = tmp_path / "test.sqlite", tmp_path / "aside.sqlite"
    sqlite_store.close()
    file.rename(aside)
    file.mkdir()
    store = open_store(sqlite_url)
    one = Clock(store, Settings(), "one")
    one.start()
    until(lambda: "can't reach the database" in caplog.text, 10, "the clock to say so")
    assert one.alive()
    assert "unable to open database file" in caplog.text
    file.rmdir()
    aside.rename(file)
    until(lambda: states(store)[meeting] == State.OPEN, 10, "the meeting to open")
    one.stop()
    store.close()


def test_clock_stops_while_the_database_is_away() -> None:
    store = open_store(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    one = Clock(store, Settings(), "one")
    one.start()
    begun = time.monotonic()
    one.stop()
    store.close()
    assert time.monotonic() - begun < 8


def test_stopping_clock_does_not_begin_more(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def endless(_work: Work) -> int:
        begun.set()
        return 1

    monkeypatch.setattr(scheduler, "JOBS", (Job("endless", 0, endless, at_once=1),))
    one = Clock(sqlite_store, Settings(), "one")
    started = threading.Thread(target=one.beat, daemon=True)
    started.start()
    begun.wait(10)
    one._scheduler.start()
    one.stop()
    started.join(10)
    assert not started.is_alive()


def test_jobs_have_different_names() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
