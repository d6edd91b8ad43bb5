from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.attendance.intervals import (
    CHANNEL_NAMES,
    Channel,
    Ended,
    Interval,
    Presence,
    Span,
    clip,
    gaps,
    merged,
    seconds,
    total,
    union,
)
from tests.attendance.timeline import (
    LAST,
    START,
    at,
    between,
    each_second,
    moments,
    periods,
    presences,
    sec,
    span,
    there,
    timelines,
)

BROWSER, VIDEO = Channel.BROWSER, Channel.VIDEO
EVERYTHING = [between(-100, 1000)]
limits = st.fixed_dictionaries(
    {"bridge_hidden": st.integers(0, 12), "return_grace": st.integers(0, 6), "seen_before": st.integers(0, 4)}
).map(lambda numbers: {name: sec(number) for name, number in numbers.items()})


def counted(
    *rows: Presence,
    periods: list[Interval] = EVERYTHING,
    outages: list[Interval] | None = None,
    **limits: float,
) -> list[Span]:
    """The union with nothing bridged unless it is asked for."""
    given = {"bridge_hidden": 0, "return_grace": 0, "seen_before": 0} | limits
    return union(
        rows, periods=periods, outages=outages or [], **{name: sec(limit) for name, limit in given.items()}
    )


def reference(
    rows, periods, outages, *, bridge_hidden, return_grace, seen_before
) -> dict[int, frozenset[Channel]]:
    """What `union` promises, looked up second by second."""
    hidden_for, grace, before = (limit // sec(1) for limit in (bridge_hidden, return_grace, seen_before))
    rows = [((row.start - START) // sec(1), (row.end - START) // sec(1), row) for row in rows]
    moments = range(-50, LAST + 50)
    down = {second for second in moments if any(start <= at(second) < end for start, end in outages)}
    clusters: list[list[int]] = []
    for second in sorted(down):
        if clusters and second - clusters[-1][-1] - 1 <= grace:
            clusters[-1].append(second)
        else:
            clusters.append([second])
    bridged: set[int] = set()
    for _, end, row in rows:
        for start, _, _ in rows:
            gap = range(end, start)
            if row.ended is Ended.HIDDEN and len(set(gap) - down) <= hidden_for:
                bridged |= set(gap)
    instants = {second for start, end, _ in rows for second in range(start, end + 1)}
    for cluster in clusters:
        began, over = cluster[0], cluster[-1] + 1
        seen = [second for second in instants if began - before <= second < over]
        back = [second for second in instants if began < second <= over + grace]
        if seen and back:
            bridged |= set(range(min(seen), max(back)))
    result = {}
    for second in moments:
        if any(start <= at(second) < end for start, end in periods):
            channels = frozenset(row.channel for start, end, row in rows if start <= second < end)
            if channels or second in bridged:
                result[second] = channels
    return result


@given(timelines, periods, periods, limits)
def test_union_agrees_with_a_second_by_second_count(rows, periods, outages, limits):
    spans = union(rows, periods=periods, outages=outages, **limits)
    assert each_second(spans) == reference(rows, periods, outages, **limits)


@given(timelines, periods, periods, limits, st.randoms(use_true_random=False))
def test_union_does_not_depend_on_the_order_or_on_rows_told_twice(rows, periods, outages, limits, chance):
    shuffled = rows + rows[:2]
    chance.shuffle(shuffled)
    assert union(shuffled, periods=periods, outages=outages, **limits) == union(
        rows, periods=periods, outages=outages, **limits
    )


@given(timelines, periods, periods, limits)
def test_union_of_a_union_is_the_same(rows, periods, outages, limits):
    spans = union(rows, periods=periods, outages=outages, **limits)
    again = [
        Presence(one.start, one.end, channel, Ended.LEFT)
        for one in spans
        for channel in one.channels or {Channel.STAFF}
    ]
    redone = union(again, periods=periods, outages=[], **limits)
    assert {second: channels - {Channel.STAFF} for second, channels in each_second(redone).items()} == (
        each_second(spans)
    )


@given(timelines, presences, periods, periods, limits)
def test_one_more_presence_never_shortens(rows, one_more, periods, outages, limits):
    fewer = each_second(union(rows, periods=periods, outages=outages, **limits))
    more = each_second(union([*rows, one_more], periods=periods, outages=outages, **limits))
    assert fewer.keys() <= more.keys()


@given(timelines, presences, moments, periods, periods, limits)
def test_a_presence_cut_in_two_changes_nothing(rows, one, moment, periods, outages, limits):
    cut = min(max(at(moment), one.start), one.end)
    halves = [
        Presence(one.start, cut, one.channel, Ended.SILENT),
        Presence(cut, one.end, one.channel, one.ended),
    ]
    assert union([*rows, *halves], periods=periods, outages=outages, **limits) == union(
        [*rows, one], periods=periods, outages=outages, **limits
    )


@given(timelines, periods, periods, limits)
def test_duration_is_never_more_than_the_open_time(rows, periods, outages, limits):
    spans = union(rows, periods=periods, outages=outages, **limits)
    assert seconds(spans) <= total(merged(periods)) // sec(1)
    assert all(one.start < one.end for one in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_tabs_and_devices_count_once():
    assert counted(there(0, 10), there(5, 15), there(5, 15), there(15, 20)) == [span(0, 20, BROWSER)]


def test_span_is_split_where_the_channels_change():
    assert counted(there(0, 10), there(4, 12, channel=VIDEO)) == [
        span(0, 4, BROWSER),
        span(4, 10, BROWSER, VIDEO),
        span(10, 12, VIDEO),
    ]


def test_a_reconnect_leaves_its_gap():
    assert counted(there(0, 10, Ended.SILENT), there(13, 20)) == [span(0, 10, BROWSER), span(13, 20, BROWSER)]


def test_lobby_and_time_after_closing_do_not_count():
    assert counted(there(-50, 5), there(90, 200), periods=[between(0, 100)]) == [
        span(0, 5, BROWSER),
        span(90, 100, BROWSER),
    ]


def test_who_leaves_at_the_opening_or_comes_at_the_closing_was_not_there():
    assert counted(there(-50, 0), there(100, 200), periods=[between(0, 100)]) == []


def test_a_reopened_meeting_counts_both_open_times():
    assert counted(there(0, 300), periods=[between(200, 250), between(0, 100)]) == [
        span(0, 100, BROWSER),
        span(200, 250, BROWSER),
    ]


def test_never_open_counts_nothing():
    assert counted(there(0, 10), periods=[]) == counted(there(0, 10), periods=[between(5, 5)]) == []


def test_nobody_there_counts_nothing():
    assert counted(outages=[between(0, 10)], bridge_hidden=60, return_grace=60) == []


def test_a_row_that_ends_before_it_starts_stands_for_its_start():
    cut = there(10, 4, Ended.CUT)
    assert counted(cut) == []
    assert counted(cut, there(14, 20), outages=[between(11, 13)], seen_before=1, return_grace=1) == [
        span(10, 14),
        span(14, 20, BROWSER),
    ]


@pytest.mark.parametrize(("back", "bridged"), [(310, True), (310.001, False)])
def test_hidden_page_is_bridged_up_to_the_limit(back, bridged):
    spans = counted(there(0, 10, Ended.HIDDEN), there(back, 400), bridge_hidden=300)
    assert (span(10, back) in spans) is bridged


@pytest.mark.parametrize("ended", set(Ended) - {Ended.HIDDEN})
def test_only_a_hidden_page_is_bridged(ended):
    assert counted(there(0, 10, ended), there(11, 20), bridge_hidden=300) == [
        span(0, 10, BROWSER),
        span(11, 20, BROWSER),
    ]


def test_a_hidden_page_that_never_comes_back_is_not_bridged():
    assert counted(there(0, 10, Ended.HIDDEN), bridge_hidden=300) == [span(0, 10, BROWSER)]


def test_a_return_on_another_device_bridges_too():
    assert counted(there(0, 10, Ended.HIDDEN), there(20, 30, channel=VIDEO), bridge_hidden=300) == [
        span(0, 10, BROWSER),
        span(10, 20),
        span(20, 30, VIDEO),
    ]


def test_a_short_visit_on_a_second_device_does_not_end_the_bridge():
    assert counted(there(0, 10, Ended.HIDDEN), there(12, 14), there(20, 30), bridge_hidden=300) == [
        span(0, 10, BROWSER),
        span(10, 12),
        span(12, 14, BROWSER),
        span(14, 20),
        span(20, 30, BROWSER),
    ]


def test_page_hidden_in_the_lobby_and_back_after_the_opening_counts_from_the_opening():
    spans = counted(there(-60, -30, Ended.HIDDEN), there(30, 90), periods=[between(0, 100)], bridge_hidden=60)
    assert spans == [span(0, 30), span(30, 90, BROWSER)]


@pytest.mark.parametrize(
    ("seen_until", "back", "bridged"),
    [(80, 260, True), (79.999, 260, False), (80, 260.001, False), (100, 200, True), (100, 150, True)],
)
def test_outage_counts_for_who_was_there_before_and_came_back_after(seen_until, back, bridged):
    spans = counted(
        there(0, seen_until, Ended.CUT),
        there(back, 400),
        outages=[between(100, 200)],
        seen_before=20,
        return_grace=60,
    )
    assert (span(seen_until, back) in spans) is bridged


@pytest.mark.parametrize("first", [there(200, 200), there(200, 201), there(205, 206)])
def test_outage_does_not_count_for_who_came_only_after_it(first):
    after = counted(first, there(210, 300))
    assert (
        counted(first, there(210, 300), outages=[between(100, 200)], seen_before=20, return_grace=60) == after
    )


@pytest.mark.parametrize(("second_outage", "bridged"), [(230, True), (231, False)])
def test_outages_with_no_time_to_return_between_them_are_one(second_outage, bridged):
    spans = counted(
        there(0, 100, Ended.CUT),
        there(320, 400),
        outages=[between(100, 200), between(second_outage, 300)],
        return_grace=30,
    )
    assert (span(100, 320) in spans) is bridged


def test_outage_does_not_fill_the_gaps_of_who_never_came_back():
    spans = counted(
        there(0, 90), there(95, 100, Ended.CUT), outages=[between(100, 200)], seen_before=20, return_grace=60
    )
    assert spans == [span(0, 90, BROWSER), span(95, 100, BROWSER)]


@pytest.mark.parametrize(("limit", "bridged"), [(50, True), (49, False)])
def test_a_hidden_page_may_return_with_the_server(limit, bridged):
    spans = counted(
        there(0, 100, Ended.HIDDEN), there(250, 500), outages=[between(150, 250)], bridge_hidden=limit
    )
    assert (span(100, 250) in spans) is bridged


@pytest.mark.parametrize(("back", "bridged"), [(360, True), (361, False)])
def test_outage_does_not_use_up_the_allowance_of_a_hidden_page(back, bridged):
    spans = counted(
        there(0, 100, Ended.HIDDEN), there(back, 500), outages=[between(150, 250)], bridge_hidden=160
    )
    assert (span(100, back) in spans) is bridged


def test_outage_at_the_closing_counts_for_who_is_seen_again_after_it():
    spans = counted(
        there(0, 80, Ended.CUT),
        there(130, 140),
        periods=[between(0, 100)],
        outages=[between(80, 120)],
        return_grace=30,
    )
    assert spans == [span(0, 80, BROWSER), span(80, 100)]


def test_gaps_are_the_times_when_no_process_was_alive():
    leases = [between(-50, 10), between(12, 20), between(15, 30), between(35, 35), between(40, 900)]
    assert gaps(leases, between(0, 100)) == [between(10, 12), between(30, 40)]


def test_gaps_without_leases_are_the_whole_window():
    assert gaps([], between(0, 100)) == [between(0, 100)]
    assert gaps([between(-20, -10), between(110, 120)], between(0, 100)) == [between(0, 100)]


@given(periods, moments, moments)
def test_gaps_and_intervals_share_the_window_out(intervals, one, other):
    window = between(min(one, other), max(one, other))
    inside = clip([Span(*interval, frozenset(), False) for interval in merged(intervals)], [window])
    assert seconds(inside) * sec(1) + total(gaps(intervals, window)) == window[1] - window[0]


def test_merged_joins_what_is_no_further_apart():
    intervals = [between(10, 20), between(0, 5), between(25, 30), between(7, 7)]
    assert merged(intervals) == [between(0, 5), between(10, 20), between(25, 30)]
    assert merged(intervals, apart=sec(5)) == [between(0, 30)]


def test_seconds_are_rounded_down_once():
    spans = [span(0, 1.6, BROWSER), span(2, 3.5, BROWSER)]
    assert seconds(spans) == 3
    assert total((one.start, one.end) for one in spans) == timedelta(seconds=3.1)


def test_span_survives_storage():
    for one in (span(0, 1.5, BROWSER, VIDEO), span(3, 4)):
        assert Span.from_data(one.as_data()) == one
    assert span(0, 2, VIDEO, BROWSER).as_data() == {
        "from": "2026-11-24T07:00:00+00:00",
        "to": "2026-11-24T07:00:02+00:00",
        "channels": ["browser", "video"],
        "bridged": False,
    }


def test_every_channel_has_a_name():
    assert set(CHANNEL_NAMES) == set(Channel)
