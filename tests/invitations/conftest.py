"""What the tests of invitations share."""

from __future__ import annotations

import pytest

from consult.core.store import Store
from tests.invitations.people import Circle, assemble
from tests.meetings.people import gather
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture
def circle(store: Store) -> Circle:
    """The cast with those in charge, on each kind of database."""
    return assemble(gather(store))


@pytest.fixture
def sqlite_circle(sqlite_store: Store) -> Circle:
    """The same on SQLite alone."""
    return assemble(gather(sqlite_store))
