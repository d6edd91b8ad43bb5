"""The store: one transaction for many verbs, a refusal undoes only its own, told only after commit."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from consult.core.errors import Busy, NotNow
from consult.core.store import Store, Work, open_store
from consult.members.models import Level, Unit
from tests.support.net import free_port


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


def test_reader_sees_one_instant_while_others_write(store: Store) -> None:
    with store.read() as work:
        count = select(func.count()).select_from(Unit)
        assert work.db.scalar(count) == 0
        store.write(add_unit, "a")
        assert work.db.scalar(count) == 0


def test_close_finishes_what_waits(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    _, go_on = hold(store)
    waiting = [store.submit(add_unit, f"unit {number}") for number in range(5)]
    threading.Timer(0.1, go_on.set).start()
    store.close()
    assert all(future.done() for future in waiting)


def test_result_stays_usable_when_a_later_verb_on_the_same_row_is_refused(sqlite_store: Store) -> None:
    unit_id = sqlite_store.write(add_unit, "a")

    def rename(work: Work, name: str, refuse: bool) -> Unit:
        unit = work.db.get_one(Unit, unit_id)
        unit.name = name
        work.db.flush()
        if refuse:
            raise NotNow
        return unit

    _, go_on = hold(sqlite_store)
    good = sqlite_store.submit(rename, "b", refuse=False)
    bad = sqlite_store.submit(rename, "c", refuse=True)
    go_on.set()
    with pytest.raises(NotNow):
        bad.result()
    assert good.result().name == "b"


def test_what_a_reader_writes_is_not_kept(store: Store) -> None:
    with suppress(DBAPIError), store.read() as work:
        add_unit(work, "a")
    assert names(store) == []


def test_verb_that_spoils_its_transaction_spoils_no_other(store: Store) -> None:
    def spoil(work: Work) -> None:
        add_unit(work, "spoilt")
        work.db.connection().invalidate()
        add_unit(work, "worse")

    _, go_on = hold(store)
    good, bad, also_good = store.submit(add_unit, "a"), store.submit(spoil), store.submit(add_unit, "b")
    go_on.set()
    good.result(10)
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever it is, it is told to who asked
        bad.result(10)
    also_good.result(10)
    assert names(store) == ["a", "b"]


def test_failed_constraint_undoes_only_its_own_verb(store: Store) -> None:
    def clash(work: Work) -> None:
        work.db.add(Unit(id=store_id, path="/", name="clash", level=Level.COUNTY, created_at=work.now))

    store_id = store.write(add_unit, "a")
    _, go_on = hold(store)
    good, bad, also_good = store.submit(add_unit, "b"), store.submit(clash), store.submit(add_unit, "c")
    go_on.set()
    good.result(10)
    with pytest.raises(IntegrityError):
        bad.result(10)
    also_good.result(10)
    assert names(store) == ["a", "b", "c"]


def test_many_waiting_for_a_locked_database_are_all_refused_at_once(sqlite_url: str) -> None:
    ours, other = open_store(sqlite_url), open_store(sqlite_url)
    _, go_on = hold(other)
    begun = time.monotonic()
    waiting = [ours.submit(add_unit, f"unit {number}") for number in range(100)]
    for future in waiting:
        with pytest.raises(Busy):
            future.result(30)
    assert time.monotonic() - begun < 6  # two batches at most, and not a wait for each verb
    go_on.set()
    ours.write(add_unit, "a")
    assert names(ours) == ["a"]
    ours.close()
    other.close()


def test_row_held_by_a_stopped_process_is_a_refusal(postgres_url: str) -> None:
    ours, other = open_store(postgres_url), open_store(postgres_url)
    unit_id = ours.write(add_unit, "a")
    held, go_on = threading.Event(), threading.Event()

    def stop_in_the_middle(work: Work) -> None:
        rename(work, "b")
        held.set()
        go_on.wait(20)

    def rename(work: Work, name: str) -> None:
        work.db.get_one(Unit, unit_id).name = name
        work.db.flush()

    slow = other.submit(stop_in_the_middle)
    held.wait(10)
    waiting = [ours.submit(rename, f"unit {number}") for number in range(20)]
    for future in waiting:
        with pytest.raises(Busy):
            future.result(15)
    go_on.set()
    slow.result(10)
    assert names(ours) == ["b"]
    ours.close()
    other.close()


def test_unreachable_database_is_a_refusal_in_time() -> None:
    store = open_store(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    begun = time.monotonic()
    for future in [store.submit(add_unit, f"unit {number}") for number in range(50)]:
        with pytest.raises(Busy):
            future.result(20)
    with pytest.raises(Busy):
        names(store)
    assert time.monotonic() - begun < 6
    store.close()


def test_lost_connection_is_a_refusal_and_the_next_verb_is_done(postgres_url: str) -> None:
    store, admin = open_store(postgres_url), create_engine(postgres_url)
    tries = []

    def lose(work: Work) -> None:
        tries.append(work.db.scalar(select(func.pg_backend_pid())))
        terminate(tries[-1])
        add_unit(work, "lost")

    def lose_while_reading() -> None:
        with store.read() as work:
            terminate(work.db.scalar(select(func.pg_backend_pid())))
            work.db.scalar(select(func.count()).select_from(Unit))

    def terminate(pid: int | None) -> None:
        with admin.begin() as connection:
            connection.execute(select(func.pg_terminate_backend(pid)))

    with pytest.raises(Busy) as refused:
        store.write(lose)
    assert refused.value.__cause__ is not None  # so that a log can say why
    assert len(tries) == 2
    with pytest.raises(Busy):
        lose_while_reading()
    store.write(add_unit, "a")
    assert names(store) == ["a"]
    store.close()
    admin.dispose()


def test_verb_whose_commit_is_lost_is_not_done_again(postgres_url: str) -> None:
    """It may have been kept: to do it twice would be worse than to say that it must be looked at again."""
    store, admin = open_store(postgres_url), create_engine(postgres_url)
    tries = []

    def add(work: Work) -> None:
        tries.append(work.db.scalar(select(func.pg_backend_pid())))
        add_unit(work, "a")

    def lose(_connection: object) -> None:
        with admin.begin() as connection:
            connection.execute(select(func.pg_terminate_backend(tries[-1])))

    event.listen(store.engine, "commit", lose, once=True)
    with pytest.raises(Busy):
        store.write(add)
    assert len(tries) == 1
    store.close()
    admin.dispose()


def test_exhausted_pool_is_a_refusal(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    store = Store(engine)
    with engine.connect():
        with pytest.raises(Busy):
            store.write(add_unit, "a")
        with pytest.raises(Busy), store.read() as work:
            work.db.scalar(select(Unit.id))
    store.write(add_unit, "a")
    store.close()


def test_closed_store_refuses_rather_than_keeps_waiting(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    store.close()
    with pytest.raises(Busy):
        store.submit(add_unit, "a").result(5)


def test_close_does_not_hang_when_more_wait_than_there_is_room_for(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consult.core.store.MAX_WAITING", 5)
    store = open_store(sqlite_url)
    _, go_on = hold(store)
    waiting = [store.submit(add_unit, f"unit {number}") for number in range(8)]
    threading.Timer(0.1, go_on.set).start()
    store.close()
    refused = [future for future in waiting if isinstance(future.exception(5), Busy)]
    assert len(refused) == 3
