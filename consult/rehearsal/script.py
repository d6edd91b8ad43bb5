"""What each made-up member will do, and what the report must therefore say. Pure; seconds from the opening.

The truth is worked out here the plain way, second by second, and not by the code that it checks. Every
scripted time keeps MARGIN seconds from each threshold of the rule, so that a slow machine changes no outcome.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from consult.attendance.rules import Outcome, Rule

MARGIN = 30  # seconds between any scripted time and a threshold
LEAST_MINUTES = 5


class By(enum.StrEnum):
    """How a connection is made, and what ends it."""

    SOCKET = "socket"  # signs off in good order
    DROP = "drop"  # the line is cut
    HTTP = "http"  # where sockets are blocked


@dataclass(frozen=True)
class Stay:
    """One connection, in seconds from the opening. While `hidden` its page is in the background."""

    start: int
    end: int
    by: By = By.SOCKET
    hidden: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Part:
    """What one member does: his stays, when he comments, and what must come of it."""

    kind: str
    stays: tuple[Stay, ...]
    outcome: Outcome
    seconds: int
    comments: tuple[int, ...] = ()
    expected: bool = True
    excused: bool = False


@dataclass(frozen=True)
class Script:
    """A rehearsal: the meeting's length and lobby in seconds, its rule, and a part for each who has one."""

    length: int
    lobby: int
    rule: Rule
    parts: tuple[Part, ...] = field(default=())

    @property
    def comments(self) -> int:
        return sum(len(part.comments) for part in self.parts)


def scaled_rule(minutes: int) -> Rule:
    """The usual rule shrunk to a meeting of that many minutes; short meetings ask for half the time, so that
    someone can be late, leave early and still be present with the margins kept."""
    edge = timedelta(seconds=MARGIN if minutes >= 8 else 15)
    return Rule(
        share=(2, 3) if minutes >= 8 else (1, 2),
        late_after=edge,
        early_before=edge,
        bridge_hidden=timedelta(seconds=45),
    )


def write(players: int, minutes: int, seed: int, comments: int, absent: int = 6, excused: int = 4) -> Script:
    """A script for that many players, and some who are expected but don't come.

    Refuses (ValueError) a meeting too short to keep the margins.
    """
    if minutes < LEAST_MINUTES:
        raise ValueError(f"a rehearsal needs at least {LEAST_MINUTES} minutes")
    rule = scaled_rule(minutes)
    length = minutes * 60
    lobby = 60
    dice = random.Random(seed)  # noqa: S311  a script must come out the same for the same seed
    stage = _Stage(length, lobby, rule, dice)
    kinds = _KINDS
    parts = [kinds[number % len(kinds)](stage) for number in range(players)]
    parts = _with_comments(parts, comments, length, dice)
    parts += [Part("on leave", (), Outcome.EXCUSED, 0, excused=True)] * excused
    parts += [Part("never comes", (), Outcome.ABSENT, 0)] * absent
    return Script(length, lobby, rule, tuple(parts))


@dataclass(frozen=True)
class _Stage:
    """The thresholds in seconds, and times on either side of them."""

    length: int
    lobby: int
    rule: Rule
    dice: random.Random

    @property
    def late(self) -> int:
        return int(self.rule.late_after.total_seconds())

    @property
    def early(self) -> int:
        return self.length - int(self.rule.early_before.total_seconds())

    @property
    def needed(self) -> int:
        numerator, denominator = self.rule.share or (1, 1)
        return self.length * numerator // denominator

    def in_lobby(self) -> int:
        return -self.dice.randint(5, self.lobby - 10)

    def too_late(self) -> int:
        return self.late + MARGIN + self.dice.randint(0, 4)

    def too_early(self) -> int:
        return self.early - MARGIN - self.dice.randint(0, 4)

    def beyond(self) -> int:
        """After the closing: the meeting's end, not the member's, ends the stay."""
        return self.length + 20


def _steady(stage: _Stage) -> Part:
    return _part("stays throughout", stage, [Stay(stage.in_lobby(), stage.beyond())])


