"""The driver against honest, slow and hostile clients, over real sockets."""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
import socketio

from tests.support.net import free_port
from tests.support.wait import until
from tests.websocket.raw import ACCEPT, Raw, frame

ROOT = Path(__file__).resolve().parents[2]
MB = 1 << 20


class Driven:
    def __init__(self, ping_interval: float = 25, ping_timeout: float = 20) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.websocket.server",
                str(self.port),
                str(ping_interval),
                str(ping_timeout),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def state(self) -> SimpleNamespace:
        with urlopen(f"http://127.0.0.1:{self.port}/state", timeout=10) as answer:
            return SimpleNamespace(**json.load(answer))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start() -> Iterator[Callable[..., Driven]]:
    started: list[Driven] = []

    def begin(**how: float) -> Driven:
        started.append(Driven(**how))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@pytest.fixture
def driven(start: Callable[..., Driven]) -> Driven:
    return start()


def test_handshake_is_accepted_without_compression(driven: Driven) -> None:
    head = Raw(driven.port).head
    assert head.startswith(b"HTTP/1.1 101 ")
    assert ACCEPT.encode() in head
    assert b"deflate" not in head.lower()


@pytest.mark.parametrize("wrong", [{"version": 12}, {"key": "zzz"}, {"key": ""}])
def test_wrong_handshake_is_refused_and_leaves_nothing(driven: Driven, wrong: dict[str, object]) -> None:
    assert Raw(driven.port, **wrong).head.startswith(b"HTTP/1.1 400 ")  # type: ignore[arg-type]
    assert driven.state().sockets == 0


def test_polling_is_refused(driven: Driven) -> None:
    with pytest.raises(Exception, match="400"):
        urlopen(f"http://127.0.0.1:{driven.port}/socket.io/?EIO=4&transport=polling", timeout=5)


def test_200_mb_frame_before_login_costs_no_memory(driven: Driven) -> None:
    client = Raw(driven.port)
    before = driven.state().rss
    client.sock.sendall(b"\x81\xff" + struct.pack("!Q", 200 * MB) + b"\0\0\0\0")
    with pytest.raises(ConnectionError):
        client.sock.sendall(b"x" * 200 * MB)
    assert driven.state().rss - before < 20 * MB


def test_oversized_frame_is_refused_at_its_header(driven: Driven) -> None:
    client = Raw(driven.port)
    client.sock.sendall(b"\x81\xff" + struct.pack("!Q", (64 << 10) + 1))
    assert client.close_code() == 1009


def test_oversized_message_in_fragments_is_refused(driven: Driven) -> None:
    client = Raw(driven.port).join()
    client.send("42" + "x" * 40_000, fin=False)
    client.send("x" * 40_000, op=0, fin=True)
    assert client.close_code() == 1009


def test_deflate_bomb_before_login_costs_no_memory(driven: Driven) -> None:
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeezed.compress(b"a" * (60 * MB)) + squeezed.flush()
    client = Raw(driven.port)
    before = driven.state().rss
    client.send(bomb[:60_000], rsv=4)
    assert client.close_code() == 1002
    assert driven.state().rss - before < 20 * MB


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame("40", masked=False), 1002),
        (frame("40", rsv=4), 1002),
        (frame("40", op=3), 1002),
        (frame("x", op=0), 1002),
        (frame(b"4\xff\xff"), 1007),
    ],
    ids=["unmasked", "reserved bit", "unknown opcode", "continuation of nothing", "not UTF-8"],
)
def test_broken_frames_end_the_connection(driven: Driven, sent: bytes, code: int) -> None:
    client = Raw(driven.port)
    client.sock.sendall(sent)
    assert client.close_code() == code
    until(lambda: driven.state().sockets == 0, 5, "the connection to be forgotten")


