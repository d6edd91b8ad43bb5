"""How many notices somebody has not read, on each page that shows it: told when it changes.

All of this runs on the event loop; what reads the database is handed to threads. One count does for all pages
of this process, and none is made while nothing is new.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from gevent.event import Event

from consult.core.hub import Offload
from consult.core.store import Store
from consult.live import feed, wire
from consult.live.line import Line
from consult.live.wire import Sent
from consult.notices import own

TICK = 0.5  # seconds between two counts, at least
LOOK = 1.0  # seconds after which one looks for new notices by oneself: a clock elsewhere rings at nobody's
RECOUNT = 30.0  # seconds after which all is counted anew, should a ring from another process have been lost


class Bells:
    """Tells the lines that watch their notices how many are unread. `turn` is said again and again."""

    def __init__(self, store: Store, offload: Offload, lines: Mapping[str, Line]) -> None:
        self._store, self._offload, self._lines = store, offload, lines
        self._bell = Event()
        self._newest = 0
        self._counted_at = 0.0

    def ring(self) -> None:
        """Somebody was told something, or has read it."""
        self._bell.set()

    def turn(self) -> None:
        """Waits for a ring, or a little, and tells those whose count has changed. Refuses: Busy."""
        rung = self._bell.wait(LOOK)
        self._bell.clear()
        if not any(line.unread is not None for line in self._lines.values()):
            return
        newest = self._offload.run(_newest, self._store)
        if rung or newest != self._newest or time.monotonic() - self._counted_at > RECOUNT:
            self._count()
            self._newest, self._counted_at = newest, time.monotonic()

    def _count(self) -> None:
        people = {line.person_id for line in self._lines.values() if line.unread is not None}
        unread = self._offload.run(_unread_of, self._store, people)
        for line in list(self._lines.values()):
            count = unread.get(line.person_id, 0)
            if line.unread not in (None, count) and not line.closed:
                line.unread = count
                line.send(Sent(wire.told(wire.UNREAD, {"unread": count})))


def unread_at(store: Store, sign_in_id: int) -> int:
    """How many notices the person at this signed-in browser has not read. Refuses: SignInRequired, Busy."""
    with store.read() as work:
        return own.unread(work, feed.actor_at(work, sign_in_id).person_id)


def _newest(store: Store) -> int:
    with store.read() as work:
        return own.newest(work)


def _unread_of(store: Store, people: set[int]) -> Mapping[int, int]:
    with store.read() as work:
        return own.unread_of(work, people)
