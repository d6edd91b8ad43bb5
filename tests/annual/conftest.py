"""The county's 2023, entered once for all tests that only read it, and in a test's own database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consult.core.store import Store, open_store
from tests.annual.county_2023 import Tree, build
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture(scope="session")
def year_2023(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tree, Path]]:
    """The year in a database that nobody changes, and its file."""
    file = tmp_path_factory.mktemp("year") / "2023.sqlite"
    shutil.copyfile(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    yield build(store), file
    store.close()


@pytest.fixture
def tree(year_2023: tuple[Tree, Path]) -> Tree:
    """The units and offices of that year."""
    return year_2023[0]


@pytest.fixture
def sqlite_store(tree: Tree) -> Store:
    """That database for pages, which sign their reader in and change nothing else."""
    return tree.store
