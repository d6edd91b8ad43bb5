"""Real PostgreSQL and Redis servers of the tests' own, and the databases made in them."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import redis
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.support.net import free_port
from tests.support.wait import until

START_SECONDS = 30


class Postgres:
    """A PostgreSQL server: one started here from its programs, or one that runs and is named by a URL."""

    def __init__(self, source: str) -> None:
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        if "://" in source:
            self._url = make_url(source).set(drivername="postgresql+psycopg")
        else:
            self._url = self._start(Path(source))
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        until(self._answers, START_SECONDS, "PostgreSQL to answer")

    def create(self, template: str | None = None) -> str:
        """The URL of a new database, empty or a copy of the one at `template` (nobody may be in it)."""
        name = f"consult_test_{os.getpid()}_{next(self._numbers)}"
        copied = f" TEMPLATE {make_url(template).database} STRATEGY FILE_COPY" if template else ""
        self._execute(f"CREATE DATABASE {name}{copied}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Removes the database, whoever is still in it."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        if self._process is not None and self._folder is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": without waiting for clients to leave
            self._process.wait(START_SECONDS)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, programs: Path) -> URL:
        """PostgreSQL refuses to run as root: a copy of it that nobody can read then runs as nobody."""
        self._folder = Path(tempfile.mkdtemp(prefix="consult-pg-"))
        user = "nobody" if os.geteuid() == 0 else None
        if user is not None:
            package = programs.parents[1]
            shutil.copytree(programs.parent, self._folder / package.name / programs.parent.name)
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, self._folder / libraries.name)
            programs = self._folder / package.name / programs.parent.name / "bin"
            shutil.chown(self._folder, user)
        data = self._folder / "data"
        initdb_options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        subprocess.run(
            [programs / "initdb", "-D", data, *initdb_options],
            user=user,
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        options = (f"unix_socket_directories={self._folder}", "listen_addresses=", "fsync=off")
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", data, *(part for option in options for part in ("-c", option))],
            user=user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("wb"),
            start_new_session=True,
        )
        query = {"host": str(self._folder)}
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query=query)

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None and self._folder is not None:
            raise AssertionError(f"PostgreSQL ended: {(self._folder / 'log').read_text()[-2000:]}")
        try:
            self._execute("SELECT 1")
        except OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


class Redis:
    """A Redis server of the tests' own, which may be stopped and started again on the same port."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options: Sequence[str] = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self._process = subprocess.Popen(
            [self._program, "--port", str(self._port), *options],
            stdout=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        until(self._answers, START_SECONDS, "Redis to answer")

    def stop(self) -> None:
        """As a power cut would: what was in it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
