"""Consult itself as a process of its own, to be talked to, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from consult.config import Settings
from tests.support.net import free_port
from tests.support.wait import until

START_SECONDS = 30
STOP_SECONDS = 20
OURS = {one.name.upper() + end for one in fields(Settings) for end in ("", "_FILE")}


class Server:
    """`consult serve` (or what `program` names) on a free port, with the settings of `env` and no others.

    Its output goes to the file `log`, appended to over restarts.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        log: Path,
        program: Sequence[str] = (sys.executable, "-m", "consult", "serve"),
        cwd: Path | None = None,
    ) -> None:
        self.port = int(env.get("PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._program = list(program)
        self._cwd = cwd
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self._env = {**inherited, "HOST": "127.0.0.1", **env, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> Server:
        """Starts it, and waits until it is ready unless told not to. Fails with the end of its log."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._program,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            until(self._ready, START_SECONDS, f"{self.url}/readyz")
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill9(self) -> None:
        """Ends it as a crash does: at once, with no word."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> int:
        """Asks it to end and returns its exit code. Fails if it does not within STOP_SECONDS."""
        return self._signal(signal.SIGTERM)

    def restart(self) -> Server:
        """Ends it politely if it runs, and starts it on the same port."""
        if self.running:
            self.terminate()
        return self.start()

    def close(self) -> None:
        """Whatever it does, afterwards it does not run."""
        if self.running:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.kill9()

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None, "not started"
        self._process.send_signal(number)
        return self._process.wait(STOP_SECONDS)

    def _ready(self) -> bool:
        if not self.running:
            raise AssertionError(f"{self._program} ended before it was ready:\n{self.log_text()[-4000:]}")
        try:
            with urlopen(Request(f"{self.url}/readyz"), timeout=2) as answer:  # noqa: S310 our own address
                return bool(answer.status == 200)
        except (HTTPError, URLError, OSError):
            return False
