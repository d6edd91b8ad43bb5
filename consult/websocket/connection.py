"""One client's connection. It stands in python-engineio's table of sockets in place of engineio's own."""

from __future__ import annotations

import logging
import socket
from time import monotonic
from typing import Any

import gevent
from websockets.frames import CloseCode, Opcode
from websockets.protocol import Protocol

from consult.websocket.outbox import Outbox, text_frame

CHUNK = 16 << 10  # bytes read at once, so that one client's flood takes its turn with the others
TURN = 50  # messages of one client handled before others have their turn
LINGER = 5.0  # seconds a client has to take our last words
LEFTOVER = 256 << 10  # bytes it may still send meanwhile
READABLE = 1  # libev's EV_READ
PING, PONG, CLOSE, MESSAGE = text_frame("2"), "3", "1", "4"
EVENT, ACK = 2, 3  # of Socket.IO, inside a MESSAGE
BINARY_EVENT, BINARY_ACK = "5", "6"

log = logging.getLogger(__name__)


class Connection:
    """A client over its WebSocket, between python-engineio's server and the socket.

    Belongs to the event loop's thread. An idle connection has no greenlet: bytes arrive by callback, and
    one greenlet at a time handles what they say, message by message and at last the farewell ("disconnect"),
    so handlers may wait. What the client sends meanwhile waits in the kernel, hence in the client.
    Only text is carried. `last_received` is when the client was last heard (time.monotonic).
    """

    connected = upgraded = True  # as python-engineio's server asks of its sockets

    def __init__(
        self, sio: Any, sid: str, sock: socket.socket, protocol: Protocol, join_within: float
    ) -> None:
        self.sid = sid
        self.session: dict[str, Any] = {}
        self.closing = False  # the end has begun
        self.closed = False  # the farewell has been said
        self.last_received = self._since = monotonic()
        self.outbox = Outbox(sock, self._fallen)
        self._sio = sio
        self._eio = sio.eio
        self._sock = sock
        self._protocol = protocol
        self._join_within = join_within
        self._begun = bytearray()  # of a message in several frames
        self._inbox: list[str] = []
        self._asked = 0.0  # when we last sent a ping
        self._leftover = LEFTOVER
        self._busy = self._listening = self._gone = False
        self._reason = ""
        loop = gevent.get_hub().loop
        self._reader = loop.io(sock.fileno(), READABLE)
        first = min(self._eio.ping_interval, join_within)
        self._timer = loop.timer(first, repeat=max(self._eio.ping_interval, self._eio.ping_timeout))

    def start(self, first: bytes, early: bytes) -> None:
        """Sends the first bytes and begins to listen; `early` came together with the handshake."""
        self.outbox.write(first)
        self._listen(True)
        self._timer.start(self._beat, update=True)
        if early:
            self._receive(early)

    def send(self, packet: Any) -> None:
        """Sends an engine packet. Dropped silently when the connection is ending. Refuses binary data."""
        encoded = packet.encode()
        if not isinstance(encoded, str):
            raise TypeError("only text goes over this connection")
        self.outbox.write(text_frame(encoded))

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002
        """python-engineio's way to end a connection; ours is `kick`."""
        self._leave(CloseCode.NORMAL_CLOSURE, reason or self._eio.reason.SERVER_DISCONNECT)

    def kick(self, code: int = CloseCode.POLICY_VIOLATION) -> None:
        """Ends the connection after what it is owed; nothing more it said is handled. Never blocks."""
        self._leave(code, self._eio.reason.SERVER_DISCONNECT)

    # What the event loop calls: nothing here may block.

    def _readable(self) -> None:
        try:
            data = self._sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if self.closing:
            self._leftover -= len(data)
        if data and self._leftover > 0:
            self._receive(data)
        else:
            self._fallen(CloseCode.ABNORMAL_CLOSURE)

    def _receive(self, data: bytes) -> None:
        self.last_received = monotonic()
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            refused = self._take(frame)
            if refused is not None:
                self._protocol.fail(refused)
                break
        self._pass_on()
        self._wake()

    def _take(self, frame: Any) -> CloseCode | None:
        if frame.opcode is Opcode.BINARY:
            return CloseCode.UNSUPPORTED_DATA
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):  # the protocol itself has answered the others
            self._begun += frame.data
            if frame.fin:
                try:
                    message = self._begun.decode()
                except UnicodeDecodeError:
                    return CloseCode.INVALID_DATA
                self._begun = bytearray()
                if message != PONG:  # all it says is that the client is there
                    self._inbox.append(message)
        return None

    def _beat(self) -> None:
        if self.last_received < self._asked and self._listening:
            self._readable()  # the answer may be there: after a stall it would be us who were late
        now, reason = monotonic(), self._eio.reason
        if self.last_received < self._asked and self._listening:
            self._leave(CloseCode.GOING_AWAY, reason.PING_TIMEOUT)
        elif now - self._since >= self._join_within and not self._joined():
            self._leave(CloseCode.POLICY_VIOLATION, reason.SERVER_DISCONNECT)
        else:
            self._asked = now
            self._timer.again(self._beat, update=True)  # a full period from now, however late this beat was
            self.outbox.write(PING)

    def _joined(self) -> bool:
        manager = self._sio.manager
        return any(manager.sid_from_eio_sid(self.sid, space) for space in manager.get_namespaces())

    def _listen(self, on: bool) -> None:
        if on != self._listening and not self._gone:
            self._listening = on
            if on:
                self._reader.start(self._readable)
            else:
                self._reader.stop()

    # What handlers may wait in.

    def _wake(self) -> None:
        if (self._inbox or self.closing) and not self._busy and not self.closed:
            self._busy = True
            self._listen(self.closing)
            gevent.spawn(self._work)

    def _work(self) -> None:
        try:
            turn = 0
            while self._inbox:
                self._handle(self._inbox.pop(0))
                turn += 1
                if turn % TURN == 0:
                    gevent.sleep(0)
            if self.closing:
                self._say_farewell()
        finally:
            self._busy = False
            self._listen(True)

    def _handle(self, message: str) -> None:
        if message == CLOSE:
            self._leave(CloseCode.NORMAL_CLOSURE, self._eio.reason.CLIENT_DISCONNECT)
        elif message[:1] != MESSAGE or message[1:2] in (BINARY_EVENT, BINARY_ACK):
            self._leave(CloseCode.PROTOCOL_ERROR, self._eio.reason.TRANSPORT_ERROR)
        else:
            try:
                self._eio.handlers["message"](self.sid, message[1:])
            except (Exception, gevent.Timeout):
                if self._makes_sense(message[1:]):
                    log.exception("a handler failed")
                else:  # not logged: a client could fill the log with nonsense
                    self._leave(CloseCode.PROTOCOL_ERROR, self._eio.reason.TRANSPORT_ERROR)

    def _makes_sense(self, message: str) -> bool:
        try:
            packet = self._sio.packet_class(encoded_packet=message)
        except Exception:
            return False
        if packet.packet_type == EVENT:
            return isinstance(packet.data, list) and bool(packet.data) and isinstance(packet.data[0], str)
        return packet.packet_type < EVENT or (packet.packet_type == ACK and isinstance(packet.data, list))

    def _say_farewell(self) -> None:
        try:
            self._eio._trigger_event("disconnect", self.sid, self._reason, run_async=False)
        finally:
            self.closed = True
            self._eio.sockets.pop(self.sid, None)

    # The end, from whichever side it comes: say so, linger for the client to hear it, let go of the socket.

    def _leave(self, code: int, reason: str) -> None:
        self._inbox.clear()
        if not self.closing:
            self._protocol.fail(code)
            self._depart(reason)
            self._pass_on()

    def _pass_on(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self.outbox.write(data)
            else:  # the protocol has come to its end
                self.outbox.finish()
                self._depart(self._eio.reason.TRANSPORT_CLOSE)

    def _fallen(self, code: CloseCode) -> None:
        if code is CloseCode.ABNORMAL_CLOSURE:
            self._depart(self._eio.reason.TRANSPORT_CLOSE)
            self._drop()
        else:
            self._leave(code, self._eio.reason.TRANSPORT_ERROR)

    def _depart(self, reason: str) -> None:
        if not self.closing:
            self.closing = True
            self._reason = reason
            self._timer.stop()
            self._timer.close()
            self._timer = gevent.get_hub().loop.timer(LINGER)
            self._timer.start(self._drop, update=True)
            self._listen(True)
            self._wake()

    def _drop(self) -> None:
        if not self._gone:
            self._listen(False)
            self._gone = True
            self._reader.close()
            self._timer.stop()
            self._timer.close()
            self.outbox.abandon()
            self._sock.close()  # now that nothing watches its number, which may soon be another's
