"""The pages of notices: one's own, how one wants to be told, what failed."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("notices", __name__)
