"""The pages of the annual plan."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("plans", __name__)
