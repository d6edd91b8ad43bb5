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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from consult.core import clock
from consult.core.errors import Busy, Refusal

P = ParamSpec("P")
T = TypeVar("T")

MAX_BATCH = 200  # verbs in one transaction
MAX_WAITING = 20_000  # verbs waiting for the writer; beyond it we say so instead of growing
LOCK_WAIT_MS = 1500  # how long SQLite waits for another process before we refuse with Busy

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
    """What a verb works with: the database, the instant it happens at, and what it has to tell."""

    db: Session
    now: datetime
    events: list[object] = field(default_factory=list)

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

    def settle(self) -> None:
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Store:
    """One database. `close()` lets the writer finish what it has."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(consult_read=True)
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}
        self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
        self._writer.start()

    def on(self, kind: type[T], listener: Callable[[T], None]) -> None:
        """Has the listener told of each such event after COMMIT, in the writer's thread: be quick."""
        self._listeners.setdefault(kind, []).append(listener)

    @contextmanager
    def read(self, now: datetime | None = None) -> Iterator[Work]:
        """A snapshot to read from. Refuses: Busy, when the database can't be reached."""
        try:
            with Session(self._reading, expire_on_commit=False) as db:
                yield Work(db, now or clock.now())
        except OperationalError as error:
            raise Busy(retry_after=5) from error

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
        self._jobs.put(None)
        self._writer.join()
        self.engine.dispose()

    def _enqueue(self, verb: Callable[[Work], T], now: datetime | None) -> Future[T]:
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait(_Job(verb, now, future))
        except queue.Full:
            future.set_exception(Busy(retry_after=5))
        return future

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            while len(batch) < MAX_BATCH and not self._jobs.empty():
                following = self._jobs.get_nowait()
                if following is None:
                    self._jobs.put(None)
                    break
                batch.append(following)
            self._commit_all(batch)

    def _commit_all(self, batch: list[_Job]) -> None:
        try:
            self._commit(batch)
        except DBAPIError as error:
            # The transaction as a whole failed (a deadlock with another process, a lost connection), so
            # nothing of it was kept: each verb gets one try of its own.
            log.warning("batch of %d failed and is tried verb by verb: %s", len(batch), error.orig)
            for job in batch:
                self._commit_alone(job)
        except Exception as error:  # a fault of ours: those who wait must hear of it
            log.exception("batch of %d failed", len(batch))
            for job in batch:
                job.error = error
        for job in batch:
            self._tell(job)
            job.settle()

    def _commit_alone(self, job: _Job) -> None:
        job.error, job.result = None, None
        job.events.clear()
        try:
            self._commit([job])
        except DBAPIError as error:
            job.error = _as_refusal(error)

    def _commit(self, batch: Sequence[_Job]) -> None:
        with Session(self.engine, expire_on_commit=False) as db:
            for job in batch:
                savepoint = db.begin_nested()
                work = Work(db, job.now or clock.now(), job.events)
                try:
                    job.result = job.verb(work)
                    savepoint.commit()
                except Exception as error:
                    if isinstance(error, DBAPIError) and (
                        error.connection_invalidated or _is_transient(error)
                    ):
                        raise
                    savepoint.rollback()
                    job.events.clear()
                    job.error = error
            db.commit()

    def _tell(self, job: _Job) -> None:
        if job.error is not None:
            return
        for happened in job.events:
            for listener in self._listeners.get(type(happened), ()):
                try:
                    listener(happened)
                except Exception:  # what happened has happened; a deaf listener can't undo it
                    log.exception("a listener failed on %s", type(happened).__name__)


def open_store(url: str) -> Store:
    """The store at a SQLAlchemy URL (`sqlite:///file` or `postgresql+psycopg://…`). Creates no tables."""
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
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            pool_timeout=2,
            connect_args={"connect_timeout": 2, "options": "-c timezone=UTC"},
        )
    return Store(engine)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads first and writes later fails at once when another wrote in between.
    reading = connection.get_execution_options().get("consult_read")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _is_transient(error: DBAPIError) -> bool:
    return isinstance(error, OperationalError)


def _as_refusal(error: DBAPIError) -> Refusal | DBAPIError:
    return Busy(retry_after=5) if _is_transient(error) or error.connection_invalidated else error
