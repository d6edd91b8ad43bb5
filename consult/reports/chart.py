"""Attendance drawn as SVG by the server: the curve of people present, and each person's time as bars. Pure.

Only classes and attributes, no styles (our CSP forbids them): colours and strokes are the style sheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import chain, count
from math import ceil
from unicodedata import east_asian_width

from flask_babel import gettext as _
from markupsafe import Markup

from consult.attendance.curve import Curve, Point, thinned
from consult.attendance.intervals import CHANNEL_NAMES, SECOND, Interval, Span, clip, gaps, merged
from consult.meetings.rule_words import words

WIDE = 1000
"""Units (pixels, where it is shown at its own width) of a curve for a desk; 358 suits a phone."""

_FONT = 14
_HEIGHT, _TOP, _BOTTOM = 210, 29, 180
_APART = 12
_TICK_EVERY = 110
_AXIS = 300
_BAR_HEIGHT, _BAR_THICK = 22, 12
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_STEPS = tuple(n * _MINUTE for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720))


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where an instant, and a number of people, lie in a drawing."""

    window: Interval
    left: float
    right: float
    highest: int = 1

    def x(self, at: datetime) -> float:
        start, end = self.window
        return self.left + (self.right - self.left) * ((at - start) / (end - start) if start < end else 0)

    def y(self, people: int) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * people / self.highest


@dataclass(frozen=True, slots=True)
class _Label:
    """A text that belongs at x, and the room that it takes once it is placed."""

    x: float
    text: str
    left: float = 0
    right: float = 0
    anchor: str = "middle"

    @property
    def text_x(self) -> float:
        """Where the text is anchored."""
        return {"start": self.left, "middle": self.x, "end": self.right}[self.anchor]


def presence_svg(
    curve: Curve,
    *,
    expected: int,
    periods: Sequence[Interval],
    outages: Sequence[Interval],
    zone: tzinfo,
    width: int = WIDE,
) -> Markup:
    """The curve, with the number expected, its peak, every opening and closing (`periods`), and our outages.

    Times are shown in the zone. To be styled: `.curve` and in it `.grid path`, `.tick`, `.area`, `.line`,
    `.expect`, `.gate`, `.outage`, `circle`, `text` and `.strong`.
    """
    highest = max(expected, curve.peak[1], 1)
    frame = _Frame(curve.window, 16 + 8 * len(str(highest)), width - 12, highest)
    start, end = curve.window
    down = [(max(a, start), min(b, end)) for a, b in merged(outages) if a < end and start < b]
    parts = chain(
        _description(curve, expected, periods, down, zone),
        _people_axis(frame, expected),
        _steps(frame, thinned(curve.points)),
        _outage_marks(frame, down, zone),
        _expected_line(frame, expected),
        (
            Markup('<path class="gate" d="M{} {}V{}"/>').format(_n(frame.x(at)), _TOP - 7, _BOTTOM)
            for at in _edges(periods, curve.window)
        ),
        _peak(frame, curve.peak),
        _time_axis(frame, periods, zone, width),
    )
    return Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" font-size="{}">{}</svg>').format(
        width, _HEIGHT, _FONT, Markup().join(parts)
    )


def bars_svg(spans: Sequence[Span], window: Interval, *, periods: Sequence[Interval], zone: tzinfo) -> Markup:
    """One person's time as bars over whatever width it is given: `.there`, `.lobby` (in the room while the
    meeting was not open), `.bridged` (hatched), and an `.edge` at every opening and closing."""
    frame = _Frame(window, 0, 100)
    shown = clip(spans, [window])
    counted = clip(shown, periods)
    lobby = merged((span.start, span.end) for span in clip(shown, gaps(periods, window)))
    there = merged((span.start, span.end) for span in counted if not span.bridged)
    parts = chain(
        (_bar(frame, interval, "lobby") for interval in lobby),
        (_bar(frame, interval, "there") for interval in there),
        (_hatch(frame, (span.start, span.end)) for span in counted if span.bridged),
        (
            Markup('<line class="edge" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>').format(
                _n(frame.x(at)), _BAR_HEIGHT
            )
            for at in _edges(periods, window)
        ),
    )
    return Markup('<svg class="presence-bar" width="100%" height="{}" role="img">{}{}</svg>').format(
        _BAR_HEIGHT, Markup("<title>{}</title>").format(_told(shown, window, zone)), Markup().join(parts)
    )


