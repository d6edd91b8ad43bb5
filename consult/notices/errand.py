"""The clock's errand: looks at what is to be told, and has it told, one thing a transaction.

One that fails holds up no other: it is put off, each time for longer. What others wrote is given up in the
end, or its source would be read from there on for ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from consult.config import Settings
from consult.core import clock
from consult.core.errors import Busy
from consult.core.store import Store, Work
from consult.notices import announce, hearing, outbox, reminders, sources
from consult.notices.policy import Policy, policy_of

EVERY = 1.0  # seconds
LONGEST_REST = 0.5  # seconds
PUT_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))

log = logging.getLogger(__name__)


@dataclass
class Failing:
    """What could not be told, by verb and key: how often it was tried, and from when it is tried again."""

    found: dict[tuple[str, object], tuple[int, datetime]] = field(default_factory=dict)

    def waits(self, what: tuple[str, object], now: datetime) -> bool:
        return what in self.found and now < self.found[what][1]

    def given_up(self, what: tuple[str, object]) -> bool:
        return what in self.found and self.found[what][0] > len(PUT_OFF)

    def failed(self, what: tuple[str, object], now: datetime) -> bool:
        """Notes that it failed, and says whether that was the first time."""
        tries = self.found[what][0] if what in self.found else 0
        self.found[what] = (tries + 1, now + PUT_OFF[min(tries, len(PUT_OFF) - 1)])
        return tries == 0

    def forget_others(self, named: set[tuple[str, object]]) -> None:
        """Forgets what is no longer to be told."""
        self.found = {what: known for what, known in self.found.items() if what in named}


_failing = Failing()  # this process's own: another tries by itself


def run(store: Store, settings: Settings, _process: str, stopping: Callable[[], bool]) -> None:
    """Tells what is to be told now."""
    turn(store, policy_of(settings), clock.now(), stopping, _failing, time.sleep)


def turn(
    store: Store,
    policy: Policy,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    failing: Failing | None = None,
    rest: Callable[[float], object] = lambda _seconds: None,
) -> None:
    """Tells what is to be told at that instant. What changes first voids what was to be said of it later.

    Between two it rests as long as the one took: much to tell must not keep other processes from writing.
    """
    failing = failing or Failing()
    with store.read(now) as work:
        changed = announce.waiting(work, policy)
        due = reminders.waiting(work)
        heard = [(source, sources.new(work, policy, source)) for source in hearing.SOURCES]
        to_mark = {one.name for one, found in heard if found.all and sources.mark_is_old(work, one)}
        late = outbox.too_late(work)

    todo = [
        (announce.look, changed),
        (reminders.give, due),
        *((one.tell, found.keys) for one, found in heard),
    ]
    failing.forget_others({(verb.__name__, key) for verb, keys in todo for key in keys})

    def tell(verb: Callable[[Work, Policy, Any], None], keys: Sequence[Any]) -> bool:
        """Whether all are done with, told or given up."""
        done = []
        for key in keys:
            if stopping():
                break
            began = time.monotonic()
            done.append(_told(store, now, verb, policy, key, failing))
            rest(min(time.monotonic() - began, LONGEST_REST))
        return len(done) == len(keys) and all(done)

    tell(announce.look, changed)
    tell(reminders.give, due)
    for source, found in heard:
        if tell(source.tell, found.keys) and source.name in to_mark:
            store.write_at(now, sources.move_mark, source)
    if late:
        store.write_at(now, outbox.drop_late)


def _told(
    store: Store,
    now: datetime,
    verb: Callable[[Work, Policy, Any], None],
    policy: Policy,
    key: object,
    failing: Failing,
) -> bool:
    """Whether it was told, or need not be tried any more."""
    what = (verb.__name__, key)
    if failing.waits(what, now):
        return failing.given_up(what)
    try:
        store.write_at(now, verb, policy, key)
    except Busy:
        raise
    except Exception:
        if failing.failed(what, now):
            log.exception("could not tell, put off: %s of %s", *what)
        return failing.given_up(what)
    failing.found.pop(what, None)
    return True
