"""The blueprint that all views of this package hang on, and what they answer."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

pages = Blueprint("register", __name__)

Answer = str | Response | tuple[str, int]
