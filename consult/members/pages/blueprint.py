"""The blueprint that all views of this package hang on."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("members", __name__)
