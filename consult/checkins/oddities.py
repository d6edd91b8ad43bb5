"""What the ledger's rows show that somebody should look at: pure, and never a verdict."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from flask_babel import lazy_gettext as _l

from consult.attendance.intervals import Channel, Interval, merged, total
from consult.core.errors import Message

TOGETHER = timedelta(minutes=1)
"""How long two devices must be there together: who changes from one to the other is on both for moments."""


class Kind(enum.StrEnum):
    """What is odd."""

    TWO_DEVICES = "two_devices"
    ONE_DEVICE = "one_device"
    UNANSWERED = "unanswered"

    @property
    def label(self) -> Message:
        return _LABELS[self]


_LABELS: dict[Kind, Message] = {
    Kind.TWO_DEVICES: _l("One account on two devices at a time"),
    Kind.ONE_DEVICE: _l("One device for several accounts"),
    Kind.UNANSWERED: _l("“Are you still here?” not answered"),
}


@dataclass(frozen=True)
class Stay:
    """Somebody's presence by a device: `browser` is the same for all who have signed in there."""

    person_id: int
    name: str
    browser: int
    device: str
    channel: Channel
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Flag:
    """Something to look at. `subject`, a person or a browser, tells it from others of its kind. `since` is
    when the latest of it began, `together` how long two devices were there at a time, `asked` when he was
    asked without an answer."""

    kind: Kind
    subject: int
    names: tuple[str, ...]
    stays: tuple[Stay, ...]
    since: datetime
    together: timedelta = timedelta()
    asked: tuple[datetime, ...] = ()


def found(stays: Sequence[Stay]) -> list[Flag]:
    """All that is odd in the stays of one meeting: first accounts, then devices, each by name."""
    return [*_two_devices(stays), *_one_device(stays)]


def _two_devices(stays: Iterable[Stay]) -> list[Flag]:
    flags = []
    for person_id, theirs in _by(stays, lambda stay: stay.person_id):
        by_browser = [
            [(stay.start, stay.end) for stay in here] for _, here in _by(theirs, lambda stay: stay.browser)
        ]
        shared = merged(one for pair in combinations(by_browser, 2) for one in _common(*pair))
        if total(shared) >= TOGETHER:
            names = (theirs[0].name,)
            since = shared[-1][0]
            flags.append(Flag(Kind.TWO_DEVICES, person_id, names, tuple(theirs), since, total(shared)))
    return sorted(flags, key=lambda flag: flag.names)


def _one_device(stays: Iterable[Stay]) -> list[Flag]:
    flags = []
    for browser, here in _by(stays, lambda stay: stay.browser):
        people = [theirs for _, theirs in _by(here, lambda stay: stay.person_id)]
        if len(people) > 1:
            names = tuple(theirs[0].name for theirs in people)
            since = max(theirs[0].start for theirs in people)
            flags.append(Flag(Kind.ONE_DEVICE, browser, names, tuple(here), since))
    return sorted(flags, key=lambda flag: flag.names)


def _common(one: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    """The times that both have."""
    return [
        (max(start, begins), min(end, ends))
        for start, end in merged(one)
        for begins, ends in merged(other)
        if max(start, begins) < min(end, ends)
    ]


def _by(stays: Iterable[Stay], key: Callable[[Stay], int]) -> list[tuple[int, list[Stay]]]:
    """The stays by that key, in the order of their beginning."""
    groups: defaultdict[int, list[Stay]] = defaultdict(list)
    for stay in sorted(stays, key=lambda stay: stay.start):
        groups[key(stay)].append(stay)
    return list(groups.items())