def axis_svg(window: Interval, *, periods: Sequence[Interval], zone: tzinfo) -> Markup:
    """The heading over a column of bars: opening, closing, and round times where there is room."""
    frame = _Frame(window, 0, _AXIS)
    times = chain((at for at, _text in _gates(periods, window)), _round_times(frame, zone))
    labels = _placed((_Label(frame.x(at), _clock(at, window, zone)) for at in times), _AXIS)
    texts = (
        Markup('<text x="{}%" y="{}" text-anchor="{}">{}</text>').format(
            _n(label.text_x * 100 / _AXIS), _FONT, label.anchor, label.text
        )
        for label in labels
    )
    return Markup('<svg class="presence-axis" width="100%" height="{}" font-size="{}">{}</svg>').format(
        _FONT + 4, _FONT, Markup().join(texts)
    )


def _n(value: float) -> str:
    """A coordinate in its shortest form."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _clock(at: datetime, window: Interval, zone: tzinfo) -> str:
    """The wall-clock time, with the date where the window is longer than a day."""
    return at.astimezone(zone).strftime("%m-%d %H:%M" if window[1] - window[0] > _DAY else "%H:%M")


def _edges(periods: Sequence[Interval], window: Interval) -> list[datetime]:
    """Every opening and closing that lies in the window."""
    return [at for at in chain(*merged(periods)) if window[0] <= at <= window[1]]


def _gates(periods: Sequence[Interval], window: Interval) -> Iterator[tuple[datetime, str]]:
    """The first opening and the last closing, with a text that wants the time, if they lie in the window."""
    whole = merged(periods)
    if whole and window[0] <= whole[0][0] <= window[1]:
        yield whole[0][0], _("%(time)s opened")
    if whole and window[0] <= whole[-1][1] <= window[1]:
        yield whole[-1][1], _("%(time)s closed")


def _text(x: float, y: float, text: str, anchor: str, *, strong: bool = False) -> Markup:
    return Markup('<text{} x="{}" y="{}" text-anchor="{}">{}</text>').format(
        Markup(' class="strong"') if strong else "", _n(x), _n(y), anchor, text
    )


def _text_width(text: str) -> float:
    """About how wide the text is drawn."""
    return sum(_FONT if east_asian_width(character) in "WF" else _FONT * 0.58 for character in text)


def _placed(labels: Iterable[_Label], width: float) -> list[_Label]:
    """The labels that find room, the earlier ones first, pushed inwards at the ends."""
    placed: list[_Label] = []
    for label in labels:
        wide = _text_width(label.text)
        left = max(min(label.x - wide / 2, width - wide), 0)
        if all(left > other.right + _APART or left + wide + _APART < other.left for other in placed):
            anchor = "start" if left == 0 else "end" if left == width - wide else "middle"
            placed.append(replace(label, left=left, right=left + wide, anchor=anchor))
    return placed


def _round_times(frame: _Frame, zone: tzinfo) -> Iterator[datetime]:
    """Round wall-clock times in the window, as far apart as their labels need."""
    start, end = frame.window
    least = (end - start) * (_TICK_EVERY / (frame.right - frame.left))
    step = next((step for step in _STEPS if step >= least), ceil(least / _DAY) * _DAY)
    local = start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = start + (midnight - local) % step
    while at <= end:
        yield at
        at += step


def _description(
    curve: Curve, expected: int, periods: Sequence[Interval], down: Sequence[Interval], zone: tzinfo
) -> Iterator[Markup]:
    """Title and text for those who can't see the drawing."""
    window = curve.window
    told = [
        _(
            "From %(start)s to %(end)s. Expected: %(expected)s. At most %(peak)s were there, at %(time)s.",
            start=_clock(window[0], window, zone),
            end=_clock(window[1], window, zone),
            expected=expected,
            peak=curve.peak[1],
            time=_clock(curve.peak[0], window, zone),
        ),
        *(_outage_text(outage, window, zone) for outage in down),
    ]
    opening = min(merged(periods), default=window)[0]
    if window[0] < opening <= window[1]:
        time = _clock(opening, window, zone)
        told.insert(1, _("At the opening at %(time)s: %(count)s.", time=time, count=curve.at(opening)))
    yield Markup("<title>{}</title><desc>{}</desc>").format(_("People present over time"), " ".join(told))


def _people_axis(frame: _Frame, expected: int) -> Iterator[Markup]:
    """Lines at a few round numbers, leaving room for the number expected."""
    nice = (digit * 10**power for power in count() for digit in (1, 2, 3, 5))
    step = next(step for step in nice if frame.highest / step <= 3)
    for number in range(0, frame.highest + 1, step):
        y = frame.y(number)
        if number == 0 or abs(y - frame.y(expected)) > _FONT:
            line = Markup('<path d="M{} {}H{}"/>').format(_n(frame.left), _n(y), _n(frame.right))
            label = _text(frame.left - 6, y + 5, str(number), "end")
            yield Markup('<g class="grid">{}{}</g>').format(line, label)


