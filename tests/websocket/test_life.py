"""How connections begin, are kept alive, and end."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable

import pytest
import socketio

from tests.support.wait import until
from tests.websocket.conftest import Driven
from tests.websocket.raw import Raw, frame


def test_silent_client_is_closed_and_when_it_was_last_heard_is_known(start: Callable[..., Driven]) -> None:
    driven = start("--interval=1", "--timeout=1")
    silent, talker = Raw(driven.port, name="silent").join(), Raw(driven.port, name="talker").join()
    silent.send('421["echo",1]')
    assert silent.read_text() == "431[1]"
    heard = driven.state().now
    for _ in range(5):
        assert talker.read() == (1, b"2")
        talker.send("3")
        if (state := driven.state()).ended:
            break
    ((name, reason, last_received),) = state.ended
    assert (name, reason) == ("silent", "ping timeout")
    assert abs(last_received - heard) < 0.3
    assert 1 <= state.now - last_received < 4
    assert silent.close_code() == 1001
    talker.send('421["echo",1]')
    assert talker.read_text() == "431[1]"


def test_client_who_answers_pings_stays(start: Callable[..., Driven]) -> None:
    driven = start("--interval=0.5", "--timeout=0.5")
    client = Raw(driven.port).join()
    for _ in range(6):
        assert client.read() == (1, b"2")
        client.send("3")
    assert driven.state().ended == []


def test_client_is_not_blamed_for_a_server_that_stood_still(start: Callable[..., Driven]) -> None:
    driven = start("--interval=0.5", "--timeout=0.5")
    client = Raw(driven.port).join()
    assert client.read() == (1, b"2")
    driven.process.send_signal(signal.SIGSTOP)
    client.send("3")
    time.sleep(1.5)  # three intervals, as when a machine is paused
    driven.process.send_signal(signal.SIGCONT)
    client.send('421["echo",1]')
    assert client.read_text() == "431[1]"
    assert driven.state().ended == []


def test_client_is_not_blamed_for_a_handler_that_takes_long(start: Callable[..., Driven]) -> None:
    driven = start("--interval=0.3", "--timeout=0.3")
    client, other = Raw(driven.port).join(), Raw(driven.port).join()
    client.send('421["hold",2]')
    client.send('422["echo","next"]')
    other.send('421["echo","at once"]')
    asked = time.monotonic()
    assert other.read_text() == '431["at once"]'
    assert time.monotonic() - asked < 1
    assert client.read_text() == '431["held"]'
    assert client.read_text() == '432["next"]'


def test_what_is_sent_while_a_handler_waits_stays_with_the_client(driven: Driven) -> None:
    client = Raw(driven.port).join()
    before = driven.state().peak
    client.send('421["hold",2]')
    client.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        client.sock.sendall(frame(f'42["echo","{"x" * 6000}"]') * 5000)
    assert driven.state().peak - before < 3 << 20
    client.sock.settimeout(20)
    assert client.read_text() == '431["held"]'


def test_socket_that_never_joins_is_reaped(start: Callable[..., Driven]) -> None:
    driven = start("--join-within=1")
    files = driven.state().files
    refused = Raw(driven.port, name="refused")
    refused.send('40{"refuse":"me"}')
    lost, joined = Raw(driven.port), Raw(driven.port).join()
    assert lost.close_code() == 1008
    assert refused.close_code() == 1008
    joined.send('421["echo",1]')
    assert joined.read_text() == "431[1]"
    for client in (lost, refused, joined):
        client.close()
    driven.until_empty()
    until(lambda: driven.state().files == files, 8, "their files to be closed")


def test_half_a_request_is_not_waited_for(start: Callable[..., Driven]) -> None:
    driven = start("--patience=0.5")
    for begun in (b"", b"GET /socket.io/?EIO=4&tra", b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso"):
        with socket.create_connection(("127.0.0.1", driven.port), timeout=5) as sock:
            sock.sendall(begun)
            assert sock.recv(1000) == b""
    assert "Traceback" not in driven.log_text()


def test_kicked_client_is_told_and_not_heard_any_more(driven: Driven) -> None:
    client = Raw(driven.port, name="kicked").join()
    client.sock.sendall(frame('421["hold",0.5]') + frame('42["echo","too late"]'))
    until(lambda: driven.state().heard, 5, "the first event")
    driven.post("kick/kicked")
    assert client.close_code() == 4001
    driven.until_empty()
    state = driven.state()
    assert [end[:2] for end in state.ended] == [["kicked", "server disconnect"]]
    assert state.heard == [0.5]


def test_client_may_leave_by_engine_io(driven: Driven) -> None:
    client = Raw(driven.port, name="leaver").join()
    client.send("1")
    assert client.close_code() == 1000
    driven.until_empty()
    assert driven.state().ended[0][:2] == ["leaver", "client disconnect"]


def test_idle_connection_holds_no_greenlet_and_little_memory(driven: Driven) -> None:
    for client in [Raw(driven.port).join() for _ in range(50)]:  # what the first ones bring with them
        client.close()
    driven.until_empty()
    before = driven.state()
    clients = [Raw(driven.port).join() for _ in range(400)]
    after = driven.state()
    assert after.sockets == 400
    assert after.greenlets - before.greenlets < 10
    assert (after.rss - before.rss) / 400 < 20_000
    for client in clients:
        client.close()
    driven.until_empty()
    until(lambda: driven.state().files <= before.files, 8, "their files to be closed")


def test_python_socketio_client_comes_back_by_itself(driven: Driven) -> None:
    async def talk() -> None:
        client = socketio.AsyncClient(reconnection_delay=0.05, randomization_factor=0)
        connected = asyncio.Event()
        said: asyncio.Queue[int] = asyncio.Queue()
        client.on("connect", lambda: connected.set())
        client.on("said", lambda number: said.put_nowait(number))
        for kicked in (False, True):
            if kicked:
                connected.clear()
                await asyncio.to_thread(driven.post, "kick/official")
            else:
                await client.connect(
                    f"http://127.0.0.1:{driven.port}?name=official", transports=["websocket"], auth={"a": 1}
                )
            await connected.wait()
            assert await client.call("echo", "第一条 😀") == "第一条 😀"
            assert await client.call("in order", 10) == "all said"
            assert [await said.get() for _ in range(10)] == list(range(10))
        await client.disconnect()

    asyncio.run(asyncio.wait_for(talk(), 20))
    driven.until_empty()
    assert [end[1] for end in driven.state().ended] == ["server disconnect", "transport close"]


def test_our_handler_serves_the_stock_driver_too(start: Callable[..., Driven]) -> None:
    async def talk(port: int) -> None:
        async with socketio.AsyncSimpleClient() as client:
            await client.connect(f"http://127.0.0.1:{port}", transports=["websocket"])
            assert await client.call("echo", "第一条") == "第一条"

    asyncio.run(asyncio.wait_for(talk(start("--stock").port), 20))
