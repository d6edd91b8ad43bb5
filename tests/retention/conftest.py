"""What the tests of retention share: the scene of the permissions, where there is one thing of each kind."""

from __future__ import annotations

import pytest

from consult.core.store import Store
from tests.permissions.scene import Scene, build
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture
def scene(store: Store) -> Scene:
    """The scene of a city, on each kind of database."""
    return build(store)


@pytest.fixture
def sqlite_scene(sqlite_store: Store) -> Scene:
    """The same on SQLite alone."""
    return build(sqlite_store)
