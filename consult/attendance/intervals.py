"""Time as evidence: from the ledger's presences to the spans a person was there. All times are aware UTC."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message

Interval = tuple[datetime, datetime]
"""From the first instant up to, but not including, the second."""

SECOND = timedelta(seconds=1)
SEEN_BEFORE = timedelta(seconds=20)
"""How long before our server went down someone must have been seen to count as there when it did: a
connection that breaks first is noticed only after a missed ping."""


class Channel(enum.StrEnum):
    """How a person was there."""

    BROWSER = "browser"
    HTTP = "http"
    VIDEO = "video"
    QR = "qr"
    CODE = "code"
    STAFF = "staff"
    VENUE = "venue"


ON_SITE = frozenset({Channel.QR, Channel.CODE, Channel.STAFF, Channel.VENUE})
"""The channels that show somebody in the room; by all others he takes part remotely."""


class Way(enum.StrEnum):
    """Whether somebody was there in person, remotely, or now the one and now the other."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    BOTH = "both"


WAY_NAMES: Mapping[Way, Message] = {
    Way.ON_SITE: _l("In person"),
    Way.REMOTE: _l("Remotely"),
    Way.BOTH: _l("In person and remotely"),
}


class Ended(enum.StrEnum):
    """Why a presence ended: by its own will, without a word, page in the background, the server process died
    (the end is its lease's), or with the meeting."""

    LEFT = "left"
    SILENT = "silent"
    HIDDEN = "hidden"
    CUT = "cut"
    CLOSED = "closed"


ON_SITE = frozenset({Channel.QR, Channel.CODE, Channel.STAFF, Channel.VENUE})
"""The channels that show somebody in the room; the others show him on a line."""

CHANNEL_NAMES: Mapping[Channel, Message] = {
    Channel.BROWSER: _l("Web page"),
    Channel.HTTP: _l("Web page (compatible mode)"),
    Channel.VIDEO: _l("Video meeting"),
    Channel.QR: _l("QR check-in"),
    Channel.CODE: _l("Check-in by code"),
    Channel.STAFF: _l("Entered by staff"),
    Channel.VENUE: _l("On site"),
}


@dataclass(frozen=True, slots=True)
class Presence:
    """One row of the ledger. A row that ends before it starts (its process died before it ever renewed its
    lease) stands for the instant of its start."""

    start: datetime
    end: datetime
    channel: Channel
    ended: Ended


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the same channels showed the person there, or (`bridged`, no channels) none did and
    the time counts all the same."""

    start: datetime
    end: datetime
    channels: frozenset[Channel]
    bridged: bool

    def as_data(self) -> dict[str, Any]:
        """The span as plain data for storage."""
        return {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "channels": sorted(self.channels),
            "bridged": self.bridged,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The span that `as_data` wrote."""
        return cls(
            datetime.fromisoformat(data["from"]),
            datetime.fromisoformat(data["to"]),
            frozenset(Channel(channel) for channel in data["channels"]),
            bool(data["bridged"]),
        )


def union(
    presences: Iterable[Presence],
    *,
    periods: Sequence[Interval],
    bridge_hidden: timedelta,
    outages: Sequence[Interval],
    return_grace: timedelta,
    seen_before: timedelta = SEEN_BEFORE,
) -> list[Span]:
    """When one person was there within `periods`: disjoint spans in order, split where the channels change.

    Tabs, devices, reconnects and channels count once. Two kinds of gaps count as presence, as bridged spans:

    - From the end of a presence whose page went to the background up to a later start within
      `bridge_hidden`; time in which our server was down does not use that allowance up.
    - Across an outage, for who was seen at most `seen_before` before it began, or in it, and is seen again
      at most `return_grace` after it ended. Outages no further apart than that grace are one: nobody had
      the time to come back between them.

    Bridging looks beyond `periods`, so pass presences of the lobby and from after closing too. More rows
    never make less time, and neither their order nor how one presence is cut into rows makes a difference.
    """
    rows = [(row.start, max(row.start, row.end), row) for row in presences]
    starts = sorted(start for start, _, _ in rows)
    down = merged(outages)
    bridges = [
        (end, starts[bisect_right(starts, _deadline(end, bridge_hidden, down)) - 1])
        for _, end, row in rows
        if row.ended is Ended.HIDDEN
    ]
    for began, over in merged(outages, apart=return_grace):
        before, after = began - seen_before, over + return_grace
        seen = [max(start, before) for start, end, _ in rows if start < over and end >= before]
        back = [min(end, after) for start, end, _ in rows if start <= after and end > began]
        if seen and back:
            bridges.append((min(seen), max(back)))
    return clip(_sweep([(start, end, row.channel) for start, end, row in rows], merged(bridges)), periods)


