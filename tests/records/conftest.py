"""What the tests of records share."""

from __future__ import annotations

import pytest

from consult.core.store import Store
from tests.records.office import Office, furnish
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture
def office(store: Store) -> Office:
    """The office of a county with its members, on each kind of database."""
    return furnish(store)


@pytest.fixture
def sqlite_office(sqlite_store: Store) -> Office:
    """The same on SQLite alone."""
    return furnish(sqlite_store)
