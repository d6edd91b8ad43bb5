"""The doorbell: what was committed here wakes the rooms, in this process and, through Redis, in the others.

A ring says where to look and nothing else, so a lost one costs a moment: everybody also looks by himself.
Redis is talked to in threads of their own, never by whoever rings.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

from consult.attendance.ledger import PresenceChanged
from consult.checkins.prompts import Asked
from consult.core.hub import Offload
from consult.core.store import Store
from consult.meetings.log import Rung
from consult.members.sign_ins import SignedOut
from consult.notices.outbox import Told

CHANNEL = "consult:doorbell"
MAX_WAITING = 1000  # rings waiting for Redis; more are dropped
TIMEOUT = 2.0  # seconds for anything that Redis is asked
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between two tries to reach Redis

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ring:
    """Look at this meeting's log or presence, at these ended sign-ins, or at what people have not read."""

    what: str
    ids: tuple[int, ...]

    def encode(self, process: str) -> str:
        return " ".join((process, self.what, *map(str, self.ids)))

    @classmethod
    def decode(cls, text: str) -> tuple[str, Ring]:
        """The process that rang, and its ring. Raises ValueError for what no process of ours sent."""
        process, what, *ids = text.split(" ")
        if what not in (LOG, PRESENCE, OUT, NOTICES):
            raise ValueError(what)
        return process, cls(what, tuple(map(int, ids)))


LOG, PRESENCE, OUT, NOTICES = "log", "presence", "out", "notices"


class Doorbell:
    """Tells `heard` of each ring, on the event loop.

    `start` and `stop` the line to Redis, if there is one.
    """

    def __init__(
        self,
        store: Store,
        offload: Offload,
        process: str,
        redis_url: str,
        heard: Callable[[Ring], None],
    ) -> None:
        self._offload, self._process, self._url, self._heard = offload, process, redis_url, heard
        self._going_out: queue.Queue[Ring | None] = queue.Queue(MAX_WAITING)
        self._waiting: set[Ring] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        store.on(Rung, lambda rung: self.ring(Ring(LOG, (rung.meeting_id,))))
        store.on(PresenceChanged, lambda change: self.ring(Ring(PRESENCE, (change.meeting_id,))))
        store.on(Asked, lambda asked: self.ring(Ring(PRESENCE, (asked.meeting_id,))))
        store.on(Told, lambda _: self.ring(Ring(NOTICES, ())))
        store.on(SignedOut, lambda out: self.ring(Ring(OUT, out.sign_in_ids)))

    def ring(self, ring: Ring) -> None:
        """Rings here and, where there are others, there. May be said in any thread; never waits."""
        self._hear(ring)
        if self._url:
            try:
                self._going_out.put_nowait(ring)
            except queue.Full:
                return  # the others look by themselves

    def start(self) -> None:
        if self._url:
            for target in (self._publish, self._listen):
                thread = threading.Thread(target=target, name=f"doorbell {target.__name__}", daemon=True)
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        self._stopped.set()
        if self._threads:
            self._going_out.put(None)

    def _hear(self, ring: Ring) -> None:
        with self._lock:  # a burst of rings for one meeting is one call
            known = ring in self._waiting
            self._waiting.add(ring)
        if not known:
            self._offload.call_soon(self._on_loop, ring)

    def _on_loop(self, ring: Ring) -> None:
        with self._lock:
            self._waiting.discard(ring)
        self._heard(ring)

    def _publish(self) -> None:
        client = self._client()
        while (ring := self._going_out.get()) is not None:
            try:
                client.publish(CHANNEL, ring.encode(self._process))
            except redis.RedisError as error:
                logger.warning("a ring did not reach Redis: %s", error)

    def _listen(self) -> None:
        tries = 0
        while not self._stopped.is_set():
            try:
                self._hear_others(self._client())
                tries = 0
            except redis.RedisError as error:
                logger.warning("Redis can't be heard: %s", error)
            self._stopped.wait(BACKOFF[min(tries, len(BACKOFF) - 1)])
            tries += 1

    def _hear_others(self, client: redis.Redis) -> None:
        with client.pubsub(ignore_subscribe_messages=True) as line:  # type: ignore[no-untyped-call]
            line.subscribe(CHANNEL)
            logger.info("listening at Redis")
            while not self._stopped.is_set():
                self._take(line.get_message(timeout=1.0))

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        try:
            process, ring = Ring.decode(message["data"].decode())
        except ValueError:
            logger.warning("something else speaks on %s", CHANNEL)
            return
        if process != self._process:
            self._hear(ring)

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, health_check_interval=5
        )
