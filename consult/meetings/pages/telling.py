"""Saying after a change that people are told of it by themselves, and where one sees how far that is."""

from __future__ import annotations

from flask import flash, url_for
from flask_babel import gettext as _
from markupsafe import Markup


def flash_told(meeting_id: int, text: str) -> None:
    """Shows the text on the next page, with the way to what is told to whom."""
    way = Markup('{} <a href="{}">{}</a>')
    flash(way.format(text, url_for("notices.meeting", meeting_id=meeting_id), _("See who has been told")))