def test_fragments_with_a_ping_between_them(driven: Driven) -> None:
    client = Raw(driven.port).join()
    whole = '421["echo","你好，各位委员"]'.encode()
    client.send(whole[:13], fin=False)
    client.send("p", op=9)
    client.send(whole[13:], op=0)
    assert client.read() == (10, b"p")
    assert json.loads(client.read_message(b"43")[3:]) == ["你好，各位委员"]


def test_bytes_one_by_one_and_frames_glued_together(driven: Driven) -> None:
    client = Raw(driven.port).join()
    for byte in frame('421["echo",1]'):
        client.sock.sendall(bytes([byte]))
    assert client.read_message(b"43") == b"431[1]"
    client.sock.sendall(b"".join(frame(f'42{n}["echo",{n}]') for n in range(2, 60)))
    answers = {client.read_message(b"43") for _ in range(2, 60)}
    assert answers == {f"43{n}[{n}]".encode() for n in range(2, 60)}


def test_what_comes_with_the_handshake_is_not_lost(driven: Driven) -> None:
    client = Raw(driven.port, early=frame("40") + frame('421["echo",7]'))
    assert client.read()[1].startswith(b"0")
    assert client.read()[1].startswith(b"40")
    assert client.read()[1] == b"431[7]"


def test_close_is_answered(driven: Driven) -> None:
    client = Raw(driven.port).join()
    client.send(struct.pack("!H", 1000), op=8)
    assert client.close_code() == 1000
    until(lambda: driven.state().sockets == 0, 5, "the connection to be forgotten")


def test_socket_that_never_connects_is_reaped(start: Callable[..., Driven]) -> None:
    driven = start()
    client = Raw(driven.port)
    assert client.close_code() == 1008
    until(lambda: driven.state().sockets == 0, 5, "the connection to be forgotten")


def test_silent_client_is_closed_and_its_last_packet_known(start: Callable[..., Driven]) -> None:
    driven = start(ping_interval=1, ping_timeout=1)
    client = Raw(driven.port, query="&name=silent").join()
    client.send('421["echo",1]')
    client.read_message(b"431")
    spoke = driven.state().now
    until(lambda: "silent" in driven.state().ended, 15, "the silent client to be closed")
    reason, last_received = driven.state().ended["silent"]
    assert reason == "ping timeout"
    assert abs(last_received - spoke) < 0.5


def test_slow_reader_is_whole_late_and_served_again(driven: Driven) -> None:
    """A reader that stops reading loses whole frames past the bound, never part of one, and hurts nobody."""
    slow = Raw(driven.port, receive_buffer=4096).join()
    healthy = Raw(driven.port).join()
    text = "测" * 2000
    before = driven.state().rss
    for n in range(1500):
        healthy.send(f'421["news",{{"n":{n},"text":"{text}"}}]')
        assert f'"n":{n},'.encode() in healthy.read_message(b'42["news"')
        healthy.read_message(b"431")
    assert driven.state().rss - before < 20 * MB

    seen: list[int] = []
    while True:
        _, body = slow.read()
        if body == b"2":
            slow.send("3")
        elif body == b'42["catch_up"]':
            break
        elif body.startswith(b'42["news"'):
            said = json.loads(body[2:])[1]
            assert said["text"] == text
            seen.append(said["n"])
    assert seen == list(range(len(seen)))  # one clean gap, at the end
    assert 0 < len(seen) < 1500
    healthy.send('421["news",{"n":9999,"text":"again"}]')
    assert b"9999" in slow.read_message(b'42["news"')


def test_python_socketio_client_connects_and_comes_back(driven: Driven) -> None:
    async def talk() -> None:
        async with socketio.AsyncSimpleClient() as client:
            for number in range(3):
                await client.connect(f"http://127.0.0.1:{driven.port}", transports=["websocket"])
                assert await client.call("echo", f"第{number}条 😀") == f"第{number}条 😀"
                await client.disconnect()

    asyncio.run(asyncio.wait_for(talk(), 20))
    until(lambda: driven.state().sockets == 0, 5, "the connections to be forgotten")
