"""The time: aware UTC inside, the meeting's zone outside. The only place that asks the system for it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Refuses: Invalid (field `zone`)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(_l("There is no time zone called “%(name)s”.", name=name[:60]), field="zone") from error


def from_local(naive: datetime, where: ZoneInfo, field: str) -> datetime:
    """The UTC instant of a wall-clock time in that zone.

    Of a time that happens twice (clocks set back) the first is meant. Refuses, naming `field`: a time that
    never happens there (clocks set forward), and one outside the years 2000 to 2099.
    """
    there = naive.replace(tzinfo=where)
    try:
        instant = there.astimezone(UTC)
        back = instant.astimezone(where).replace(tzinfo=None)
    except (OverflowError, ValueError) as error:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field=field) from error
    if not EARLIEST <= instant < LATEST:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field=field)
    if back != naive:
        raise Invalid(_l("That time does not exist: the clocks are set forward then."), field=field)
    return instant


def iso(instant: datetime) -> str:
    """An instant as it goes over the wire: ISO 8601, UTC, milliseconds, `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
