"""A WebSocket client that can do what no library lets one do: break the rules."""

from __future__ import annotations

import socket
import struct

KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the pair printed in RFC 6455
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/{http}\r\nHost: 127.0.0.1\r\n"
    "Upgrade: websocket\r\nConnection: {connection}\r\nSec-WebSocket-Version: {version}\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


def frame(data: bytes | str, op: int = 1, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """A client-to-server frame."""
    body = data.encode() if isinstance(data, str) else data
    bit = 128 if masked else 0
    head = bytes([fin << 7 | rsv << 4 | op])
    if len(body) < 126:
        head += bytes([bit | len(body)])
    elif len(body) < 1 << 16:
        head += struct.pack("!BH", bit | 126, len(body))
    else:
        head += struct.pack("!BQ", bit | 127, len(body))
    if not masked:
        return head + body
    mask = b"\x01\x02\x03\x04"
    repeated = mask * (len(body) // 4 + 1)
    size = len(body)
    mixed = int.from_bytes(body, "big") ^ int.from_bytes(repeated[:size], "big")
    return head + mask + mixed.to_bytes(size, "big")


class Raw:
    """One connection. `head` is the answer to its handshake."""

    def __init__(
        self,
        port: int,
        *,
        name: str = "",
        version: int = 13,
        key: str = KEY,
        http: str = "1.1",
        connection: str = "keep-alive, Upgrade",
        early: bytes = b"",
        receive_buffer: int | None = None,
    ) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", port))
        query = f"&name={name}" if name else ""
        asked = HANDSHAKE.format(query=query, http=http, connection=connection, version=version, key=key)
        self.sock.sendall(asked.encode() + early)
        self.file = self.sock.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            if not line:
                break
            self.head += line

    def join(self) -> Raw:
        """Through Engine.IO's open and Socket.IO's connect."""
        self.read_message("0{")
        self.send("40")
        self.read_message("40{")
        return self

    def send(
        self, data: bytes | str, op: int = 1, fin: bool = True, masked: bool = True, rsv: int = 0
    ) -> None:
        self.sock.sendall(frame(data, op, fin, masked, rsv))

    def read(self) -> tuple[int, bytes]:
        """The next frame, whole. Fails on a stream that is not frames; EOFError at its end."""
        head = self.file.read(2)
        if len(head) < 2:
            raise EOFError
        assert head[0] in (0x81, 0x88, 0x89, 0x8A), f"the stream is corrupt: {head!r}"
        size = head[1]
        assert size < 128, "the server masks"
        if size == 126:
            (size,) = struct.unpack("!H", self.file.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.file.read(8))
        body = self.file.read(size)
        if len(body) < size:
            raise EOFError
        return head[0] & 15, body

    def read_text(self) -> str:
        """The next text; pings of Engine.IO are answered on the way."""
        while True:
            op, body = self.read()
            assert op == 1, f"not a text but {op}: {body!r}"
            if body != b"2":
                return body.decode()
            self.send("3")

    def read_message(self, start: str) -> str:
        """The next text that starts so."""
        while True:
            text = self.read_text()
            if text.startswith(start):
                return text

    def close_code(self) -> int | None:
        """The code of the close frame that comes; None when the connection just ends."""
        try:
            while True:
                op, body = self.read()
                if op == 8:
                    (code,) = struct.unpack("!H", body[:2])
                    return int(code)
        except (EOFError, ConnectionError):
            return None

    def close(self) -> None:
        self.file.close()
        self.sock.close()
