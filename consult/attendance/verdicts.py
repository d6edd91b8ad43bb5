"""What one person's time at a meeting comes to, by the meeting's rule. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from consult.attendance.intervals import Interval, Span, Way, clip, merged, seconds, total, way
from consult.attendance.rules import Outcome, Reason, Rule

NOON = 12
SHORT_PIECE = timedelta(minutes=30)
"""A half-day that was open for less is no half-day of its own: a morning that runs over past noon."""


class Called(enum.StrEnum):
    """As what somebody was called to a meeting."""

    EXPECTED = "expected"
    ON_LEAVE = "on_leave"
    OBSERVER = "observer"
    NOT_CALLED = "not_called"


@dataclass(frozen=True)
class Sitting:
    """A meeting as it was held: the times it was open, when it was to open, and the rule it is counted by."""

    periods: Sequence[Interval]
    planned_open: datetime
    rule: Rule
    zone: ZoneInfo

    @cached_property
    def whole(self) -> list[Interval]:
        """The open times in order and disjoint."""
        return merged(self.periods)

    @cached_property
    def half_days(self) -> list[list[Interval]]:
        """The open times by half-day, where the rule counts by half-days."""
        return half_days(self.whole, self.zone) if self.rule.half_days else []


@dataclass(frozen=True, slots=True)
class Verdict:
    """One person's outcome, the counted whole seconds, the first and last instants there while the meeting
    was open (None if never), how he was there, the half-days attended of those held (0 of 0 where they are
    not counted), and the facts behind it."""

    outcome: Outcome
    seconds: int
    first: datetime | None
    last: datetime | None
    reasons: tuple[Reason, ...]
    way: Way | None = None
    half_days: int = 0
    half_days_held: int = 0


def settle_one(spans: Sequence[Span], sitting: Sitting, called: Called) -> Verdict:
    """What one person's spans (from `union`; parts outside the open time don't count) come to.

    - Present is who met the rule (`Rule.met`, compared exactly; at the threshold it is met) of the whole open
      time; or, where half-days count by themselves, of at least half of the half-days.
    - Where only time in the room counts, who took part remotely is absent, with that reason.
    - Who has leave but comes for long enough is present like anyone else; otherwise he stays excused.
    - Late and early are of the meeting as a whole, also where half-days count, and are measured in open time
      missed: since the later of planned and actual opening, and up to the last closing. So nobody is late, or
      left early, by the time between a closing and a reopening.
    - An observer, and who was not called, needs the same to count and is never late or early.
    - A meeting that was never open had nobody present.
    """
    whole, rule = sitting.whole, sitting.rule
    inside = clip(spans, whole)
    counted = [span for span in inside if rule.counts(span)]
    attended = sum(rule.met(_time(clip(counted, half)), total(half)) for half in sitting.half_days)
    if rule.half_days:
        met = 0 < attended * 2 >= len(sitting.half_days)
    else:
        met = rule.met(_time(counted), total(whole))
    called_for = called in (Called.EXPECTED, Called.ON_LEAVE)
    late = early = False
    if counted and called_for:
        late = _missed(whole, sitting.planned_open, counted[0].start) > rule.late_after
        early = _missed(whole, counted[-1].end, whole[-1][1]) > rule.early_before
    return Verdict(
        _outcome(called, met=met, late=late, early=early, seen=bool(counted)),
        seconds(counted),
        counted[0].start if counted else None,
        counted[-1].end if counted else None,
        tuple(_reasons(spans, inside, counted, called, sitting, met=met, late=late, early=early)),
        way(inside),
        attended,
        len(sitting.half_days),
    )


def half_days(periods: Sequence[Interval], zone: ZoneInfo) -> list[list[Interval]]:
    """Disjoint open times in order, by the half-day they lie in: each day's morning and afternoon by the
    clocks of that zone, split at noon. A half-day with less than SHORT_PIECE goes with the one before it, or
    else with the one after it."""
    pieces = [piece for period in periods for piece in _split(period, zone)]
    found: list[list[Interval]] = []
    carried: list[Interval] = []
    for _half, group in groupby(pieces, key=lambda piece: _half_of(piece[0], zone)):
        half = carried + list(group)
        carried = []
        if total(half) >= SHORT_PIECE:
            found.append(half)
        elif found:
            found[-1] += half
        else:
            carried = half
    return found if found or not carried else [carried]


def _split(period: Interval, zone: ZoneInfo) -> list[Interval]:
    """The period cut at each noon and midnight."""
    pieces: list[Interval] = []
    at, end = period
    while at < end:
        until = min(_end_of_half(at, zone), end)
        pieces.append((at, until))
        at = until
    return pieces


def _half_of(instant: datetime, zone: ZoneInfo) -> tuple[date, bool]:
    local = instant.astimezone(zone)
    return local.date(), local.hour >= NOON


def _end_of_half(instant: datetime, zone: ZoneInfo) -> datetime:
    """The first noon or midnight by the zone's clocks after the instant."""
    day, afternoon = _half_of(instant, zone)
    if afternoon:
        day += timedelta(days=1)
    noon_or_midnight = datetime(day.year, day.month, day.day, 0 if afternoon else NOON, tzinfo=zone)
    return noon_or_midnight.astimezone(instant.tzinfo)


def _time(spans: Sequence[Span]) -> timedelta:
    return total((span.start, span.end) for span in spans)


def _missed(periods: Sequence[Interval], since: datetime, until: datetime) -> timedelta:
    """How long the meeting was open between the two instants."""
    pieces = ((max(start, since), min(end, until)) for start, end in periods)
    return total((start, end) for start, end in pieces if start < end)


def _reasons(
    spans: Sequence[Span],
    inside: Sequence[Span],
    counted: Sequence[Span],
    called: Called,
    sitting: Sitting,
    *,
    met: bool,
    late: bool,
    early: bool,
) -> list[Reason]:
    if not sitting.whole:
        return [Reason.NEVER_OPEN]
    if not inside:
        return [Reason.OUTSIDE_ONLY if spans else Reason.NOT_SEEN]
    facts = {
        Reason.REMOTE_NOT_COUNTED: not met and len(counted) < len(inside),
        Reason.TOO_SHORT: bool(counted) and not met,
        Reason.CAME_LATE: late,
        Reason.WENT_EARLY: early,
        Reason.CAME_ON_LEAVE: called is Called.ON_LEAVE,
        Reason.BRIDGED: any(span.bridged for span in counted),
    }
    return [reason for reason, holds in facts.items() if holds]


def _outcome(called: Called, *, met: bool, late: bool, early: bool, seen: bool) -> Outcome:
    if called is Called.NOT_CALLED:
        return Outcome.WALK_IN if met else Outcome.LOOKED_IN
    if called is Called.OBSERVER:
        return Outcome.OBSERVED if met else Outcome.OBSERVER_AWAY
    if met:
        if late:
            return Outcome.LATE_AND_LEFT if early else Outcome.LATE
        return Outcome.LEFT_EARLY if early else Outcome.ON_TIME
    if called is Called.ON_LEAVE:
        return Outcome.EXCUSED
    return Outcome.PARTIAL if seen else Outcome.ABSENT
