"""What the pages of calendars are registered on."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("calendars", __name__)
