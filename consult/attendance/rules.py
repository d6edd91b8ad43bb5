"""How we count. The one place where time becomes an outcome and outcomes become figures. Pure."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from flask_babel import lazy_gettext as _l

from consult.attendance.intervals import ON_SITE, SECOND, Span
from consult.core.errors import Message
from consult.meetings import rule_words
from consult.meetings.rule_data import TIMES, RuleData

VERSION = "2026-2"
"""Names the meaning of a rule's parts and of the outcomes; stored with every rule and printed with it."""
EARLIER = "2026-1"
"""The version that knew only a share of the whole meeting, by any channel. Its rules count as they did."""

_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a meeting asks of its members.

    Who was there for the `share` (numerator, denominator) of the actual open time is present; or, where
    `at_least` is given instead, for so long (all of it, where the meeting was shorter). With `half_days` this
    is asked of each half-day by itself, and at least half of them make present. With `on_site_only` only time
    in the room counts.
    Coming more than `late_after` late and leaving more than `early_before` early are noted. A page in the
    background counts up to `bridge_hidden`, as does an outage of ours for who is back within `return_grace`;
    a video that was opened counts up to `video_lasts` after each sign of life. Refuses (ValueError) a share
    that is not above 0 and at most 1, and times that are not whole seconds from 0 to a day.
    """

    share: tuple[int, int] | None = (2, 3)
    late_after: timedelta = timedelta(minutes=10)
    early_before: timedelta = timedelta(minutes=15)
    bridge_hidden: timedelta = timedelta(minutes=5)
    return_grace: timedelta = timedelta(minutes=1)
    video_lasts: timedelta = timedelta(minutes=30)
    at_least: timedelta | None = None
    half_days: bool = False
    on_site_only: bool = False
    version: str = VERSION

    def __post_init__(self) -> None:
        if (self.share is None) == (self.at_least is None):
            raise ValueError("share or at_least: one of them is asked for")
        numerator, denominator = self.share or (1, 1)
        if not 0 < numerator <= denominator:
            raise ValueError(f"share must be above 0 and at most 1, not {numerator}/{denominator}")
        for name in TIMES:
            _check(name, getattr(self, name))
        if self.at_least is not None:
            _check("at_least", self.at_least)
        if self.version not in (EARLIER, VERSION):
            raise ValueError(f"a rule of version {self.version} can't be counted by {VERSION}")
        if self.version == EARLIER and (self.at_least or self.half_days or self.on_site_only):
            raise ValueError(f"version {EARLIER} knew no such part")

    def met(self, stayed: timedelta, held: timedelta) -> bool:
        """Whether who stayed so long, of so much open time, was there for long enough."""
        if not stayed:
            return False
        if self.at_least is not None:
            return stayed >= min(self.at_least, held)
        numerator, denominator = self.share or (1, 1)
        return stayed * denominator >= held * numerator

    def counts(self, span: Span) -> bool:
        """Whether time of that kind counts at all."""
        return not self.on_site_only or not span.channels.isdisjoint(ON_SITE)

    def as_data(self) -> dict[str, Any]:
        """The rule as plain data for storage, each time in seconds; one of an earlier version as it was."""
        share = list(self.share) if self.share else None
        times = {name: getattr(self, name) // SECOND for name in TIMES}
        data = {"version": self.version, "share": share, **times}
        if self.version == EARLIER:
            return data
        return data | {
            "at_least": None if self.at_least is None else self.at_least // SECOND,
            "half_days": self.half_days,
            "on_site_only": self.on_site_only,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The rule that `as_data` wrote. Refuses (ValueError) one of an unknown version."""
        share, at_least = data["share"], data.get("at_least")
        return cls(
            share=(int(share[0]), int(share[1])) if share else None,
            at_least=None if at_least is None else timedelta(seconds=at_least),
            half_days=bool(data.get("half_days", False)),
            on_site_only=bool(data.get("on_site_only", False)),
            version=data["version"],
            **{name: timedelta(seconds=data[name]) for name in TIMES},
        )

    def describe(self) -> str:
        """The rule as the sentences that every report prints."""
        return rule_words.describe(RuleData.from_data(self.as_data()), self.version)


