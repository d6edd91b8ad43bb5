"""Small timelines in whole seconds, for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from consult.attendance.intervals import Channel, Ended, Interval, Presence, Span

START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
LAST = 40


def sec(count: float) -> timedelta:
    return timedelta(seconds=count)


def at(second: float) -> datetime:
    return START + sec(second)


def between(start: float, end: float) -> Interval:
    return at(start), at(end)


def there(
    start: float, end: float, ended: Ended = Ended.LEFT, channel: Channel = Channel.BROWSER
) -> Presence:
    return Presence(at(start), at(end), channel, ended)


def span(start: float, end: float, *channels: Channel) -> Span:
    """A span seen on the channels, or bridged if there is none."""
    return Span(at(start), at(end), frozenset(channels), bridged=not channels)


def each_second(spans: Iterable[Span]) -> dict[int, frozenset[Channel]]:
    """The channels of every second of the spans; none for a bridged one."""
    seconds: dict[int, frozenset[Channel]] = {}
    for one in spans:
        for second in range((one.start - START) // sec(1), (one.end - START) // sec(1)):
            assert second not in seconds, "spans overlap"
            seconds[second] = one.channels
    return seconds


moments = st.integers(0, LAST)
stretches = st.tuples(moments, moments).map(sorted).map(tuple)
presences = st.builds(
    lambda stretch, channel, ended: there(*stretch, ended, channel),
    stretches,
    st.sampled_from([Channel.BROWSER, Channel.VIDEO]),
    st.sampled_from([Ended.LEFT, Ended.HIDDEN]),
)
timelines = st.lists(presences, max_size=6)
periods = st.lists(stretches.map(lambda stretch: between(*stretch)), max_size=3)
