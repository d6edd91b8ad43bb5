"""How fast somebody may speak, whichever way he sends it."""

from __future__ import annotations

from flask import Flask

from consult.core.limits import Limiter


def comment_limiter(app: Flask) -> Limiter:
    """The application's limiter of comments for each person, whichever way he sends them."""
    found = app.extensions.get("consult.comment_limiter")
    if found is None:
        each_minute = app.extensions["consult.settings"].comments_per_minute
        found = app.extensions["consult.comment_limiter"] = Limiter(each_minute, each_minute / 60)
    limiter: Limiter = found
    return limiter
