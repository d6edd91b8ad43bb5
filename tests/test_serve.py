"""A server that is told to end: it finishes what it has begun, in a few seconds, whatever is the matter."""

from __future__ import annotations

import http.client
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from consult.attendance.models import Lease
from consult.core.store import open_store
from tests.support.net import free_port
from tests.support.server import Server
from tests.support.wait import until

ENDS_WITHIN = 9  # seconds
WITH_SLOW_PAGE = """
import sys, time
from consult.cli import main
from consult.health import pages

@pages.get("/slow/<int:seconds>")
def slow(seconds):
    print("slow begins", flush=True)
    time.sleep(seconds)
    return "whole"

sys.argv = ["consult", "serve"]
main()
"""


@contextmanager
def locked(url: str) -> Iterator[sqlite3.Connection]:
    """Nobody else can write to that SQLite database."""
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def ends(server: Server) -> int:
    begun = time.monotonic()
    code = server.terminate()
    assert time.monotonic() - begun < ENDS_WITHIN
    return code


def begin_to_sign_in(server: Server) -> http.client.HTTPConnection:
    """A request that takes a while, and writes."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    line.request("GET", "/sign-in")
    page = line.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token is not None
    form = urlencode({"csrf_token": token[1], "account": "nobody", "password": "a wrong one"})
    cookie = page.headers["Set-Cookie"].split(";")[0]
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", "/sign-in", form, headers)
    return line


def ask_for_slow_page(sqlite_url: str, log: Path, seconds: int) -> tuple[Server, http.client.HTTPConnection]:
    server = Server({"DATABASE_URL": sqlite_url}, log, (sys.executable, "-c", WITH_SLOW_PAGE)).start()
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    line.request("GET", f"/slow/{seconds}")
    until(lambda: "slow begins" in server.log_text(), 5, "the page to be begun")
    return server, line


def test_request_under_way_has_its_answer(sqlite_url: str, tmp_path: Path) -> None:
    server, line = ask_for_slow_page(sqlite_url, tmp_path / "log", 2)
    assert ends(server) == 0
    assert line.getresponse().read() == b"whole"


def test_request_that_never_ends_does_not_hold_it_up(sqlite_url: str, tmp_path: Path) -> None:
    server, line = ask_for_slow_page(sqlite_url, tmp_path / "log", 60)
    ends(server)
    line.close()


def test_end_in_good_order_ends_the_leases(server: Server, sqlite_url: str) -> None:
    assert ends(server) == 0
    store = open_store(sqlite_url)
    with store.read() as work:
        leases = work.db.scalars(select(Lease)).all()
    store.close()
    assert sorted(lease.kind for lease in leases) == ["clock", "web"]
    assert all(lease.ended_at for lease in leases)
    assert "Traceback" not in server.log_text()


def test_open_connections_do_not_hold_it_up(server: Server) -> None:
    idle, half = (socket.create_connection(("127.0.0.1", server.port)) for _ in range(2))
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    half.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\naccount=")
    assert idle.recv(12) == b"HTTP/1.1 200"
    assert ends(server) == 0
    idle.close()
    half.close()


def test_locked_database_does_not_hold_it_up(server: Server, sqlite_url: str) -> None:
    with locked(sqlite_url):
        lines = [begin_to_sign_in(server) for _ in range(3)]
        ends(server)
    for line in lines:
        line.close()


def test_clock_by_itself_ends_in_good_order(sqlite_url: str, tmp_path: Path) -> None:
    clock = Server({"DATABASE_URL": sqlite_url}, tmp_path / "clock.log")
    clock._program[-1] = "clock"
    clock.start(wait=False)
    until(lambda: "the clock runs" in clock.log_text(), 20, "the clock to run")
    assert ends(clock) == 0
    assert "Traceback" not in clock.log_text()


@pytest.mark.parametrize("trouble", ["port", "database"])
def test_what_keeps_it_from_starting_is_one_line(
    trouble: str, start_server: Callable[..., Server], sqlite_url: str, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {"DATABASE_URL": sqlite_url, "PORT": str(taken.getsockname()[1])}
        if trouble == "database":
            env = {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none"}
        server = Server(env, tmp_path / "log").start(wait=False)
        assert server._process is not None
        assert server._process.wait(20) != 0
    said = server.log_text().strip().splitlines()
    assert len(said) == 1
    assert trouble.upper() in said[0].upper()