def _deadline(since: datetime, allowance: timedelta, down: Sequence[Interval]) -> datetime:
    """The last instant at which an absence since then is within the allowance, time in `down` not counted."""
    for began, over in down:
        if over <= since:
            continue
        used = max(began - since, timedelta())
        if used > allowance:
            break
        allowance -= used
        since = over
    return since + allowance


def _sweep(seen: Iterable[tuple[datetime, datetime, Channel]], bridges: Iterable[Interval]) -> list[Span]:
    """The spans of all that was seen, and of the bridges where nothing was."""
    edges: list[tuple[datetime, Channel | None, int]] = []
    for start, end, channel in seen:
        edges += [(start, channel, 1), (end, channel, -1)]
    for start, end in bridges:
        edges += [(start, None, 1), (end, None, -1)]
    edges.sort(key=lambda edge: edge[0])
    spans: list[Span] = []
    holding: Counter[Channel | None] = Counter()
    for (at, changed, step), (until, _, _) in pairwise(edges):
        holding[changed] += step
        held = {kind for kind, count in holding.items() if count}
        if at == until or not held:
            continue
        channels = frozenset(kind for kind in held if kind is not None)
        last = spans[-1] if spans else None
        if last and last.end == at and last.channels == channels:
            at = spans.pop().start
        spans.append(Span(at, until, channels, bridged=not channels))
    return spans


def way(spans: Iterable[Span]) -> Way | None:
    """How somebody was there, by all channels that showed him; None where none did."""
    kinds = {channel in ON_SITE for span in spans for channel in span.channels}
    if len(kinds) == 2:
        return Way.BOTH
    return next((Way.ON_SITE if on_site else Way.REMOTE for on_site in kinds), None)


def clip(spans: Iterable[Span], periods: Sequence[Interval]) -> list[Span]:
    """The parts of ordered spans that lie within the periods."""
    whole = merged(periods)
    return [
        Span(max(span.start, start), min(span.end, end), span.channels, span.bridged)
        for span in spans
        for start, end in whole
        if span.start < end and start < span.end
    ]


def merged(intervals: Iterable[Interval], *, apart: timedelta = timedelta()) -> list[Interval]:
    """The intervals in order, disjoint: those that overlap, or lie at most `apart` from each other, are made
    one; those without length are left out."""
    out: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if out and start - out[-1][1] <= apart:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def gaps(intervals: Iterable[Interval], window: Interval) -> list[Interval]:
    """The times within the window that no interval covers.

    Of the leases of our processes, (started, last renewed), these are the outages; pass a lease that is still
    held as renewed now, or the seconds since its last renewal look like one.
    """
    at, end = window
    free: list[Interval] = []
    for start, over in merged(intervals):
        if at < min(start, end):
            free.append((at, min(start, end)))
        at = max(at, over)
    if at < end:
        free.append((at, end))
    return free


def total(intervals: Iterable[Interval]) -> timedelta:
    """The exact length of disjoint intervals together."""
    return sum((end - start for start, end in intervals), timedelta())


def seconds(spans: Iterable[Span]) -> int:
    """The whole seconds of disjoint spans together, rounded down once at the end."""
    return total((span.start, span.end) for span in spans) // SECOND
