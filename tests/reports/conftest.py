"""What the tests of reports share."""

from __future__ import annotations

from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]
