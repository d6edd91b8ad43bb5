"""A line between browser and server that can be cut, held up, or closed to sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK = 65536


class Line:
    """Carries what comes to `url` to that port of 127.0.0.1, and back."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._whole = True
        self._sockets = True
        self._flowing = threading.Event()
        self._flowing.set()
        self._ends: set[socket.socket] = set()
        self._gate = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks all connections and lets none through."""
        self._whole = False
        self._break()

    def mend(self) -> None:
        """Lets connections through again."""
        self._whole = True

    def hold(self) -> None:
        """Keeps back what is on its way, in both directions, until `release`."""
        self._flowing.clear()

    def release(self) -> None:
        self._flowing.set()

    def block_sockets(self) -> None:
        """Lets plain HTTP through only, as some networks do; connections that are open are broken."""
        self._sockets = False
        self._break()

    def allow_sockets(self) -> None:
        self._sockets = True

    def close(self) -> None:
        self.cut()
        self.release()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        with suppress(OSError):
            first = near.recv(CHUNK) if self._whole else b""
            if first and (self._sockets or b" /socket.io/" not in first.partition(b"\r\n")[0]):
                far = socket.create_connection(("127.0.0.1", self._to))
                with self._gate:
                    self._ends |= {near, far}
                threading.Thread(target=self._carry, args=(far, near), daemon=True).start()
                self._flowing.wait()
                far.sendall(first)
                self._carry(near, far)
        near.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                target.sendall(data)
        self._end({source, target})

    def _break(self) -> None:
        with self._gate:
            ends = set(self._ends)
        self._end(ends)

    def _end(self, ends: set[socket.socket]) -> None:
        with self._gate:
            self._ends -= ends
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
