"""The pages of files: bringing, opening and taking away."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("files", __name__)
