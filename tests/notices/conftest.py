"""What the tests of notices share."""

from __future__ import annotations

from tests.meetings.conftest import people, sqlite_people
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app", "people", "sqlite_people"]