def _outage_text(outage: Interval, window: Interval, zone: tzinfo) -> str:
    length = outage[1] - outage[0]
    about = max(round(length / SECOND), 1) * SECOND if length < _MINUTE else round(length / _MINUTE) * _MINUTE
    return str(
        _(
            "%(time)s our server was down for %(length)s",
            time=_clock(outage[0], window, zone),
            length=words(about),
        )
    )


def _outage_marks(frame: _Frame, down: Sequence[Interval], zone: tzinfo) -> Iterator[Markup]:
    """A band for each outage, with its text where there is room beside it."""
    free_from = frame.left
    for outage in down:
        start, end = frame.x(outage[0]), frame.x(outage[1])
        text = _outage_text(outage, frame.window, zone)
        band = Markup('<rect class="outage" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')
        yield band.format(_n(start), _TOP, _n(max(end - start, 2)), _BOTTOM - _TOP, text)
        wide = _text_width(text) + 6
        if end + wide <= frame.right and end >= free_from:
            yield _text(end + 6, 130, text, "start")
            free_from = end + wide + _APART
        elif start - wide >= free_from:
            yield _text(start - 6, 130, text, "end")
            free_from = end


def _steps(frame: _Frame, points: Sequence[Point]) -> Iterator[Markup]:
    """The number of people as steps, and the area below."""
    (_start, first), *rest = points
    line = f"V{_n(frame.y(first))}" + "".join(f"H{_n(frame.x(at))}V{_n(frame.y(n))}" for at, n in rest)
    left, right = _n(frame.left), _n(frame.right)
    yield Markup('<path class="area" d="M{} {}{}H{}V{}Z"/>').format(left, _BOTTOM, line, right, _BOTTOM)
    yield Markup('<path class="line" d="M{} {}{}H{}"/>').format(left, _n(frame.y(first)), line, right)


def _expected_line(frame: _Frame, expected: int) -> Iterator[Markup]:
    """The dashed line that everybody expected would reach."""
    if expected:
        y = frame.y(expected)
        yield Markup('<path class="expect" d="M{} {}H{}"/>').format(_n(frame.left), _n(y), _n(frame.right))
        yield _text(frame.left - 6, y + 5, str(expected), "end")
        yield _text(frame.right - 6, y - 6, _("Expected: %(count)s", count=expected), "end")


def _peak(frame: _Frame, peak: Point) -> Iterator[Markup]:
    """A dot at the highest point, and how many that were."""
    at, people = peak
    if people:
        x, y = frame.x(at), frame.y(people)
        text = _("At most %(count)s", count=people)
        below = y + 24 if y + 30 < _BOTTOM else y - 10
        to_the_right = x + 6 + _text_width(text) < frame.right
        yield Markup('<circle cx="{}" cy="{}" r="4.5"/>').format(_n(x), _n(y))
        yield _text(
            x + 6 if to_the_right else x - 6, below, text, "start" if to_the_right else "end", strong=True
        )


def _time_axis(frame: _Frame, periods: Sequence[Interval], zone: tzinfo, width: float) -> Iterator[Markup]:
    """Opening and closing in words, then the start of the window and round times where there is room."""
    window = frame.window
    labels = [
        _Label(frame.x(at), text % {"time": _clock(at, window, zone)}) for at, text in _gates(periods, window)
    ]
    for at in chain(window[:1], _round_times(frame, zone)):
        labels.append(_Label(frame.x(at), _clock(at, window, zone)))
    for label in _placed(labels, width):
        yield Markup('<path class="tick" d="M{} {}v5"/>').format(_n(label.x), _BOTTOM)
        yield _text(label.text_x, _BOTTOM + 22, label.text, label.anchor)


def _told(spans: Sequence[Span], window: Interval, zone: tzinfo) -> str:
    """The spans in words: from, to, and how the person was there."""
    if not spans:
        return str(_("No record of being there"))
    return str(_("; ")).join(
        f"{_clock(span.start, window, zone)}–{_clock(span.end, window, zone)} "
        + (
            str(_(", ")).join(str(CHANNEL_NAMES[channel]) for channel in sorted(span.channels))
            or _("bridged")
        )
        for span in spans
    )


def _bar(frame: _Frame, interval: Interval, css: str) -> Markup:
    start, end = (frame.x(at) for at in interval)
    return Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="2"/>').format(
        css, _n(start), (_BAR_HEIGHT - _BAR_THICK) // 2, _n(end - start), _BAR_THICK
    )


def _hatch(frame: _Frame, interval: Interval) -> Markup:
    start, end = (frame.x(at) for at in interval)
    return Markup(
        '<line class="bridged" x1="{}%" x2="{}%" y1="{y}" y2="{y}" stroke-width="{}" stroke-dasharray="2 2"/>'
    ).format(_n(start), _n(end), _BAR_THICK, y=_BAR_HEIGHT // 2)
