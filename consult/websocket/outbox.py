"""What is on its way to one client: whole frames, in order, bounded, sent without ever waiting."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent
from websockets.frames import CloseCode, Frame, Opcode

if TYPE_CHECKING:
    from gevent._types import _IoWatcher

BOUND = 256 << 10  # bytes owed to a client beyond which news are dropped; at twice that it is cut off
WRITABLE = 2  # libev's EV_WRITE


def text_frame(text: str | bytes) -> bytes:
    """A whole WebSocket text frame as a server sends it. Bytes must be UTF-8."""
    payload = text.encode() if isinstance(text, str) else text
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


class Outbox:
    """Everything sent to one client goes through its outbox, so that no frame lands inside another.

    Belongs to the event loop's thread and never blocks it: what the kernel does not take is kept and sent
    when it does. A client that reads too slowly misses news (`late`) instead of growing our memory; when all
    it is owed has been sent, `on_caught_up` is called, on the event loop, to tell it that it missed some.
    """

    def __init__(self, sock: socket.socket, fallen: Callable[[CloseCode], None]) -> None:
        """`fallen` is told at once when the line breaks (1006) or too much is owed (1013)."""
        self.late = False
        self.on_caught_up: Callable[[], None] | None = None
        self._sock = sock
        self._fallen = fallen
        self._open = True
        self._owed: deque[bytes | memoryview] | None = None  # None while the kernel takes all
        self._size = 0
        self._watcher: _IoWatcher | None = None

    @property
    def closed(self) -> bool:
        """Whether it takes no more: the connection has ended or is about to."""
        return not self._open

    def write(self, frame: bytes, news: bool = False) -> bool:
        """Whether the frame (or several, joined) is sent or will be. News may be dropped, other frames not.

        The same bytes may be given to many outboxes; they are kept, not copied.
        """
        if not self._open:
            return False
        if self._owed is None:
            return self._write_through(frame)
        if news and (self.late or self._size + len(frame) > BOUND):
            self.late = True
            return False
        if self._size + len(frame) > 2 * BOUND:
            self._owed = deque((self._owed[0],))  # the frame that has begun, so that a close can follow it
            self._size = len(self._owed[0])
            self._fallen(CloseCode.TRY_AGAIN_LATER)
            return False
        self._owed.append(frame)
        self._size += len(frame)
        return True

    def finish(self) -> None:
        """Takes no more, and ends our half of the line when all that is owed has been sent."""
        if self._open:
            self._open = False
            if self._owed is None:
                self._end_of_stream()

    def abandon(self) -> None:
        """Forgets what is owed and lets go of the socket, which the caller closes."""
        self._open = False
        self.on_caught_up = None
        self._settle()

    def _write_through(self, frame: bytes) -> bool:
        try:
            sent = self._sock.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._fallen(CloseCode.ABNORMAL_CLOSURE)
            return False
        if sent < len(frame):
            self._owed = deque((memoryview(frame)[sent:],))
            self._size = len(frame) - sent
            self._watcher = gevent.get_hub().loop.io(self._sock.fileno(), WRITABLE)
            self._watcher.start(self._flush)
        return True

    def _flush(self) -> None:
        try:
            while self._owed:
                head = self._owed[0]
                sent = self._sock.send(head)
                self._size -= sent
                if sent < len(head):
                    self._owed[0] = memoryview(head)[sent:]
                    return
                self._owed.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._fallen(CloseCode.ABNORMAL_CLOSURE)
            return
        self._settle()
        if not self._open:
            self._end_of_stream()
        elif self.late:
            self.late = False
            if self.on_caught_up is not None:
                self.on_caught_up()

    def _settle(self) -> None:
        self._owed = None
        self._size = 0
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None

    def _end_of_stream(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._fallen(CloseCode.ABNORMAL_CLOSURE)
