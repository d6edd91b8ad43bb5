"""How much one may send: token buckets, in memory.

A bucket is this process's own, so someone who reaches several processes at once has the allowance once in
each. That is enough against a flood; the limits that must hold exactly are in the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from consult.core.errors import TooFast

FORGET_ABOVE = 10_000  # buckets kept before the full ones are thrown away


class Bucket:
    """So many at once, refilled at a rate a second. Not for several threads."""

    __slots__ = ("_at", "_capacity", "_level", "_rate")

    def __init__(self, capacity: float, rate: float) -> None:
        self._capacity = self._level = capacity
        self._rate = rate
        self._at = time.monotonic()

    def take(self) -> float:
        """Takes one: 0.0, or the seconds until there is one to take."""
        self._fill()
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self._rate

    def full(self) -> bool:
        self._fill()
        return self._level >= self._capacity

    def _fill(self) -> None:
        now = time.monotonic()
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now


class Limiter:
    """A bucket for each key, for any number of threads."""

    def __init__(self, capacity: float, rate: float) -> None:
        self._capacity, self._rate = capacity, rate
        self._buckets: dict[Hashable, Bucket] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> None:
        """Takes one from the key's bucket. Refuses: TooFast, with the seconds to wait."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                if len(self._buckets) >= FORGET_ABOVE:
                    self._buckets = {one: kept for one, kept in self._buckets.items() if not kept.full()}
                bucket = self._buckets[key] = Bucket(self._capacity, self._rate)
            wait = bucket.take()
        if wait:
            raise TooFast(retry_after=round(wait, 1))
