"""What the moves are called: once they were made, and while they are still to come."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.meetings.lifecycle import Move

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
