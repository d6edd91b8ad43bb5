"""The server under test: always a process of its own, spoken to over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest

from tests.support.net import free_port
from tests.support.wait import until

ROOT = Path(__file__).resolve().parents[2]


class Driven:
    """A running tests.websocket.server with the given options."""

    def __init__(self, log: Path, *options: str) -> None:
        self.port = free_port()
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.websocket.server", f"--port={self.port}", *options],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(lambda: "ready" in self.log_text() or self.process.poll() is not None, 20, "the server")
        assert self.process.poll() is None, self.log_text()

    def state(self) -> SimpleNamespace:
        """What the server knows of itself; see its /state."""
        with urlopen(f"http://127.0.0.1:{self.port}/state", timeout=10) as answer:
            return SimpleNamespace(**json.load(answer))

    def post(self, path: str) -> bytes:
        with urlopen(
            Request(f"http://127.0.0.1:{self.port}/{path}", method="POST"), timeout=20
        ) as answer:  # our own address
            body: bytes = answer.read()
            return body

    def until_empty(self) -> None:
        """Waits until nothing is left of any connection."""
        until(
            lambda: not (s := self.state()).sockets and not s.environs, 8, "the connections to be forgotten"
        )

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Driven]]:
    """`start("--interval=1", …)` starts a server of the test's own."""
    started: list[Driven] = []

    def begin(*options: str) -> Driven:
        started.append(Driven(tmp_path / f"server-{len(started)}.log", *options))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@pytest.fixture
def driven(start: Callable[..., Driven]) -> Driven:
    """A server of the test's own, so that its figures are the test's."""
    return start()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    """A server for tests that look only at their own connection."""
    server = Driven(tmp_path_factory.mktemp("driven") / "server.log")
    yield server
    server.stop()