def _tabs_and_phone(stage: _Stage) -> Part:
    third = stage.length // 3
    stays = [
        Stay(stage.in_lobby(), third + 25),
        Stay(third - 10, 2 * third),
        Stay(third, stage.beyond()),
    ]
    return _part("two tabs and a phone", stage, stays)


def _dropping(stage: _Stage) -> Part:
    cut = stage.length // 2 + stage.dice.randint(-20, 0)
    return _part(
        "drops and comes back", stage, [Stay(stage.in_lobby(), cut, By.DROP), Stay(cut + 20, stage.beyond())]
    )


def _late(stage: _Stage) -> Part:
    return _part("comes late", stage, [Stay(stage.too_late(), stage.beyond())])


def _left_early(stage: _Stage) -> Part:
    return _part("leaves early", stage, [Stay(stage.in_lobby(), stage.too_early())])


def _late_and_left(stage: _Stage) -> Part:
    return _part("comes late and leaves early", stage, [Stay(stage.too_late(), stage.too_early())])


def _short(stage: _Stage) -> Part:
    end = stage.needed - MARGIN - stage.dice.randint(0, 15)
    return _part("too short to count", stage, [Stay(stage.in_lobby(), end)])


def _http(stage: _Stage) -> Part:
    return _part("by HTTP only", stage, [Stay(stage.in_lobby(), stage.beyond(), By.HTTP)])


def _glance(stage: _Stage) -> Part:
    middle = stage.length // 2
    hidden = ((middle - 12, middle),)
    return _part(
        "looks at something else for a moment", stage, [Stay(stage.in_lobby(), stage.beyond(), hidden=hidden)]
    )


def _away(stage: _Stage) -> Part:
    middle = stage.length // 2
    hidden = ((middle - 80, middle),)
    return _part(
        "has the page in the background for long",
        stage,
        [Stay(stage.in_lobby(), stage.beyond(), hidden=hidden)],
    )


def _unlisted(stage: _Stage) -> Part:
    return _part("comes unlisted", stage, [Stay(stage.in_lobby(), stage.beyond())], expected=False)


_KINDS: Sequence[Callable[[_Stage], Part]] = (
    _steady, _tabs_and_phone, _steady, _late, _dropping, _http, _left_early, _steady, _short, _glance,
    _late_and_left, _steady, _http, _dropping, _tabs_and_phone, _steady, _unlisted, _steady, _away,
)  # fmt: skip


def _part(kind: str, stage: _Stage, stays: list[Stay], *, expected: bool = True) -> Part:
    bridged = stage.rule.bridge_hidden.total_seconds()
    there = {
        second
        for stay in stays
        for second in range(max(0, stay.start), min(stage.length, stay.end))
        if not any(start <= second < end and end - start > bridged for start, end in stay.hidden)
    }
    outcome = _outcome(stage, there) if expected else Outcome.WALK_IN
    return Part(kind, tuple(stays), outcome, len(there), expected=expected)


def _outcome(stage: _Stage, there: set[int]) -> Outcome:
    if len(there) < stage.needed:
        return Outcome.PARTIAL if there else Outcome.ABSENT
    late, left = min(there) > stage.late, max(there) + 1 < stage.early
    return {
        (False, False): Outcome.ON_TIME,
        (True, False): Outcome.LATE,
        (False, True): Outcome.LEFT_EARLY,
        (True, True): Outcome.LATE_AND_LEFT,
    }[late, left]


def _with_comments(parts: list[Part], comments: int, length: int, dice: random.Random) -> list[Part]:
    """Shares the comments out over times when their authors are there and can speak."""
    times: list[list[int]] = [[] for _ in parts]
    choices = [_speaking(part, length) for part in parts]
    for number in range(comments):
        who = number % len(parts)
        times[who].append(dice.choice(choices[who]))
    return [replace(part, comments=tuple(sorted(said))) for part, said in zip(parts, times, strict=True)]


def _speaking(part: Part, length: int) -> list[int]:
    return [
        second
        for stay in part.stays
        for second in range(max(4, stay.start + 4), min(length - 6, stay.end - 4))
        if not any(start - 2 <= second <= end + 2 for start, end in stay.hidden)
    ]
