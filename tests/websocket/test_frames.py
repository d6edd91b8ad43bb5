"""What comes in: the handshake and frames, honest and hostile."""

from __future__ import annotations

import json
import struct
import time
import zlib
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.support.wait import until
from tests.websocket.conftest import Driven
from tests.websocket.raw import ACCEPT, Raw, frame

KB, MB = 1 << 10, 1 << 20
COSTS_NOTHING = 20 * MB


def header(size: int) -> bytes:
    return b"\x81\xff" + struct.pack("!Q", size)


def test_handshake_is_accepted_without_compression(shared: Driven) -> None:
    head = Raw(shared.port).head
    assert head.startswith(b"HTTP/1.1 101 ")
    assert f"Sec-WebSocket-Accept: {ACCEPT}\r\n".encode() in head
    assert b"extensions" not in head.lower()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"version": 12}, b"400"),
        ({"key": "zzz"}, b"400"),
        ({"key": ""}, b"400"),
        ({"key": "c2hvcnQ="}, b"400"),
        ({"connection": "keep-alive"}, b"426"),
        ({"http": "1.0"}, b"505"),
    ],
    ids=["version", "key that is not base64", "no key", "short key", "no upgrade", "HTTP/1.0"],
)
def test_wrong_handshake_is_refused_and_leaves_nothing(driven: Driven, wrong: dict, status: bytes) -> None:
    assert Raw(driven.port, **wrong).head.split()[1] == status
    state = driven.state()
    assert (state.sockets, state.environs) == (0, 0)


def test_polling_is_refused(shared: Driven) -> None:
    with pytest.raises(HTTPError, match="400"):
        urlopen(f"http://127.0.0.1:{shared.port}/socket.io/?EIO=4&transport=polling", timeout=5)


def test_200_mb_frame_before_login_costs_no_memory(driven: Driven) -> None:
    polite, rude = Raw(driven.port), Raw(driven.port)
    before = driven.state().peak
    polite.sock.sendall(header(200 * MB))
    assert polite.close_code() == 1009
    with pytest.raises(ConnectionError):
        rude.sock.sendall(header(200 * MB) + b"\0\0\0\0" + bytes(200 * MB))
    assert driven.state().peak - before < COSTS_NOTHING


@pytest.mark.parametrize(("size", "code"), [(400_000, 1009), (60_000, 1002)])
def test_compressed_bomb_before_login_costs_no_memory(driven: Driven, size: int, code: int) -> None:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(squeezer.compress(bytes(MB)) for _ in range(420))
    assert len(bomb) > 400_000
    client = Raw(driven.port)
    before = driven.state().peak
    client.sock.sendall(frame(bomb[:size], rsv=4))
    assert client.close_code() == code
    assert driven.state().peak - before < COSTS_NOTHING


def test_message_of_64_kb_is_taken_and_a_byte_more_is_not(shared: Driven) -> None:
    client = Raw(shared.port).join()
    start, end = '420["echo","', '"]'
    text = "x" * (64 * KB - len(start) - len(end))
    client.send(start + text + end)
    assert json.loads(client.read_message("430")[3:]) == [text]
    client.sock.sendall(header(64 * KB + 1))
    assert client.close_code() == 1009


def test_client_may_finish_what_it_was_sending_when_refused(shared: Driven) -> None:
    client = Raw(shared.port)
    client.sock.sendall(header(64 * KB + 1))
    assert client.close_code() == 1009
    for _ in range(5):
        client.sock.sendall(bytes(10 * KB))  # would fail on a connection that was reset
        time.sleep(0.01)


def test_fragments_count_together(shared: Driven) -> None:
    client = Raw(shared.port).join()
    client.send("42" + "x" * 40_000, fin=False)
    client.send("x" * 40_000, op=0)
    assert client.close_code() == 1009


