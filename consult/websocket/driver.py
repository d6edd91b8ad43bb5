"""Where the driver meets the libraries: python-engineio's server, gevent's pywsgi, websockets' handshake."""

from __future__ import annotations

import importlib.metadata
import io
import json
import logging
import socket
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import gevent
from gevent.pywsgi import WSGIHandler
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.protocol import SERVER, Protocol
from websockets.server import ServerProtocol

from consult.websocket.connection import Connection
from consult.websocket.outbox import text_frame

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_MESSAGE = 64 << 10  # bytes; a larger one is refused at its header, before any of it is kept
SEND_BUFFER = 64 << 10  # bytes the kernel may keep for a client; left to itself it keeps megabytes
JOIN_WITHIN = 10.0  # seconds a client has to say Socket.IO's CONNECT; looked at with each ping
LET_GO = "consult.websocket.let_go"
NO_BODY = io.BytesIO()
MADE_FOR = {"python-engineio": "4.15.", "gevent": "26.", "websockets": "17."}

log = logging.getLogger(__name__)
protocol_log = logging.getLogger(f"{__name__}.protocol")
protocol_log.setLevel(logging.WARNING)  # connections come and go unmentioned


def install(sio_server: Any, join_within: float = JOIN_WITHIN) -> bool:
    """Has a python-socketio server accept its clients through this driver, before it serves the first.

    It must be served by pywsgi with our `Handler`, over WebSocket only, and should handle events in order
    (`async_handlers=False`): then a client's next message is read when the last one is done.
    Where the installed libraries are not those it was made for, it says so loudly, leaves python-engineio's
    own driver in place and returns False.
    """
    misfits = "; ".join(_misfits(sio_server))
    if misfits:
        log.warning(
            "the WebSocket driver does not fit here (%s): python-engineio's own is used, which may corrupt "
            "the stream to a slow client and has no limit on memory",
            misfits,
        )
        return False
    sio_server.eio.start_service_task = False  # it looks for silent clients; each connection does so itself
    sio_server.eio._handle_connect = partial(_accept, sio_server, join_within)
    return True


def connection_of(sio_server: Any, eio_sid: str) -> Connection | None:
    """The connection with this Engine.IO id, until its "disconnect" has been handled.

    None if it is not there, and always where the driver could not be installed.
    """
    found = sio_server.eio.sockets.get(eio_sid)
    return found if isinstance(found, Connection) else None


class Handler(WSGIHandler):
    """A pywsgi handler that can let go of its connection, and does not wait for a request for ever."""

    patience = 10.0  # seconds for the next request's line and headers to arrive

    def handle_one_request(self) -> Any:
        self._waiting = gevent.Timeout.start_new(self.patience)
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self._waiting:
                raise
            return None
        finally:
            self._waiting.close()

    def get_environ(self) -> Any:
        self._waiting.close()
        environ = super().get_environ()
        environ[LET_GO] = self._let_go
        return environ

    def _let_go(self) -> tuple[socket.socket, bytes]:
        """The connection as a plain, non-blocking socket, and what was read of it beyond the request.

        pywsgi neither answers on it nor closes it any more.
        """
        taken: Any = self.socket
        taken.settimeout(0)
        early = self.rfile.read1(1 << 16)
        self.socket: Any = None
        sock = socket.socket(taken.family, taken.type, taken.proto, fileno=taken.detach())
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock, early


def _accept(
    sio: Any,
    join_within: float,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    _transport: str,
    _jsonp_index: object,
) -> Iterable[bytes]:
    """Stands in for python-engineio's `_handle_connect`: the handshake, then a connection of ours."""
    response = ServerProtocol(logger=protocol_log).accept(_request(environ))
    if response.status_code != 101:
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.headers.raw_items()))
        return [bytes(response.body)]
    sid = sio.eio.generate_id()
    about = {
        "sid": sid,
        "upgrades": [],
        "pingInterval": int(sio.eio.ping_interval * 1000),
        "pingTimeout": int(sio.eio.ping_timeout * 1000),
        "maxPayload": MAX_MESSAGE,
    }
    sock, early = environ.pop(LET_GO)()
    environ["wsgi.input"] = NO_BODY  # the environ is kept as long as the connection, its buffers need not be
    protocol = Protocol(SERVER, max_size=MAX_MESSAGE, logger=protocol_log)
    connection = sio.eio.sockets[sid] = Connection(sio, sid, sock, protocol, join_within)
    sio.eio._trigger_event("connect", sid, environ, run_async=False)
    connection.start(response.serialize() + text_frame("0" + json.dumps(about)), early)
    return ()


def _request(environ: WSGIEnvironment) -> Request:
    """What the handshake is judged by. Extensions are left out, so none (no compression) is agreed on."""
    headers = Headers()
    for name in ("Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"):
        value = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        if value is not None:
            headers[name] = value
    return Request(environ["PATH_INFO"], headers, environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"])


def _misfits(sio: Any) -> Iterator[str]:
    """What the driver relies on and does not find."""
    for package, made_for in MADE_FOR.items():
        version = importlib.metadata.version(package)
        if not version.startswith(made_for):
            yield f"{package} is {version}, not {made_for}*"
    if sio.eio.async_mode != "gevent":
        yield f"the async mode is {sio.eio.async_mode}, not gevent"
    if list(sio.eio.transports) != ["websocket"]:
        yield f"the transports are {sio.eio.transports}, not websocket alone"
    touched = {
        sio.eio: "_handle_connect _trigger_event generate_id handlers sockets reason start_service_task",
        sio: "packet_class manager",
        sio.manager: "sid_from_eio_sid get_namespaces",
        WSGIHandler: "handle_one_request get_environ",
        ServerProtocol: "accept",
        Protocol: "receive_data events_received data_to_send fail",
    }
    for thing, names in touched.items():
        for name in names.split():
            if not hasattr(thing, name):
                yield f"{thing} has no {name}"
