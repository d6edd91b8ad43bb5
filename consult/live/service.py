"""The live room as a whole: put together, started, stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import gevent
from flask import Flask
from flask_socketio import SocketIO
from sqlalchemy import select

from consult import websocket
from consult.attendance import leases, ledger
from consult.config import Settings
from consult.core import clock
from consult.core.errors import Busy
from consult.core.hub import Offload
from consult.core.store import Store
from consult.live import bells
from consult.live.bells import Bells
from consult.live.doorbell import NOTICES, OUT, PRESENCE, Doorbell, Ring
from consult.live.limits import comment_limiter
from consult.live.origin import OriginGate
from consult.live.sockets import Sockets
from consult.live.wire import Json
from consult.members.models import SignIn

PING = 10  # seconds between pings, and seconds to answer one
MAX_PACKET = 64 << 10  # bytes
SIGNED_OUT_EVERY = 1.5  # seconds between two looks at who was signed out, should a ring have been lost
OVERLAP = timedelta(seconds=10)  # by how much the clocks of two machines may differ
REVIVED_AT_ONCE = 500

logger = logging.getLogger(__name__)


class Live:
    """The live room of one process. `start` before connections are accepted, `stop` when no more are."""

    def __init__(
        self,
        socketio: SocketIO,
        sockets: Sockets,
        store: Store,
        settings: Settings,
        offload: Offload,
        process: str,
    ) -> None:
        self.socketio = socketio
        self._sockets, self._store, self._offload, self._process = sockets, store, offload, process
        self._doorbell = Doorbell(store, offload, process, settings.redis_url, self._heard)
        self._bells = Bells(store, offload, sockets.lines)
        self._looking_since = clock.now()
        self._tasks: list[gevent.Greenlet[..., None]] = []

    def start(self) -> None:
        """Takes the process's lease, without which nobody's presence could be kept."""
        self._offload.run(self._store.write, leases.renew, self._process, leases.WEB)
        self._doorbell.start()
        every = leases.EVERY / timedelta(seconds=1)
        self._tasks = [
            gevent.spawn(self._again_and_again, every, self._renew),
            gevent.spawn(self._again_and_again, SIGNED_OUT_EVERY, self._look_for_signed_out),
            gevent.spawn(self._again_and_again, bells.TICK, self._bells.turn),
        ]

    def stop(self) -> None:
        """Sends everybody away, to come back to another process or to the next; ends their presences."""
        gevent.killall(self._tasks)
        self._sockets.close_all()
        self._doorbell.stop()
        try:
            self._offload.run(self._store.write, ledger.cut, self._process)
            self._offload.run(self._store.write, leases.end, self._process)
        except Busy:
            logger.warning("the lease could not be ended; it will run out")

    def _heard(self, ring: Ring) -> None:
        if ring.what == OUT:
            self._sockets.close_sign_ins(ring.ids)
        elif ring.what == NOTICES:
            self._bells.ring()
        else:
            for meeting_id in ring.ids:
                self._sockets.rooms.ring(meeting_id, presence=ring.what == PRESENCE)

    def _renew(self) -> None:
        held = self._offload.run(self._store.write, leases.renew, self._process, leases.WEB)
        if held:
            return
        logger.warning("this process was silent for long; its connections are taken up again")
        mine = self._sockets.presence_ids()
        for start in range(0, len(mine), REVIVED_AT_ONCE):
            chunk = mine[start : start + REVIVED_AT_ONCE]
            self._offload.run(self._store.write, ledger.revive, self._process, chunk)

    def _look_for_signed_out(self) -> None:
        since, self._looking_since = self._looking_since - OVERLAP, clock.now()
        if self._sockets.lines:
            self._sockets.close_sign_ins(self._offload.run(self._signed_out, since))

    def _signed_out(self, since: datetime) -> set[int]:
        with self._store.read() as work:
            return set(work.db.scalars(select(SignIn.id).where(SignIn.ended_at >= since)))

    def _again_and_again(self, seconds: float, look: Callable[[], None]) -> None:
        while True:
            gevent.sleep(seconds)
            try:
                look()
            except Busy:
                logger.warning("the database can't be reached")
            except Exception:
                logger.exception("the live room stumbled")


def prepare(
    app: Flask, store: Store, settings: Settings, offload: Offload, process: str, hosts: Sequence[str]
) -> Live:
    """Puts the live room onto the application. `hosts` are the names by which its pages are reached."""
    socketio = SocketIO(
        app,
        async_mode="gevent",
        transports=["websocket"],
        allow_upgrades=False,
        cors_allowed_origins=[],  # OriginGate is stricter: it refuses who names no Origin
        ping_interval=PING,
        ping_timeout=PING,
        max_http_buffer_size=MAX_PACKET,
        manage_session=False,
        json=Json,
    )
    websocket.install(socketio.server)
    app.wsgi_app = OriginGate(app.wsgi_app, hosts)  # type: ignore[method-assign]
    sockets = Sockets(app, store, settings, offload, socketio.server, process, comment_limiter(app))
    return Live(socketio, sockets, store, settings, offload, process)
