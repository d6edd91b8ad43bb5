"""What the moves are called, once they were made and while they are to come; and the parts of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.meetings.lifecycle import Move
from consult.meetings.models import Attending, Mode

MADE: Mapping[Move, Message] = {
    Move.SCHEDULE: _l("Put on the calendar"),
    Move.RESCHEDULE: _l("Rescheduled"),
    Move.POSTPONE: _l("Postponed"),
    Move.CANCEL: _l("Cancelled"),
    Move.LOBBY: _l("Lobby opened"),
    Move.OPEN: _l("Meeting opened"),
    Move.EXTEND: _l("Extended"),
    Move.CLOSE: _l("Meeting closed"),
    Move.REOPEN: _l("Opened again"),
    Move.SETTLE: _l("Attendance counted"),
    Move.ARCHIVE: _l("Archived"),
}
TO_COME: Mapping[Move, Message] = {
    Move.LOBBY: _l("The lobby opens by itself"),
    Move.OPEN: _l("The meeting opens by itself"),
    Move.CLOSE: _l("The meeting closes by itself"),
    Move.SETTLE: _l("Attendance is counted"),
}
"""The moves that the clock makes."""
MODES: Mapping[Mode, Message] = {
    Mode.REMOTE: _l("Remote"),
    Mode.HYBRID: _l("Hybrid"),
    Mode.ON_SITE: _l("On site"),
}
ATTENDING: Mapping[Attending, Message] = {
    Attending.MANDATORY: _l("All who are invited"),
    Attending.SIGN_UP: _l("Those who sign up"),
}
LABELS: Mapping[str, Message] = {
    "title": _l("Name of the meeting"),
    "topic_id": _l("Topic"),
    "form": _l("Form of consultation"),
    "mode": _l("How people meet"),
    "place": _l("Place"),
    "video_link": _l("Video link"),
    "day": _l("Day"),
    "opens_at": _l("Start"),
    "closes_day": _l("Last day"),
    "closes_at": _l("End"),
    "lobby_minutes": _l("Lobby opens before (minutes)"),
    "zone": _l("Time zone"),
    "units": _l("Members of"),
    "sectors": _l("Sectors"),
    "committees": _l("Committees"),
    "posts": _l("Posts"),
    "also": _l("These as well"),
    "minus": _l("Without these"),
    "naming": _l("These units name their own participants"),
    "places": _l("Places for each unit"),
    "attending": _l("Who must come"),
    "capacity": _l("Places"),
    "answer_by": _l("Answers until"),
    "share": _l("Who is present was there for"),
    "at_least": _l("Minutes at least"),
    "late_after": _l("Late after (minutes)"),
    "early_before": _l("Left early before the end (minutes)"),
    "half_days": _l("Count each half-day by itself"),
    "on_site_only": _l("Only those who come in person count"),
    "observers": _l("Observers"),
    "audience": _l("Who is expected"),
    "rule": _l("Attendance rule"),
    "expected": _l("Who is expected"),
    "agenda": _l("Agenda"),
}
"""A plan's fields, as its form and the notices of changes call them."""
