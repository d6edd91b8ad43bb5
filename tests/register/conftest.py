"""What the tests of the register share."""

from __future__ import annotations

import pytest

from consult.core.store import Store
from tests.meetings.people import People, gather
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture
def people(store: Store) -> People:
    """The cast, on each kind of database."""
    return gather(store)


@pytest.fixture
def sqlite_people(sqlite_store: Store) -> People:
    """The same on SQLite alone."""
    return gather(sqlite_store)
