"""The store: one transaction for many verbs, a refusal undoes only its own, told only after commit."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import event, func, select

from consult.core.errors import Busy, NotNow
from consult.core.store import Store, Work, open_store
from consult.members.models import Level, Unit


@dataclass(frozen=True)
class Added:
    name: str


def add_unit(work: Work, name: str) -> int:
    unit = Unit(path="/", name=name, level=Level.COUNTY, created_at=work.now)
    work.db.add(unit)
    work.db.flush()
    work.record(Added(name))
    return unit.id


def add_and_refuse(work: Work, name: str) -> int:
    add_unit(work, name)
    raise NotNow


def names(store: Store) -> list[str]:
    with store.read() as work:
        return list(work.db.scalars(select(Unit.name).order_by(Unit.name)))


def hold(store: Store) -> tuple[threading.Event, threading.Event]:
    """Keeps the writer busy until the second event is set; the first says that it is."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(work: Work) -> None:
        work.db.scalar(select(Unit.id))  # so that the transaction has begun
        begun.set()
        go_on.wait(10)

    store.submit(wait)
    begun.wait(10)
    return begun, go_on


def test_write_returns_after_commit(store: Store) -> None:
    store.write(add_unit, "a")
    assert names(store) == ["a"]


def test_refused_verb_leaves_nothing_and_others_stay(store: Store) -> None:
    _, go_on = hold(store)
    good, bad, also_good = (
        store.submit(add_unit, "a"),
        store.submit(add_and_refuse, "b"),
        store.submit(add_unit, "c"),
    )
    go_on.set()
    assert good.result() != also_good.result()
    with pytest.raises(NotNow):
        bad.result()
    assert names(store) == ["a", "c"]


def test_verbs_that_wait_share_one_transaction(store: Store) -> None:
    commits = []
    event.listen(store.engine, "commit", lambda _: commits.append(1))
    _, go_on = hold(store)
    waiting = [store.submit(add_unit, f"unit {number}") for number in range(50)]
    go_on.set()
    for future in waiting:
        future.result()
    assert len(names(store)) == 50
    assert len(commits) == 2  # the one that held the writer, and one for all fifty


def test_listeners_are_told_after_commit_and_not_of_refusals(store: Store) -> None:
    told: list[tuple[str, list[str]]] = []
    store.on(Added, lambda added: told.append((added.name, names(store))))
    store.write(add_unit, "a")
    with pytest.raises(NotNow):
        store.write(add_and_refuse, "b")
    assert told == [("a", ["a"])]


def test_failing_listener_does_not_undo(store: Store) -> None:
    def fail(_added: Added) -> None:
        raise RuntimeError("deaf")

    store.on(Added, fail)
    store.write(add_unit, "a")
    assert names(store) == ["a"]


def test_instant_is_an_argument(store: Store) -> None:
    at = datetime.fromisoformat("2026-03-01T09:00:00+08:00")
    assert store.write_at(at, lambda work: work.now) == at


def test_times_come_back_aware_and_equal(store: Store) -> None:
    at = datetime.fromisoformat("2026-03-01T09:00:00.123456+08:00")
    store.write_at(at, add_unit, "a")
    with store.read() as work:
        assert work.db.scalar(select(Unit.created_at)) == at


def test_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        store.write_at(datetime(2026, 3, 1), add_unit, "a")  # noqa: DTZ001
    assert names(store) == []


def test_batch_lost_as_a_whole_is_tried_verb_by_verb(postgres_url: str) -> None:
    """Two processes that lock the same rows in opposite order: PostgreSQL ends one; both verbs are done."""
    stores = [open_store(postgres_url), open_store(postgres_url)]
    first = stores[0].write(add_unit, "first")
    second = stores[0].write(add_unit, "second")
    meet = threading.Barrier(2, timeout=10)
    tries = []

    def rename(work: Work, ids: tuple[int, int]) -> None:
        tries.append(ids)
        for number, unit_id in enumerate(ids):
            unit = work.db.execute(select(Unit).where(Unit.id == unit_id).with_for_update()).scalar_one()
            unit.name += "x"
            work.db.flush()
            if number == 0 and len(tries) <= 2:
                meet.wait()

    futures = [
        stores[0].submit(rename, (first, second)),
        stores[1].submit(rename, (second, first)),
    ]
    for future in futures:
        future.result(20)
    assert len(tries) == 3
    assert names(stores[0]) == ["firstxx", "secondxx"]
    for store in stores:
        store.close()


def test_locked_database_is_a_refusal_that_says_when_to_try_again(sqlite_url: str) -> None:
    ours, other = open_store(sqlite_url), open_store(sqlite_url)
    _, go_on = hold(other)  # inside BEGIN IMMEDIATE
    with pytest.raises(Busy) as refused:
        ours.write(add_unit, "a")
    assert refused.value.retry_after
    go_on.set()
    ours.write(add_unit, "a")
    assert names(ours) == ["a"]
    ours.close()
    other.close()


def test_reader_sees_one_instant_while_others_write(sqlite_store: Store) -> None:
    with sqlite_store.read() as work:
        count = select(func.count()).select_from(Unit)
        assert work.db.scalar(count) == 0
        sqlite_store.write(add_unit, "a")
        assert work.db.scalar(count) == 0


def test_close_finishes_what_waits(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    _, go_on = hold(store)
    waiting = [store.submit(add_unit, f"unit {number}") for number in range(5)]
    threading.Timer(0.1, go_on.set).start()
    store.close()
    assert all(future.done() for future in waiting)
