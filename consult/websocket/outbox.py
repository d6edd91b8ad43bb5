"""Writing to one connection: never blocks, never cuts a frame, never grows past its bound."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Protocol

import gevent

MAX_OWED = 256 << 10  # bytes of news that one slow reader may owe us
LINGER = 5.0  # seconds a close frame has to get out behind what is owed

TEXT, BINARY, CLOSE = 0x81, 0x82, 0x88
TRY_AGAIN_LATER = 1013


class NonBlockingSocket(Protocol):
    """What the outbox needs of a socket: a send that raises BlockingIOError rather than wait."""

    def send(self, data: bytes | memoryview) -> int: ...
    def fileno(self) -> int: ...
    def shutdown(self, how: int) -> None: ...


def _frame(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def text_frame(text: str | bytes) -> bytes:
    """A whole server-to-client text frame of the text (UTF-8)."""
    return _frame(TEXT, text.encode() if isinstance(text, str) else text)


def binary_frame(payload: bytes) -> bytes:
    """A whole server-to-client binary frame."""
    return _frame(BINARY, payload)


def close_frame(code: int) -> bytes:
    """A close frame with its code."""
    return _frame(CLOSE, struct.pack("!H", code))


class Outbox:
    """One connection's way out. Frames leave whole, in the order they were written, or not at all.

    What the kernel won't take at once is owed, up to a bound, and sent when the socket can be written again.
    Past the bound, news is dropped whole (`late` is then True, and `on_caught_up` is called once all that is
    owed has left, so that the reader can be told to catch up); anything else past twice the bound ends the
    connection. All of it happens on the event loop; nothing here blocks.
    """

    def __init__(self, sock: NonBlockingSocket) -> None:
        self.late = False
        self.closed = False
        self.on_caught_up: Callable[[], None] | None = None
        self._sock = sock
        self._owed: deque[bytes | memoryview] = deque()
        self._size = 0
        self._closing = False
        self._watching = False
        self._watcher = gevent.get_hub().loop.io(sock.fileno(), 2)

    @property
    def owed(self) -> int:
        """Bytes waiting for the reader."""
        return self._size

    def write(self, frame: bytes, *, news: bool = False) -> bool:
        """Sends a whole frame, now or when the reader takes it. False when it was dropped."""
        if self.closed or self._closing:
            return False
        if not self._owed and not self.late:
            return self._send(frame)
        if news and (self.late or self._size + len(frame) > MAX_OWED):
            self.late = True
            return False
        if self._size + len(frame) > 2 * MAX_OWED:
            self.close(TRY_AGAIN_LATER)
            return False
        self._owe(frame)
        return True

    def close(self, code: int = 1000) -> None:
        """A close frame behind what is owed; on an error, only behind the frame already begun."""
        if self.closed or self._closing:
            return
        if not self._owed:
            self._send(close_frame(code))
            self.abort()
            return
        if code != 1000:
            begun = self._owed.popleft()
            self._owed.clear()
            self._owed.append(begun)
        self._owe(close_frame(code))
        self._closing = True
        gevent.spawn_later(LINGER, self.abort)

    def abort(self) -> None:
        """Ends the connection now. The reader is woken by the shutdown, and closes the socket."""
        if self.closed:
            return
        self.closed = True
        self._watcher.stop()
        self._watcher.close()
        self._owed.clear()
        self._size = 0
        self.on_caught_up = None
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster

    def _send(self, frame: bytes) -> bool:
        try:
            sent = self._sock.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            return False
        if sent < len(frame):
            self._owe(memoryview(frame)[sent:])
        return True

    def _owe(self, rest: bytes | memoryview) -> None:
        self._owed.append(rest)
        self._size = sum(map(len, self._owed)) if self._closing else self._size + len(rest)
        if not self._watching:
            self._watching = True
            self._watcher.start(self._flush)

    def _flush(self) -> None:
        """Called by the event loop when the socket can be written: must not wait for anything."""
        try:
            while self._owed:
                rest = self._owed[0]
                sent = self._sock.send(rest)
                self._size -= sent
                if sent < len(rest):
                    self._owed[0] = memoryview(rest)[sent:]
                    return
                self._owed.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.abort()
            return
        self._watching = False
        self._watcher.stop()
        if self._closing:
            self.abort()
        elif self.late:
            self.late = False
            if self.on_caught_up is not None:
                self.on_caught_up()
