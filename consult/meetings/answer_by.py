"""Until when people answer: in the editor so many days before the meeting, at the end of the office's day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = 18
DAYS = (1, 2, 3, 5, 7, 10, 14)
"""The choices there are, besides until the meeting opens (0)."""


def due(opens_at: datetime, days: int, zone: str) -> datetime | None:
    """The deadline that many days before; None for 0: until the meeting opens."""
    if not days:
        return None
    where = ZoneInfo(zone)
    day = opens_at.astimezone(where).date() - timedelta(days=days)
    return datetime.combine(day, time(HOUR), tzinfo=where)


def due_from(opens_at: datetime, days: int, zone: str, now: datetime) -> datetime | None:
    """The same, where it is still to come; else the evening before, else the opening."""
    for fewer in (days, min(days, 1)):
        instant = due(opens_at, fewer, zone)
        if instant is not None and instant > now:
            return instant
    return None


def days_of(opens_at: datetime, answer_by: datetime | None, zone: str) -> int | None:
    """How many days before that deadline is; None when it is none of the choices."""
    return next((days for days in (0, *DAYS) if due(opens_at, days, zone) == answer_by), None)