def test_endless_empty_fragments_cost_no_memory(driven: Driven) -> None:
    client = Raw(driven.port).join()
    before = driven.state().peak
    client.send("421[", fin=False)
    for _ in range(100):
        client.sock.sendall(frame("", op=0, fin=False) * 10_000)
    client.send('"echo",1]', op=0)
    assert client.read_message("43") == "431[1]"
    assert driven.state().peak - before < 3 * MB


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame("40", masked=False), 1002),
        (frame("40", rsv=4), 1002),
        (frame("40", op=3), 1002),
        (frame("x", op=0), 1002),
        (frame("40", fin=False) + frame("40"), 1002),
        (frame("ping", op=9, fin=False), 1002),
        (frame(b"4\xff\xff"), 1007),
        (frame(b"4\xe4\xbd", fin=False) + frame(b"\xff", op=0), 1007),
        (frame(b"\x04\x00", op=2), 1003),
    ],
    ids=[
        "unmasked",
        "reserved bit",
        "unknown opcode",
        "continuation of nothing",
        "message within a message",
        "fragmented ping",
        "not UTF-8",
        "not UTF-8 across fragments",
        "binary",
    ],
)
def test_broken_frame_ends_the_connection(driven: Driven, sent: bytes, code: int) -> None:
    client = Raw(driven.port)
    client.sock.sendall(sent)
    assert client.close_code() == code
    driven.until_empty()


def test_fragments_with_a_ping_between_them_make_one_message(shared: Driven) -> None:
    client = Raw(shared.port).join()
    whole = '421["echo","你好，各位委员"]'.encode()
    client.send(whole[:13], fin=False)  # within a character
    client.send("p", op=9)
    client.send(whole[13:20], op=0, fin=False)
    client.send(whole[20:], op=0)
    assert client.read() == (10, b"p")
    assert json.loads(client.read_message("431")[3:]) == ["你好，各位委员"]


def test_message_may_come_byte_by_byte(shared: Driven) -> None:
    client = Raw(shared.port).join()
    for byte in frame('421["echo",1]'):
        client.sock.sendall(bytes([byte]))
        time.sleep(0.001)  # so that each is a packet of its own
    assert client.read_text() == "431[1]"


def test_messages_may_come_glued_together(shared: Driven) -> None:
    client = Raw(shared.port).join()
    client.sock.sendall(b"".join(frame(f'42{n}["echo",{n}]') for n in range(1000)))
    assert [client.read_text() for n in range(1000)] == [f"43{n}[{n}]" for n in range(1000)]


def test_what_comes_with_the_handshake_is_not_lost(shared: Driven) -> None:
    client = Raw(shared.port, early=frame("40") + frame('421["echo",7]') + frame("pi", op=9))
    assert [client.read()[0], client.read()[0]] == [1, 10]
    assert client.read_text().startswith("40{")
    assert client.read_text() == "431[7]"


def test_close_is_answered_and_what_came_before_it_is_heard(driven: Driven) -> None:
    client = Raw(driven.port, name="leaver").join()
    client.sock.sendall(frame('42["echo","a last word"]') + frame(struct.pack("!H", 1000), op=8))
    assert client.close_code() == 1000
    driven.until_empty()
    state = driven.state()
    assert state.heard == ["a last word"]
    assert [(name, reason) for name, reason, _ in state.ended] == [("leaver", "transport close")]


NONSENSE = (
    *("", "x", "2probe", "5", "9", "4", "44", "b4NDA=", "4" + "9" * 2000),
    *("42{", "42[]", "42[{}]", '42{"a":1}', '42["echo",' + "[" * 60_000),
    '451-["echo",{"_placeholder":true,"num":0}]',
)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=[each[:12] for each in NONSENSE])
def test_nonsense_ends_the_connection_and_leaves_the_log_alone(shared: Driven, nonsense: str) -> None:
    client = Raw(shared.port).join()
    client.send(nonsense)
    assert client.close_code() == 1002
    assert "Traceback" not in shared.log_text()


def test_what_nobody_waits_for_is_passed_over(shared: Driven) -> None:
    client = Raw(shared.port).join()
    for unknown in ("43", "431[]", "42[5]", '421["no such event"]', '42/elsewhere,["echo",1]'):
        client.send(unknown)
    client.send('422["echo",2]')
    assert client.read_text() == "432[2]"


def test_fault_of_a_handler_is_logged_and_ends_nothing(driven: Driven) -> None:
    client = Raw(driven.port).join()
    client.send('421["fail",1]')
    client.send('422["echo",2]')
    assert client.read_text() == "432[2]"
    until(lambda: "a fault of the application" in driven.log_text(), 5, "the fault in the log")
