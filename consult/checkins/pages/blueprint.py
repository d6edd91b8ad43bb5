"""The blueprint that all views of this package hang on, what they answer, and the key of the codes."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from consult.checkins import codes
from consult.core.web import settings

pages = Blueprint("checkins", __name__)

Answer = str | Response | tuple[str, int]

MEETING = "/meetings/<int:meeting_id>/checkin"


def key() -> bytes:
    """The key of this site's codes."""
    return codes.key_of(settings().secret_key)
