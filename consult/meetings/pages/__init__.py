"""The pages of meetings. Importing it gives the blueprint with all its views."""

from __future__ import annotations

from consult.meetings.pages import (
    acts,
    agenda,
    calendar,
    editor,
    materials,
    meeting,
    quiet,
    repeat,
    timeline,
    unit_rule,
)
from consult.meetings.pages.blueprint import pages

__all__ = [
    "acts",
    "agenda",
    "calendar",
    "editor",
    "materials",
    "meeting",
    "pages",
    "quiet",
    "repeat",
    "timeline",
    "unit_rule",
]
