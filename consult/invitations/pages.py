"""The pages of invitations: answering, leave, delegations."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("invitations", __name__)
