"""The blueprint on which all pages of notices stand."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("notices", __name__)
