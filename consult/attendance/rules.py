"""How we count. The one place where time becomes an outcome and outcomes become figures. Pure."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consult.attendance.intervals import SECOND, Interval, Span, clip, merged, seconds, total
from consult.core.errors import Message

VERSION = "2026-1"
"""Names the meaning of a rule's parts and of the outcomes; stored with every rule and printed with it."""

_LONGEST = timedelta(days=1)

_SHARES: Mapping[tuple[int, int], Message] = {
    (1, 2): _l("half"),
    (2, 3): _l("two thirds"),
    (3, 4): _l("three quarters"),
    (1, 1): _l("the whole"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a meeting asks of its members.

    `share` (numerator, denominator) of the actual open time makes present. Coming more than `late_after` late
    and leaving more than `early_before` early are noted. A page in the background counts up to
    `bridge_hidden`, as does an outage of ours for who is back within `return_grace`; a video that was opened
    counts up to `video_lasts` after each sign of life. Refuses (ValueError) a share that is not above 0 and
    at most 1, and times that are not whole seconds from 0 to a day.
    """

    share: tuple[int, int] = (2, 3)
    late_after: timedelta = timedelta(minutes=10)
    early_before: timedelta = timedelta(minutes=15)
    bridge_hidden: timedelta = timedelta(minutes=5)
    return_grace: timedelta = timedelta(minutes=1)
    video_lasts: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        numerator, denominator = self.share
        if not 0 < numerator <= denominator:
            raise ValueError(f"share must be above 0 and at most 1, not {numerator}/{denominator}")
        for name in _TIMES:
            length = getattr(self, name)
            if length % SECOND or not timedelta() <= length <= _LONGEST:
                raise ValueError(f"{name} must be whole seconds from 0 to a day, not {length}")

    def as_data(self) -> dict[str, Any]:
        """The rule as plain data for storage: the version, the share, and each time in seconds."""
        times = {name: getattr(self, name) // SECOND for name in _TIMES}
        return {"version": VERSION, "share": list(self.share), **times}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The rule that `as_data` wrote. Refuses (ValueError) another version's."""
        if data["version"] != VERSION:
            raise ValueError(f"a rule of version {data['version']} can't be counted by {VERSION}")
        numerator, denominator = data["share"]
        times = {name: timedelta(seconds=data[name]) for name in _TIMES}
        return cls(share=(int(numerator), int(denominator)), **times)

    def describe(self) -> str:
        """The rule as the sentences that every report prints."""
        share = _SHARES.get(self.share) or "{}/{}".format(*self.share)
        return str(
            _(
                "Rule %(version)s: who was there for %(share)s of the time the meeting was open is present; "
                "late is more than %(late)s after the opening; leaving early is more than %(early)s before "
                "the end. A page in the background counts for up to %(hidden)s; time in which our server was "
                "down counts for those who were there before and came back within %(grace)s; an opened video "
                "counts for up to %(video)s after the last sign of life.",
                version=VERSION,
                share=share,
                late=words(self.late_after),
                early=words(self.early_before),
                hidden=words(self.bridge_hidden),
                grace=words(self.return_grace),
                video=words(self.video_lasts),
            )
        )


_TIMES = ("late_after", "early_before", "bridge_hidden", "return_grace", "video_lasts")


def words(length: timedelta) -> str:
    """A length of time in words: in minutes where it is whole minutes, else in whole seconds."""
    minutes, rest = divmod(length // SECOND, 60)
    if rest:
        return str(ngettext("%(num)s second", "%(num)s seconds", minutes * 60 + rest))
    return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))


class Outcome(enum.StrEnum):
    """What a person's attendance came to.

    Of those expected: the first four are present; `partial` was there below the share and is printed
    under absent, with the time. Of those not expected: `walk_in` met the same share and is attending;
    `looked_in` was there below it, and is listed but counted nowhere, so that a moment's look by someone
    from elsewhere makes no figure larger.
    """

    ON_TIME = "on_time"
    LATE = "late"
    LEFT_EARLY = "left_early"
    LATE_AND_LEFT = "late_and_left"
    PARTIAL = "partial"
    EXCUSED = "excused"
    ABSENT = "absent"
    WALK_IN = "walk_in"
    LOOKED_IN = "looked_in"


OUTCOME_NAMES: Mapping[Outcome, Message] = {
    Outcome.ON_TIME: _l("On time"),
    Outcome.LATE: _l("Late"),
    Outcome.LEFT_EARLY: _l("Left early"),
    Outcome.LATE_AND_LEFT: _l("Late and left early"),
    Outcome.PARTIAL: _l("Absent (too short)"),
    Outcome.EXCUSED: _l("On leave"),
    Outcome.ABSENT: _l("Absent"),
    Outcome.WALK_IN: _l("Attended unlisted"),
    Outcome.LOOKED_IN: _l("Looked in (not counted)"),
}


class Reason(enum.StrEnum):
    """A fact that explains a verdict."""

    NEVER_OPEN = "never_open"
    NOT_SEEN = "not_seen"
    OUTSIDE_ONLY = "outside_only"
    TOO_SHORT = "too_short"
    CAME_LATE = "came_late"
    WENT_EARLY = "went_early"
    CAME_ON_LEAVE = "came_on_leave"
    BRIDGED = "bridged"


REASON_NAMES: Mapping[Reason, Message] = {
    Reason.NEVER_OPEN: _l("The meeting was never open"),
    Reason.NOT_SEEN: _l("No record of being there"),
    Reason.OUTSIDE_ONLY: _l("There only while the meeting was not open"),
    Reason.TOO_SHORT: _l("There for less than the required share"),
    Reason.CAME_LATE: _l("Came late"),
    Reason.WENT_EARLY: _l("Left early"),
    Reason.CAME_ON_LEAVE: _l("Had leave, but came"),
    Reason.BRIDGED: _l("Includes time with the page in the background or our server down"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One person's outcome, the counted whole seconds, the first and last instants there while the meeting
    was open (None if never), and the facts behind it."""

    outcome: Outcome
    seconds: int
    first: datetime | None
    last: datetime | None
    reasons: tuple[Reason, ...]


def settle_one(
    spans: Sequence[Span],
    periods: Sequence[Interval],
    planned_open: datetime,
    rule: Rule,
    *,
    expected: bool,
    excused: bool,
) -> Verdict:
    """What one person's spans (from `union`; parts outside the open `periods` don't count) come to.

    - Present takes the rule's share of the actual open time, compared exactly; at the threshold it is met.
    - Who has leave but comes and meets the share is present like anyone else; below it he stays excused.
    - Late and early are measured in open time missed: since the later of planned and actual opening, and up
      to the last closing. So nobody is late, or left early, by the time between a closing and a reopening.
    - Someone not expected needs the same share to count (walk_in, never late or early), else he looked in.
    - A meeting that was never open had nobody present.
    """
    whole = merged(periods)
    inside = clip(spans, whole)
    stayed = total((span.start, span.end) for span in inside)
    numerator, denominator = rule.share
    met = bool(inside) and stayed * denominator >= total(whole) * numerator
    reasons: list[Reason] = []
    late = early = False
    if not whole:
        reasons.append(Reason.NEVER_OPEN)
    elif not inside:
        reasons.append(Reason.OUTSIDE_ONLY if spans else Reason.NOT_SEEN)
    else:
        late = expected and _missed(whole, planned_open, inside[0].start) > rule.late_after
        early = expected and _missed(whole, inside[-1].end, whole[-1][1]) > rule.early_before
        facts = {
            Reason.TOO_SHORT: not met,
            Reason.CAME_LATE: late,
            Reason.WENT_EARLY: early,
            Reason.CAME_ON_LEAVE: expected and excused,
            Reason.BRIDGED: any(span.bridged for span in inside),
        }
        reasons += [reason for reason, holds in facts.items() if holds]
    return Verdict(
        _outcome(met=met, late=late, early=early, seen=bool(inside), expected=expected, excused=excused),
        seconds(inside),
        inside[0].start if inside else None,
        inside[-1].end if inside else None,
        tuple(reasons),
    )


def _missed(periods: Sequence[Interval], since: datetime, until: datetime) -> timedelta:
    """How long the meeting was open between the two instants."""
    pieces = ((max(start, since), min(end, until)) for start, end in periods)
    return total((start, end) for start, end in pieces if start < end)


def _outcome(*, met: bool, late: bool, early: bool, seen: bool, expected: bool, excused: bool) -> Outcome:
    if not expected:
        return Outcome.WALK_IN if met else Outcome.LOOKED_IN
    if met:
        if late:
            return Outcome.LATE_AND_LEFT if early else Outcome.LATE
        return Outcome.LEFT_EARLY if early else Outcome.ON_TIME
    if excused:
        return Outcome.EXCUSED
    return Outcome.PARTIAL if seen else Outcome.ABSENT


class Figure(enum.StrEnum):
    """A number of people in one meeting, by the outcomes it counts (`COUNTED`)."""

    EXPECTED = "expected"
    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"
    PARTIAL = "partial"
    LATE = "late"
    LEFT_EARLY = "left_early"
    WALK_INS = "walk_ins"
    ATTENDING = "attending"


_PRESENT = frozenset({Outcome.ON_TIME, Outcome.LATE, Outcome.LEFT_EARLY, Outcome.LATE_AND_LEFT})

COUNTED: Mapping[Figure, frozenset[Outcome]] = {
    Figure.EXPECTED: frozenset(Outcome) - {Outcome.WALK_IN, Outcome.LOOKED_IN},
    Figure.PRESENT: _PRESENT,
    Figure.EXCUSED: frozenset({Outcome.EXCUSED}),
    Figure.ABSENT: frozenset({Outcome.ABSENT, Outcome.PARTIAL}),
    Figure.PARTIAL: frozenset({Outcome.PARTIAL}),
    Figure.LATE: frozenset({Outcome.LATE, Outcome.LATE_AND_LEFT}),
    Figure.LEFT_EARLY: frozenset({Outcome.LEFT_EARLY, Outcome.LATE_AND_LEFT}),
    Figure.WALK_INS: frozenset({Outcome.WALK_IN}),
    Figure.ATTENDING: _PRESENT | {Outcome.WALK_IN},
}
"""Which outcomes each figure counts: both the numbers and the lists of rows behind them come from here."""

FIGURE_NAMES: Mapping[Figure, Message] = {
    Figure.EXPECTED: _l("Expected"),
    Figure.PRESENT: _l("Present"),
    Figure.EXCUSED: _l("On leave"),
    Figure.ABSENT: _l("Absent"),
    Figure.PARTIAL: _l("of them too short"),
    Figure.LATE: _l("of them late"),
    Figure.LEFT_EARLY: _l("of them left early"),
    Figure.WALK_INS: _l("Attended unlisted"),
    Figure.ATTENDING: _l("Attending"),
}


def present(outcome: Outcome) -> bool:
    """Whether the person was present at the meeting: the expected who met the share, and walk-ins."""
    return outcome in COUNTED[Figure.ATTENDING]


class Unbalanced(Exception):
    """Figures that contradict each other: a bug or damaged rows, never something to print."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one meeting, or of one group in it."""

    expected: int
    present: int
    excused: int
    absent: int
    partial: int
    late: int
    left_early: int
    walk_ins: int
    attending: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome] | Mapping[Outcome, int], *, expected: int | None = None) -> Self:
        """The checked figures of the outcomes, or of how many there are of each. `expected`, where the caller
        knows it from the list of those expected, is set against the outcomes. Refuses: Unbalanced."""
        counts = Counter(outcomes)
        figures = {figure: sum(counts[outcome] for outcome in COUNTED[figure]) for figure in Figure}
        if expected is not None:
            figures[Figure.EXPECTED] = expected
        tally = cls(**{figure.value: number for figure, number in figures.items()})
        tally.check()
        return tally

    @property
    def rate(self) -> tuple[int, int]:
        """The rate of attendance 出席率 as numerator and denominator, present of expected."""
        return self.present, self.expected

    def check(self) -> None:
        """Proves 应到 = 实到 + 请假 + 缺席 and 到会 = 实到 + those not expected. Refuses: Unbalanced."""
        if self.expected != self.present + self.excused + self.absent:
            raise Unbalanced(f"expected {self.expected} = {self.present} + {self.excused} + {self.absent}?")
        if self.attending != self.present + self.walk_ins:
            raise Unbalanced(f"attending {self.attending} = {self.present} + {self.walk_ins}?")
