"""A WebSocket client on a plain socket, able to do what no honest one does."""

from __future__ import annotations

import socket
import struct
from typing import Any

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n{headers}\r\n"
)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the one of RFC 6455, whose answer is known
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def frame(data: bytes | str, op: int = 1, *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """A client-to-server frame."""
    body = data.encode() if isinstance(data, str) else data
    head = bytes([fin << 7 | rsv << 4 | op])
    bit = 128 if masked else 0
    if len(body) < 126:
        head += bytes([bit | len(body)])
    elif len(body) < 65536:
        head += struct.pack("!BH", bit | 126, len(body))
    else:
        head += struct.pack("!BQ", bit | 127, len(body))
    if not masked:
        return head + body
    mask = b"\x01\x02\x03\x04"
    return head + mask + bytes(byte ^ mask[at & 3] for at, byte in enumerate(body))


class Raw:
    """One connection. `head` is the answer to its handshake."""

    def __init__(self, port: int, *, query: str = "", version: int = 13, key: str = KEY, headers: str = "",
                 receive_buffer: int | None = None, early: bytes = b"") -> None:  # fmt: skip
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", port))
        handshake = HANDSHAKE.format(query=query, version=version, key=key, headers=headers)
        self.sock.sendall(handshake.encode() + early)
        self.file = self.sock.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            if not line:
                break
            self.head += line

    def join(self) -> Raw:
        """Through Engine.IO's open and Socket.IO's connect."""
        assert self.read()[1].startswith(b"0")
        self.send("40")
        assert self.read()[1].startswith(b"40")
        return self

    def send(self, data: bytes | str, **how: Any) -> None:
        self.sock.sendall(frame(data, **how))

    def read(self) -> tuple[int, bytes]:
        """The next frame, whole. Fails on a stream that is not frames; EOFError at its end."""
        head = self.file.read(2)
        if len(head) < 2:
            raise EOFError
        assert head[0] in (0x81, 0x82, 0x88, 0x89, 0x8A), f"the stream is corrupt: {head!r}"
        size = head[1]
        if size == 126:
            (size,) = struct.unpack("!H", self.file.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.file.read(8))
        body = self.file.read(size)
        if len(body) < size:
            raise EOFError
        return head[0] & 15, body

    def read_message(self, start: bytes) -> bytes:
        """The next text that starts so; pings are answered on the way."""
        while True:
            op, body = self.read()
            if op == 1 and body == b"2":
                self.send("3")
            elif op == 1 and body.startswith(start):
                return body

    def close_code(self) -> int | None:
        """The code of the close frame that comes; None when the connection just ends."""
        try:
            while True:
                op, body = self.read()
                if op == 8:
                    return int.from_bytes(body[:2])
        except (EOFError, ConnectionError):
            return None

    def close(self) -> None:
        self.file.close()
        self.sock.close()
