"""The pages of background work: how far it is, and what it made."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("background", __name__)
