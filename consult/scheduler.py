"""The clock: APScheduler beats, JOBS says what is looked at, the database says what is due.

No job per meeting, no job store: whatever owes something has its due time in its row. So a restart, a late
start, an edited schedule and two clocks at once are all the same code, and each move happens once.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from consult.attendance import leases, ledger, settle
from consult.background import runner, tasks
from consult.checkins import prompts
from consult.config import Settings
from consult.core.errors import Busy
from consult.core.store import Store, Work
from consult.kinds import KINDS
from consult.meetings import moves
from consult.meetings.models import Meeting
from consult.notices import errand as notices
from consult.notices import sender
from consult.retention import forgetting

P = ParamSpec("P")
T = TypeVar("T")

BEAT = 0.2  # seconds between two looks
STOPPED = 15.0  # seconds without a beat after which the clock counts as dead

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """Something the clock looks at: every so many seconds, `verb` if `needed`; again at once while it says
    that it did as much as it does `at_once`."""

    name: str
    every: float
    verb: Callable[[Work], int]
    needed: Callable[[Work], bool] = lambda _: True
    at_once: float = math.inf


def something_is_due(work: Work) -> bool:
    """Whether any meeting's time has come."""
    return work.db.execute(select(Meeting.id).where(Meeting.due_at <= work.now).limit(1)).first() is not None


@dataclass(frozen=True)
class Errand:
    """Something that may take long (mail, spreadsheets): `run(store, settings, process, stopping)` every so
    many seconds, in a thread of its own, so that it never holds up a meeting. It looks at `stopping` between
    two steps, and none of its steps takes more than a few seconds."""

    name: str
    every: float
    run: Callable[[Store, Settings, str, Callable[[], bool]], object]


JOBS = (
    Job("move meetings", 0, moves.advance_due, something_is_due, moves.BATCH),
    Job("settle attendance", 1, settle.settle_due, something_is_due, settle.AT_ONCE),
    Job("close what was left open", 5, ledger.sweep),
    Job("ask whether people are still there", 1, prompts.ask_due, prompts.something_is_asked),
    Job("forget old background work", 600, tasks.forget, at_once=tasks.FORGOTTEN_AT_ONCE),
)

ERRANDS: tuple[Errand, ...] = (
    Errand("background work", 0.5, partial(runner.run, KINDS)),
    Errand("tell people", notices.EVERY, notices.run),
    Errand("send mails", 2, sender.send_mails),
    Errand("send to groups", 2, sender.send_to_groups),
    Errand("send text messages", 2, sender.send_texts),
    Errand("drop names", forgetting.EVERY, forgetting.run),
)


class Clock:
    """One clock of however many. `start` and `stop` it; `alive` says whether it still beats."""

    def __init__(self, store: Store, settings: Settings, process: str) -> None:
        self._store = store
        self._settings = settings
        self._process = process
        self._due = {job.name: 0.0 for job in JOBS}
        self._renew_at = 0.0
        self._stopping = False
        self._beaten_at = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.beat, "interval", seconds=BEAT, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        for errand in ERRANDS:
            self._scheduler.add_job(
                self._errand, "interval", (errand,), seconds=errand.every, max_instances=1, coalesce=True,
                misfire_grace_time=None,
            )  # fmt: skip

    def start(self) -> None:
        self.beat()
        self._scheduler.start()

    def stop(self) -> None:
        self._stopping = True
        self._scheduler.shutdown(wait=True)
        with suppress(Busy):  # then the lease runs out by itself
            self._store.write(leases.end, self._process)

    def alive(self) -> bool:
        return time.monotonic() - self._beaten_at < STOPPED

    def beat(self) -> None:
        """Does what is due now. A database that can't be reached is waited for, not died of; a job that fails
        keeps no other from being done."""
        at = time.monotonic()
        try:
            if at >= self._renew_at:
                self._do(leases.renew, self._process, leases.CLOCK)
                self._renew_at = at + leases.EVERY / timedelta(seconds=1)
            for job in JOBS:
                if at >= self._due[job.name]:
                    self._due[job.name] = at + job.every
                    self._run(job)
        except Busy as refusal:
            log.warning("the clock can't reach the database: %s", refusal.__cause__)
        self._beaten_at = time.monotonic()

    def _errand(self, errand: Errand) -> None:
        try:
            errand.run(self._store, self._settings, self._process, lambda: self._stopping)
        except Busy as refusal:
            log.warning("%s: the database can't be reached: %s", errand.name, refusal.__cause__)
        except Exception:
            log.exception("the errand stumbled: %s", errand.name)

    def _run(self, job: Job) -> None:
        try:
            with self._store.read() as work:
                needed = job.needed(work)
            while needed and not self._stopping and self._do(job.verb) >= job.at_once:
                log.info("more to do: %s", job.name)
        except Busy:
            raise
        except Exception:
            log.exception("the clock stumbled: %s", job.name)

    def _do(self, verb: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        done = self._store.write(verb, *args, **kwargs)
        self._beaten_at = time.monotonic()
        return done
