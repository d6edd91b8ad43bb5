"""How people are told here: which channels there are, when the night is, how long a burst of edits lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import ngettext

from consult.config import Settings
from consult.notices.kinds import EMAIL, ROBOT, SMS

NEAR = timedelta(hours=2)  # what begins within it after the night can't wait for the morning
LONGEST = 10  # quiet waits that a burst of edits may last until people are told all the same
SOON = 10  # of the time until a meeting, the part that its changes may wait for others


@dataclass(frozen=True)
class Policy:
    """The settings that decide who is told when, by which channels."""

    channels: frozenset[str]
    change_quiet: timedelta
    reminders: tuple[int, ...]  # minutes before a meeting
    quiet_from: time
    quiet_until: time
    zone: str

    @property
    def longest_quiet(self) -> timedelta:
        """How long people may be left without word of an edit because others follow it."""
        return self.change_quiet * LONGEST

    def after_the_night(self, at: datetime) -> datetime:
        """The first instant from `at` on at which people may be disturbed."""
        where = ZoneInfo(self.zone)
        local = at.astimezone(where)
        clock = local.time()
        start, end = self.quiet_from, self.quiet_until
        if start == end:
            return at
        over_midnight = start > end
        asleep = (clock >= start or clock < end) if over_midnight else start <= clock < end
        if not asleep:
            return at
        day = local.date() + timedelta(days=1 if over_midnight and clock >= start else 0)
        return datetime.combine(day, end, where)

    def send_at(self, at: datetime, begins_at: datetime | None, *, urgent: bool = False) -> datetime:
        """When to send what is told at `at`: in the night only if it is urgent, or if what it is about would
        have begun, or nearly so, by the morning."""
        morning = self.after_the_night(at)
        if urgent or (begins_at is not None and begins_at - morning < NEAR):
            return at
        return morning

    def told_from(self, edited_at: datetime, opens_at: datetime) -> datetime:
        """From when a meeting that was edited then, and opens then, may be told of: once it was left alone
        for a while, a shorter one if it is near."""
        return edited_at + max(timedelta(0), min(self.change_quiet, (opens_at - edited_at) / SOON))


def lasting(minutes: int) -> str:
    """So many minutes in words, by days or hours where they are whole ones."""
    if minutes and minutes % 1440 == 0:
        words = ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    elif minutes and minutes % 60 == 0:
        words = ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    else:
        words = ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return str(words)


def policy_of(settings: Settings) -> Policy:
    """What the settings say."""
    set_up = {ROBOT: True, EMAIL: bool(settings.smtp_url), SMS: bool(settings.sms_url)}
    return Policy(
        channels=frozenset(channel for channel in set_up if set_up[channel]),
        change_quiet=timedelta(seconds=settings.change_quiet_seconds),
        reminders=settings.reminders,
        quiet_from=settings.quiet_from,
        quiet_until=settings.quiet_until,
        zone=settings.zone,
    )
