"""What has to be done for a meeting, and by when: notice, materials, answers, its own course, minutes. Pure.

The office's deadlines are counted in working days from the meeting's first and last day; each may be met at
any hour of its day, by the meeting's clocks.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from consult.core import workdays
from consult.core.errors import Message


class What(enum.StrEnum):
    """What is to be done."""

    NOTICE = "notice"
    MATERIALS = "materials"
    ANSWERS = "answers"
    LOBBY = "lobby"
    OPEN = "open"
    CLOSE = "close"
    SETTLED = "settled"
    MINUTES = "minutes"


NAMES: Mapping[What, Message] = {
    What.NOTICE: _l("Written notice is out"),
    What.MATERIALS: _l("Materials are out"),
    What.ANSWERS: _l("Last time to answer"),
    What.LOBBY: _l("The lobby opens"),
    What.OPEN: _l("The meeting opens by itself"),
    What.CLOSE: _l("The meeting closes by itself"),
    What.SETTLED: _l("Attendance is counted and the report is made"),
    What.MINUTES: _l("Minutes are out"),
}
BY_THE_OFFICE = frozenset({What.NOTICE, What.MATERIALS, What.MINUTES})
"""What people must see to; the rest happens by itself."""


@dataclass(frozen=True)
class Limits:
    """How many working days before the meeting notice and materials must be out, and after it the minutes."""

    notice: int
    materials: int
    minutes: int


@dataclass(frozen=True)
class Times:
    """A meeting's times, by the clocks of `zone`."""

    opens_at: datetime
    closes_at: datetime
    lobby: timedelta
    grace: timedelta
    zone: str
    answer_by: datetime | None = None


@dataclass(frozen=True)
class Step:
    """Something to be done: until when, and when it was done (None: not yet).

    Where it may be done on any hour of a day, `day` is that day and `due` its end. `workdays` says how many
    working days lie between that day and the meeting, `holidays` which holidays pushed it away.
    """

    what: What
    due: datetime
    done_at: datetime | None
    late: bool
    day: date | None = None
    workdays: int = 0
    holidays: Sequence[Message] = field(default=())

    @property
    def shown(self) -> datetime:
        """An instant on the day, or the instant, that a page shows."""
        return self.due - timedelta(seconds=1) if self.day else self.due

    @property
    def before(self) -> bool:
        """Whether it comes before the meeting."""
        return self.what is not What.MINUTES

    @property
    def name(self) -> Message:
        return NAMES[self.what]


def steps_of(times: Times, limits: Limits, done: Mapping[What, datetime], now: datetime) -> list[Step]:
    """All that is to be done for the meeting, in the order of time. Late is what is not done though it is
    past, or was done past its time."""
    where = ZoneInfo(times.zone)
    first, last = (one.astimezone(where).date() for one in (times.opens_at, times.closes_at))
    instants = {
        What.LOBBY: times.opens_at - times.lobby if times.lobby else None,
        What.OPEN: times.opens_at,
        What.CLOSE: times.closes_at,
        What.SETTLED: times.closes_at + times.grace,
        What.ANSWERS: times.answer_by,
    }
    steps = [
        Step(what, due, done.get(what) or (due if due <= now else None), late=False)
        for what, due in instants.items()
        if due is not None
    ]
    days = (
        (What.NOTICE, limits.notice, workdays.back(first, limits.notice), first),
        (What.MATERIALS, limits.materials, workdays.back(first, limits.materials), first),
        (What.MINUTES, limits.minutes, workdays.forward(last, limits.minutes), last),
    )
    for what, count, day, of in days:
        due = datetime.combine(day + timedelta(days=1), time(), where)
        at = done.get(what)
        holidays = workdays.holidays_between(min(day, of), max(day, of))
        steps.append(Step(what, due, at, (at or now) >= due, day, count, holidays))
    order = list(What)
    return sorted(steps, key=lambda step: (step.due, order.index(step.what)))


def next_of(steps: Sequence[Step]) -> Step | None:
    """The first step that is still to be done."""
    return next((step for step in steps if step.done_at is None and not step.late), None)


def not_announced(steps: Sequence[Step]) -> list[int]:
    """The years in these deadlines whose holidays are not announced, so that weekdays were counted."""
    years = {step.day.year for step in steps if step.day} | {
        step.due.year for step in steps if step.what is What.OPEN
    }
    return sorted(year for year in years if not workdays.announced(year))
