"""How many people were there over time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from consult.attendance.intervals import Interval, Span

Point = tuple[datetime, int]
"""So many people from this instant on."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The steps over the window: a point at its start, and one wherever the number changes. `peak` is the
    first point with the most people."""

    window: Interval
    points: list[Point]
    peak: Point

    def at(self, instant: datetime) -> int:
        """How many were there at an instant within the window."""
        return self.points[bisect_right(self.points, instant, key=lambda point: point[0]) - 1][1]


def curve(people: Iterable[Iterable[Span]], window: Interval) -> Curve:
    """People present over the window, from each person's disjoint spans.

    It shows what was seen, as the live count did: bridged time counts for a person, but none was seen then.
    """
    start, end = window
    steps: Counter[datetime] = Counter()
    for spans in people:
        for span in spans:
            if not span.bridged and span.start < end and start < span.end:
                steps[max(span.start, start)] += 1
                steps[min(span.end, end)] -= 1
    count = steps.pop(start, 0)
    points = [(start, count)]
    for at in sorted(steps):
        if steps[at] and at < end:
            count += steps[at]
            points.append((at, count))
    return Curve(window, points, max(points, key=lambda point: point[1]))


def thinned(points: Sequence[Point], limit: int = 600) -> list[Point]:
    """At most `limit` (at least 4) of the points that still draw the same picture.

    The time is cut into equal slices, as many as the limit allows, and of each the first, lowest, highest and
    last points stay; so do the peak and every dip.
    """
    if len(points) <= limit:
        return list(points)
    slices = limit // 4
    kept = _sliced(points, slices)
    while len(finer := _sliced(points, slices * 2)) <= limit:
        kept, slices = finer, slices * 2
    return kept


def _sliced(points: Sequence[Point], slices: int) -> list[Point]:
    """The outlines of so many equal slices of the time."""
    start, end = points[0][0], points[-1][0]
    width = (end - start) / slices + timedelta.resolution
    by_slice = groupby(points, key=lambda point: (point[0] - start) // width)
    return [kept for _, held in by_slice for kept in _outline(list(held))]


def _outline(points: Sequence[Point]) -> list[Point]:
    """The first, lowest, highest and last of the points, in order."""
    lowest = min(points, key=lambda point: point[1])
    highest = max(points, key=lambda point: point[1])
    return sorted({points[0], lowest, highest, points[-1]})
