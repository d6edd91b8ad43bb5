"""Migrations: all or none, and one process after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import op
from sqlalchemy import create_engine, inspect

from consult.core import migrate
from consult.core.store import Base

START = """
import sys
from consult.core import migrate, store
migrate.upgrade(sys.argv[1])
store.open_store(sys.argv[1]).close()
"""


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


@pytest.fixture
def empty_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database of each kind with nothing in it."""
    if database == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    together = [
        subprocess.Popen([sys.executable, "-c", START, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in together] == [""] * 3
    assert set(Base.metadata.tables) <= tables(empty_url)


def test_an_interrupted_migration_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create: Callable[..., object] = op.create_table
    made: list[str] = []

    def create_three(name: str, *columns: object, **options: object) -> object:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(name)
        return create(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", create_three)
    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(empty_url)
    monkeypatch.undo()
    assert tables(empty_url) == set()
    migrate.upgrade(empty_url)
    assert set(Base.metadata.tables) <= tables(empty_url)


def test_migrations_and_tables_agree(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.command.check(migrate.configuration(empty_url))
