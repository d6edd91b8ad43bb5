from hypothesis import given
from hypothesis import strategies as st

from consult.attendance.curve import Curve, curve, thinned
from consult.attendance.intervals import Channel, union
from tests.attendance.timeline import LAST, at, between, each_second, sec, span, timelines

BROWSER, VIDEO = Channel.BROWSER, Channel.VIDEO
HOUR = between(0, 3600)


def test_curve_steps_where_the_number_changes():
    people = [[span(-60, 100, BROWSER)], [span(50, 100, BROWSER), span(200, 300, VIDEO)], []]
    assert curve(people, HOUR) == Curve(
        HOUR, [(at(0), 1), (at(50), 2), (at(100), 0), (at(200), 1), (at(300), 0)], (at(50), 2)
    )


def test_change_of_channel_and_of_persons_at_one_instant_is_no_step():
    people = [[span(0, 10, BROWSER), span(10, 20, BROWSER, VIDEO)], [span(20, 3600, BROWSER)]]
    assert curve(people, HOUR).points == [(at(0), 1)]


def test_curve_shows_what_was_seen_not_what_was_bridged():
    people = [[span(0, 10, BROWSER), span(10, 20), span(20, 3600, BROWSER)]]
    assert curve(people, HOUR).points == [(at(0), 1), (at(10), 0), (at(20), 1)]


def test_curve_of_nobody_and_of_no_time():
    assert curve([], HOUR) == Curve(HOUR, [(at(0), 0)], (at(0), 0))
    assert curve([[span(0, 10, BROWSER)]], between(5, 5)).points == [(at(5), 0)]


def test_curve_tells_the_number_at_an_instant():
    drawn = curve([[span(10, 20, BROWSER)]], HOUR)
    assert [drawn.at(at(second)) for second in (0, 9, 10, 19, 20, 3600)] == [0, 0, 1, 1, 0, 0]


@given(st.lists(timelines, max_size=5))
def test_curve_agrees_with_a_second_by_second_count(everyone):
    window = between(0, LAST)
    people = [
        union(rows, periods=[window], bridge_hidden=sec(3), outages=[], return_grace=sec(0))
        for rows in everyone
    ]
    seen = [{second for second, channels in each_second(spans).items() if channels} for spans in people]
    drawn = curve(people, window)
    counts = [sum(second in person for person in seen) for second in range(LAST)]
    assert [drawn.at(at(second)) for second in range(LAST)] == counts
    assert drawn.peak == (at(counts.index(max(counts))), max(counts))
    assert all(one[1] != other[1] for one, other in zip(drawn.points, drawn.points[1:], strict=False))


def test_few_points_stay_as_they_are():
    points = [(at(second), second % 7) for second in range(600)]
    assert thinned(points) == points


def test_many_points_are_bounded_and_keep_ends_peak_and_dip():
    points = [(at(second * 1.7), 500 + second % 7) for second in range(20_000)]
    points[7_001] = (points[7_001][0], 9_000)
    points[12_345] = (points[12_345][0], 3)
    kept = thinned(points)
    assert 300 < len(kept) <= 600
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert {points[0], points[7_001], points[12_345], points[-1]} <= set(kept)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 9)), min_size=1), st.integers(4, 40))
def test_thinned_never_exceeds_its_limit(steps, limit):
    points = [(at(second), number) for second, number in sorted(dict(steps).items())]
    kept = thinned(points, limit)
    assert len(kept) <= limit
    assert {points[0], points[-1]} <= set(kept)
    assert max(kept, key=lambda point: point[1]) == max(points, key=lambda point: point[1])


def test_a_steady_climb_keeps_its_many_small_steps():
    points = [(at(second), second) for second in range(5000)]
    assert len(thinned(points)) > 300
