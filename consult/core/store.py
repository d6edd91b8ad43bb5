"""The database: one way to read, one way to write.

Reading opens a snapshot of its own. Writing hands a verb to the one writer thread of this process, which
runs what waits at the same moment in one transaction (group commit: one fsync for many), each verb in its
savepoint, so that one that is refused undoes only itself. A verb's caller has the result only after COMMIT,
and listeners are told of its events only then.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from consult.core import clock
from consult.core.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

MAX_BATCH = 200  # verbs in one transaction
MAX_WAITING = 20_000  # verbs waiting for the writer; beyond it we say so instead of growing
LOCK_WAIT_MS = 1500  # how long the database waits for another process before we refuse with Busy
PATIENCE = 2.5  # seconds in which the verbs of a batch that failed get a try of their own
CONNECT_WAIT = 2  # seconds to wait for a connection before we refuse with Busy
IDLE_MS = 15_000  # a process that stops in a transaction holds others up no longer than this

log = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """The base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. Refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass
class Work:
    """What a verb works with: the database, the instant it happens at, what it has to tell, and the zone by
    whose clocks the site lives."""

    db: Session
    now: datetime
    events: list[object] = field(default_factory=list)
    zone: tzinfo = UTC

    @property
    def today(self) -> date:
        """The day that it is on the site's calendar: by it seats and roles begin and end."""
        return self.now.astimezone(self.zone).date()

    def record(self, happened: object) -> None:
        """Listeners for this event's type are told after COMMIT; if the verb is refused, nobody is."""
        self.events.append(happened)


@dataclass
class _Job:
    verb: Callable[[Work], Any]
    now: datetime | None
    future: Future[Any]
    events: list[object] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None

    def refuse(self, error: Exception | None) -> None:
        """Nothing came of it but this error; None: it is yet to be tried."""
        self.result, self.error = None, error
        self.events.clear()

    def settle(self) -> None:
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Store:
    """One database, of a site in that zone. `close()` lets the writer finish what it has; whoever comes later
    is refused."""

    def __init__(self, engine: Engine, zone: tzinfo = UTC) -> None:
        self.engine = engine
        self._zone = zone
        self._reading = engine.execution_options(consult_read=True)
        if engine.dialect.name == "postgresql":  # as SQLite does: one instant, and nothing written
            self._reading = self._reading.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._gate = threading.Lock()
        self._closed = False
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}
        self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
        self._writer.start()

    def on(self, kind: type[T], listener: Callable[[T], None]) -> None:
        """Has the listener told of each such event after COMMIT, in the writer's thread: be quick."""
        self._listeners.setdefault(kind, []).append(listener)

    @contextmanager
    def read(self, now: datetime | None = None) -> Iterator[Work]:
        """A snapshot to read from. Refuses: Busy, when the database can't be reached."""
        with _busy_when_away(), Session(self._reading, expire_on_commit=False) as db:
            yield Work(db, now or clock.now(), zone=self._zone)

    def write(self, verb: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the verb in a transaction and returns its result after COMMIT; raises what it refuses."""
        return self.submit(verb, *args, **kwargs).result()

    def write_at(
        self, now: datetime, verb: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` at a given instant instead of the present one."""
        return self._enqueue(lambda work: verb(work, *args, **kwargs), now).result()

    def submit(self, verb: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """`write` without waiting: the future has the result after COMMIT."""
        return self._enqueue(lambda work: verb(work, *args, **kwargs), None)

    def close(self) -> None:
        with self._gate:
            self._closed = True
        self._jobs.put(None)
        self._writer.join()
        self.engine.dispose()

    def _enqueue(self, verb: Callable[[Work], T], now: datetime | None) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # a verb once asked for can't be called off
        with self._gate:
            try:
                if self._closed:
                    raise queue.Full
                self._jobs.put_nowait(_Job(verb, now, future))
            except queue.Full:
                future.set_exception(Busy(retry_after=5))
        return future

    def _run(self) -> None:
        waiting: list[_Job | None] = []
        while None not in waiting:  # which is the last there will ever be
            waiting = [self._jobs.get()]
            while len(waiting) < MAX_BATCH and not self._jobs.empty():
                waiting.append(self._jobs.get_nowait())
            self._commit_all([job for job in waiting if job is not None])

    def _commit_all(self, batch: list[_Job]) -> None:
        until = time.monotonic() + PATIENCE
        try:
            self._commit(batch)
        except Busy as refusal:
            for job in batch:
                job.refuse(refusal)
        except Exception as error:
            # The transaction as a whole failed (a deadlock with another process, a lost connection), so
            # nothing of it was kept: each verb gets one try of its own, while those who wait have patience.
            log.warning("batch of %d failed and is tried verb by verb: %s", len(batch), error)
            for job in batch:
                self._commit_alone(job, until)
        for job in batch:
            self._tell(job)
            job.settle()

    def _commit_alone(self, job: _Job, until: float) -> None:
        job.refuse(None)
        try:
            if time.monotonic() > until:
                raise Busy(retry_after=5)
            with _busy_when_away():
                self._commit([job])
        except Exception as error:
            job.refuse(error)

    def _commit(self, batch: Sequence[_Job]) -> None:
        with _busy_when_away():
            connection = self.engine.connect()
        with connection:
            with _busy_when_away():
                connection.begin()
            for job in batch:
                self._do(connection, job)
            with _busy_when_away():  # and not tried again: what is lost in COMMIT may have been kept
                connection.commit()

    def _do(self, connection: Connection, job: _Job) -> None:
        """One verb in a savepoint, with objects of its own: what it leaves behind is its caller's."""
        joined = Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with joined as db:
            try:
                job.result = job.verb(Work(db, job.now or clock.now(), job.events, self._zone))
                db.commit()
            except Exception as error:
                if is_away(error):
                    raise
                db.rollback()
                job.refuse(error)

    def _tell(self, job: _Job) -> None:
        if job.error is not None:
            return
        for happened in job.events:
            for listener in self._listeners.get(type(happened), ()):
                try:
                    listener(happened)
                except Exception:  # what happened has happened; a deaf listener can't undo it
                    log.exception("a listener failed on %s", type(happened).__name__)


def open_store(url: str, zone: str = "UTC") -> Store:
    """The store at a SQLAlchemy URL (`sqlite:///file` or `postgresql+psycopg://…`) of a site in that zone.
    Creates no tables."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            connect_args={
                "isolation_level": None,
                "check_same_thread": False,
                "timeout": LOCK_WAIT_MS / 1000,
            },
            pool_size=20,
            max_overflow=20,
            pool_timeout=CONNECT_WAIT,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            pool_timeout=CONNECT_WAIT,
            connect_args={
                "connect_timeout": CONNECT_WAIT,
                "tcp_user_timeout": 5000,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "options": f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_MS} "
                f"-c idle_in_transaction_session_timeout={IDLE_MS}",
            },
        )
    return Store(engine, ZoneInfo(zone))


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads first and writes later fails at once when another wrote in between.
    reading = connection.get_execution_options().get("consult_read")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def is_away(error: BaseException) -> bool:
    """Whether the error says that the database can't be reached or is held by others, not what is wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, PoolTimeoutError))


@contextmanager
def _busy_when_away() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        if is_away(error):
            raise Busy(retry_after=5) from error
        raise
