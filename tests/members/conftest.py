"""What the tests of units, people and accounts share."""

from __future__ import annotations

import pytest

from consult.core.store import Store
from tests.members.cast import Cast, assemble


@pytest.fixture
def cast(store: Store) -> Cast:
    """The cast in the database of `store`."""
    return assemble(store)
