"""The blueprint that the pages of records share."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("records", __name__)
