"""The pages of calendars: views, feeds, files."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("calendars", __name__)
