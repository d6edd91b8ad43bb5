"""Stub by the lead, to be replaced by its owner."""

from flask import Blueprint

pages = Blueprint("live", __name__)
