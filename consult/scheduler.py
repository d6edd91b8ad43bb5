"""The clock: APScheduler beats, JOBS says what is looked at, the database says what is due.

No job per meeting, no job store: whatever owes something has its due time in its row. So a restart, a late
start, an edited schedule and two clocks at once are all the same code, and each move happens once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from consult.attendance import leases, ledger, settle
from consult.core.errors import Busy
from consult.core.store import Store, Work
from consult.meetings import moves
from consult.meetings.models import Meeting

BEAT = 0.2  # seconds between two looks
STOPPED = 15.0  # seconds without a beat after which the clock counts as dead

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """Something the clock looks at: every so many seconds, `verb` if `needed`; again while it says so."""

    name: str
    every: float
    verb: Callable[[Work], int]
    needed: Callable[[Work], bool] = lambda _: True


def something_is_due(work: Work) -> bool:
    """Whether any meeting's time has come."""
    return work.db.execute(select(Meeting.id).where(Meeting.due_at <= work.now).limit(1)).first() is not None


JOBS = (
    Job("move meetings", 0, moves.advance_due, something_is_due),
    Job("settle attendance", 1, settle.settle_due, something_is_due),
    Job("close what was left open", 5, ledger.sweep),
)


class Clock:
    """One clock of however many. `start` and `stop` it; `alive` says whether it still beats."""

    def __init__(self, store: Store, process: str) -> None:
        self._store = store
        self._process = process
        self._due = {job.name: 0.0 for job in JOBS}
        self._renew_at = 0.0
        self._beaten_at = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.beat, "interval", seconds=BEAT, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def start(self) -> None:
        self.beat()
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)
        self._store.write(leases.end, self._process)

    def alive(self) -> bool:
        return time.monotonic() - self._beaten_at < STOPPED

    def beat(self) -> None:
        """Does what is due now. A database that can't be reached is waited for, not died of."""
        try:
            self._look()
            self._beaten_at = time.monotonic()
        except Busy as refusal:
            log.warning("the clock can't reach the database: %s", refusal.__cause__)
            self._beaten_at = time.monotonic()
        except Exception:
            log.exception("the clock stumbled")

    def _look(self) -> None:
        at = time.monotonic()
        if at >= self._renew_at:
            self._store.write(leases.renew, self._process, leases.CLOCK)
            self._renew_at = at + leases.EVERY / timedelta(seconds=1)
        for job in JOBS:
            if at < self._due[job.name]:
                continue
            self._due[job.name] = at + job.every
            self._run(job)

    def _run(self, job: Job) -> None:
        with self._store.read() as work:
            needed = job.needed(work)
        while needed and self._store.write(job.verb) >= moves.BATCH:
            log.info("more to do: %s", job.name)