def _check(name: str, length: timedelta) -> None:
    if length % SECOND or not timedelta() <= length <= _LONGEST:
        raise ValueError(f"{name} must be whole seconds from 0 to a day, not {length}")


class Outcome(enum.StrEnum):
    """What a person's attendance came to.

    Of those expected: the first four are present; `partial` was there below the share and is printed
    under absent, with the time. Of those not expected: `walk_in` met the same share and is attending;
    `looked_in` was there below it, and is listed but counted nowhere, so that a moment's look by someone
    from elsewhere makes no figure larger. Of those invited to observe (列席): `observed` met the share,
    counts apart and is attending; `observer_away` did not, which is no absence.
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
    OBSERVED = "observed"
    OBSERVER_AWAY = "observer_away"


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
    Outcome.OBSERVED: _l("Observed"),
    Outcome.OBSERVER_AWAY: _l("Observer, did not come"),
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
    REMOTE_NOT_COUNTED = "remote_not_counted"
    CORRECTED = "corrected"


REASON_NAMES: Mapping[Reason, Message] = {
    Reason.NEVER_OPEN: _l("The meeting was never open"),
    Reason.NOT_SEEN: _l("No record of being there"),
    Reason.OUTSIDE_ONLY: _l("There only while the meeting was not open"),
    Reason.TOO_SHORT: _l("There for less than the required time"),
    Reason.CAME_LATE: _l("Came late"),
    Reason.WENT_EARLY: _l("Left early"),
    Reason.CAME_ON_LEAVE: _l("Had leave, but came"),
    Reason.BRIDGED: _l("Includes time with the page in the background or our server down"),
    Reason.REMOTE_NOT_COUNTED: _l("Took part remotely, which this meeting does not count"),
    Reason.CORRECTED: _l("Corrected by the office"),
}


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
    OBSERVERS = "observers"
    ATTENDING = "attending"


EXPECTED = frozenset(Outcome) - {
    Outcome.WALK_IN, Outcome.LOOKED_IN, Outcome.OBSERVED, Outcome.OBSERVER_AWAY,
}  # fmt: skip
"""The outcomes of those who were expected."""
_PRESENT = frozenset({Outcome.ON_TIME, Outcome.LATE, Outcome.LEFT_EARLY, Outcome.LATE_AND_LEFT})

COUNTED: Mapping[Figure, frozenset[Outcome]] = {
    Figure.EXPECTED: EXPECTED,
    Figure.PRESENT: _PRESENT,
    Figure.EXCUSED: frozenset({Outcome.EXCUSED}),
    Figure.ABSENT: frozenset({Outcome.ABSENT, Outcome.PARTIAL}),
    Figure.PARTIAL: frozenset({Outcome.PARTIAL}),
    Figure.LATE: frozenset({Outcome.LATE, Outcome.LATE_AND_LEFT}),
    Figure.LEFT_EARLY: frozenset({Outcome.LEFT_EARLY, Outcome.LATE_AND_LEFT}),
    Figure.WALK_INS: frozenset({Outcome.WALK_IN}),
    Figure.OBSERVERS: frozenset({Outcome.OBSERVED}),
    Figure.ATTENDING: _PRESENT | {Outcome.WALK_IN, Outcome.OBSERVED},
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
    Figure.OBSERVERS: _l("Observers"),
    Figure.ATTENDING: _l("Attending"),
}


def present(outcome: Outcome) -> bool:
    """Whether the person was present at the meeting: who met the share, expected or not."""
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
    observers: int
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
        """Proves 应到 = 实到 + 请假 + 缺席 and 到会 = 实到 + 列席 + the unlisted. Refuses: Unbalanced."""
        if self.expected != self.present + self.excused + self.absent:
            raise Unbalanced(f"expected {self.expected} = {self.present} + {self.excused} + {self.absent}?")
        if self.attending != self.present + self.observers + self.walk_ins:
            parts = f"{self.present} + {self.observers} + {self.walk_ins}"
            raise Unbalanced(f"attending {self.attending} = {parts}?")
