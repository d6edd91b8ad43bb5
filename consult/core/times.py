"""Days and times as people type them into forms, read as days and instants."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from consult.core import clock
from consult.core.errors import Invalid

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?::(\d{2}))?")


def day(text: str | None, field: str) -> date:
    """The day that was typed. Refuses, naming `field`: none, no such day, one outside 2000 to 2099."""
    text = (text or "").strip()
    if not text:
        raise Invalid(_l("Please give a day."), field=field)
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_l("There is no such day."), field=field) from error
    if not clock.EARLIEST.year <= found.year < clock.LATEST.year:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field=field)
    return found


def instant(on: date, text: str | None, where: ZoneInfo, field: str, was: datetime | None = None) -> datetime:
    """The instant of a wall-clock time that was typed, on that day in that zone; what was shown as `was` and
    not touched stays to the second. Refuses, naming `field`: no such time."""
    match = _TIME.fullmatch((text or "").strip())
    try:
        hour, minute, second = (int(part or 0) for part in match.groups()) if match else (24, 0, 0)
        naive = datetime.combine(on, time(hour, minute, second))
    except ValueError as error:
        raise Invalid(_l("Please give a time such as 15:00."), field=field) from error
    if was is not None:
        shown = was.astimezone(where).replace(tzinfo=None)
        if timedelta(0) <= shown - naive < timedelta(minutes=1):
            return was
    return clock.from_local(naive, where, field)
