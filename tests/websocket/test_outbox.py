"""What goes out: whole, in order, bounded, and never at the cost of others."""

from __future__ import annotations

import json
import socket
import threading
import time

from tests.support.wait import until
from tests.websocket.conftest import Driven
from tests.websocket.raw import Raw

MB = 1 << 20
TEXT = "测" * 2000  # 6 kB


def text_of(number: int) -> str:
    return TEXT if number % 5 else "短"  # a short one would still fit where a long one did not


def test_packets_and_frames_keep_their_order(shared: Driven) -> None:
    client = Raw(shared.port).join()
    client.send('421["in order",200]')
    assert [client.read_text() for _ in range(200)] == [f'42["said",{n}]' for n in range(200)]
    assert client.read_text() == '431["all said"]'


def test_slow_reader_gets_whole_frames_one_gap_and_a_word_about_it(driven: Driven) -> None:
    """It misses whole frames past the bound, costs no memory and disturbs nobody; then it is served again."""
    slow = Raw(driven.port, name="slow", receive_buffer=4096).join()
    healthy = Raw(driven.port, name="healthy").join()
    before = driven.state().peak
    longest = 0.0
    for number in range(4000):
        asked = time.monotonic()
        healthy.send(f'42{number}["news",{number},"{text_of(number)}"]')
        assert healthy.read_text() == f'42["news",{number},"{text_of(number)}"]'
        assert healthy.read_text() == f"43{number}[{number}]"
        longest = max(longest, time.monotonic() - asked)
    state = driven.state()
    assert state.peak - before < 5 * MB
    assert state.late == ["slow"]
    assert longest < 2

    seen: list[int] = []
    while (text := slow.read_text()) != '42["catch up"]':
        _, number, said = json.loads(text[2:])
        assert said == text_of(number)
        seen.append(number)
    assert seen == list(range(len(seen)))
    assert 40 < len(seen) < 200
    assert driven.state().late == []
    healthy.send('42["news",9999,"again"]')
    assert slow.read_text() == '42["news",9999,"again"]'


def test_reader_who_never_reads_what_must_not_be_dropped_is_cut_off(driven: Driven) -> None:
    slow = Raw(driven.port, name="slow", receive_buffer=4096).join()
    before = driven.state().peak
    said = json.loads(driven.post("whisper/slow"))["said"]
    assert 85 < said < 400
    assert slow.close_code() == 1013
    until(lambda: driven.state().ended, 5, "its end")
    assert driven.state().ended[0][:2] == ["slow", "transport error"]
    assert driven.state().peak - before < 5 * MB


def test_reader_who_is_gone_while_much_is_owed_is_let_go(driven: Driven) -> None:
    files = driven.state().files
    slow = Raw(driven.port, name="slow", receive_buffer=4096).join()
    healthy = Raw(driven.port).join()
    for number in range(100):
        healthy.send(f'42{number}["news",{number},"{TEXT}"]')
        healthy.read_message("43")
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    slow.close()  # with a reset
    until(lambda: driven.state().ended, 5, "its end")
    assert driven.state().ended[0][:2] == ["slow", "transport close"]
    healthy.close()
    driven.until_empty()
    until(lambda: driven.state().files == files, 8, "its files to be closed")


def test_flood_of_pings_by_one_who_does_not_read_is_ended(driven: Driven) -> None:
    before = driven.state().peak
    rude = Raw(driven.port, receive_buffer=4096).join()
    ping = b"\x89\xfd\0\0\0\0" + bytes(125)

    def flood() -> None:
        try:
            while True:
                rude.sock.sendall(ping * 500)
        except OSError:
            pass

    thread = threading.Thread(target=flood)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the flood was never stopped"
    driven.until_empty()
    assert driven.state().peak - before < 5 * MB
