"""The driver: handshake, incoming frames, and the seam to python-engineio and pywsgi."""

from __future__ import annotations

import base64
import binascii
import logging
import socket
import time
from collections import deque
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import gevent
from gevent.pywsgi import WSGIHandler
from gevent.socket import wait_read
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.utils import accept_key

from consult.websocket.outbox import Outbox, binary_frame, text_frame

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_MESSAGE = 64 << 10  # bytes; refused at the frame's header, before any of it is read
SEND_BUFFER = 64 << 10  # bytes of kernel memory per connection; Linux doubles it
CONNECT_WITHIN = 10.0  # seconds in which a socket must have sent its Socket.IO CONNECT
READ = 64 << 10
FROM_CLIENTS = ("1", "3", "4")  # Engine.IO's close, pong and message
HANDLER = "websocket.handler"
FITS = {"python-engineio": "4.15.", "gevent": "26.", "websockets": "17."}

log = logging.getLogger(__name__)


class Handler(WSGIHandler):
    """pywsgi's handler, known to the driver through the request's environ."""

    def get_environ(self) -> WSGIEnvironment:
        environ: WSGIEnvironment = super().get_environ()
        environ[HANDLER] = self
        return environ


class Connection:
    """One WebSocket connection: what python-engineio calls `ws`, and what others may ask of it.

    `last_received` is the time.monotonic() of the last bytes that came from the other side.
    """

    def __init__(self, handler: Callable[[Connection], Any], server: object) -> None:
        self._handler = handler
        self._server = server
        self._messages: deque[str | bytes] = deque()
        self._parts: list[bytes] = []
        self._text = False
        self._over = False
        self._joined = False
        self._protocol = Protocol(SERVER, state=OPEN, max_size=MAX_MESSAGE)
        self.last_received = time.monotonic()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answers the handshake and serves the connection until it ends, in pywsgi's greenlet."""
        owner = self._handler.__self__  # type: ignore[attr-defined]  # engineio's Socket
        answer = _accepted(environ)
        if answer is None:
            owner.close(wait=False, abort=True)  # or it would stay until the ping timeout
            start_response("400 Bad Request", [("Sec-WebSocket-Version", "13"), ("Content-Length", "0")])
            return [b""]
        http = environ[HANDLER]
        http.close_connection = True
        self._sock = http.socket
        self._sock.settimeout(0)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        early = http.rfile.read1(READ) if http.rfile.peek(1) else b""
        self.outbox = Outbox(self._sock)
        self.outbox.write(answer)
        owner.connection = self
        reaper = gevent.spawn_later(CONNECT_WITHIN, self._reap)
        if early:
            self._receive(early)
        try:
            self._handler(self)
        finally:
            reaper.kill(block=False)
            self.outbox.abort()
        return []

    def send(self, message: str | bytes) -> None:
        """Sends one message. Raises OSError when the connection is over, as engineio expects."""
        if self.outbox.closed:
            raise OSError("the connection is over")
        self.outbox.write(text_frame(message) if isinstance(message, str) else binary_frame(message))

    def wait(self) -> str | None:
        """The next message, waited for; None when the connection is over.

        One that is no Engine.IO packet of a client's, or is binary, ends it.
        """
        while not self._messages:
            if self._over or self.outbox.closed:
                return None
            try:
                data = self._sock.recv(READ)
            except BlockingIOError:
                wait_read(self._sock.fileno())
                continue
            except OSError:
                return None
            if not data:
                return None
            self._receive(data)
        message = self._messages.popleft()
        if not isinstance(message, str) or message[:1] not in FROM_CLIENTS:
            self.kick()  # engineio would fall over it
            return None
        self._joined = self._joined or message[:2] == "40"
        return message

    def close(self) -> None:
        """A close frame behind what is owed, unless the other side's has been answered already."""
        if self._over:
            self.outbox.abort()
        else:
            self.outbox.close()

    def kick(self, code: int = 1008) -> None:
        """Ends the connection from our side with a WebSocket close code."""
        self.outbox.close(code)

    def _receive(self, data: bytes) -> None:
        self.last_received = time.monotonic()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        for answer in self._protocol.data_to_send():
            if answer:
                self.outbox.write(answer)
            else:  # the protocol is done: closed by the other side, or broken by it
                self._over = True

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._text = frame.opcode is Opcode.TEXT
            self._parts = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            return
        if not frame.fin:
            return
        whole = b"".join(self._parts)
        self._parts = []
        try:
            self._messages.append(whole.decode() if self._text else whole)
        except UnicodeDecodeError:
            self._protocol.fail(1007, "not UTF-8")
            self._over = True

    def _reap(self) -> None:
        if not self._joined:
            self.kick()


def _accepted(environ: WSGIEnvironment) -> bytes | None:
    """The answer that switches protocols; None for a handshake that RFC 6455 does not allow."""
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    try:
        whole = len(base64.b64decode(key.encode(), validate=True)) == 16
    except (binascii.Error, ValueError):
        whole = False
    version_13 = environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
    if not whole or not version_13 or environ["SERVER_PROTOCOL"] != "HTTP/1.1":
        return None
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(key)}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def install(sio_server: Any) -> bool:
    """Makes the driver the one that python-engineio uses.

    Where the installed libraries no longer have what it touches, says so loudly, leaves the stock driver
    and returns False.
    """
    engine = sio_server.eio
    parts = getattr(engine, "_async", None)
    fits = all(version(name).startswith(start) for name, start in FITS.items())
    if not fits or engine.async_mode != "gevent" or not isinstance(parts, dict) or "websocket" not in parts:
        log.warning("the WebSocket driver does not fit the installed libraries; a stock driver is used")
        return False
    engine._async = {**parts, "websocket": Connection}
    return True


def connection_of(sio_server: Any, eio_sid: str) -> Connection | None:
    """The connection of an Engine.IO session, if it is still there."""
    found = sio_server.eio.sockets.get(eio_sid)
    connection: Connection | None = getattr(found, "connection", None)
    return connection
