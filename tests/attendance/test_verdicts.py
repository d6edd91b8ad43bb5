"""Minutes, half-days, in person or remotely, observers: what time comes to by the parts of a rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consult.attendance.intervals import Channel, Interval, Span, Way, merged, total, union
from consult.attendance.rules import EXPECTED, Outcome, Reason, Rule, present
from consult.attendance.verdicts import SHORT_PIECE, Called, Sitting, Verdict, half_days, settle_one
from tests.attendance.timeline import START, at, between, periods, sec, timelines

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROOMY = {"late_after": timedelta(days=1), "early_before": timedelta(days=1)}


def clock(hours: float, day: int = 24) -> datetime:
    """So many hours by Shanghai's clocks."""
    return (datetime(2026, 11, day, tzinfo=SHANGHAI) + timedelta(hours=hours)).astimezone(UTC)


def was(start: datetime, end: datetime, *channels: Channel) -> Span:
    return Span(start, end, frozenset(channels or (Channel.BROWSER,)), bridged=False)


def settled(*spans: Span, rule: Rule, open_: list[Interval], called: Called = Called.EXPECTED) -> Verdict:
    return settle_one(spans, Sitting(open_, open_[0][0] if open_ else at(0), rule, SHANGHAI), called)


HOUR = [between(0, 3600)]


@pytest.mark.parametrize(("stayed", "outcome"), [(2400, Outcome.ON_TIME), (2399.999, Outcome.PARTIAL)])
def test_minutes_are_asked_for_in_place_of_a_share(stayed: float, outcome: Outcome) -> None:
    rule = Rule(None, at_least=sec(2400), **ROOMY)
    assert settled(was(at(0), at(stayed)), rule=rule, open_=HOUR).outcome is outcome


def test_minutes_are_asked_for_whatever_the_meeting_lasted() -> None:
    rule = Rule(None, at_least=sec(2400), **ROOMY)
    assert settled(was(at(0), at(2400)), rule=rule, open_=[between(0, 4 * 3600)]).outcome is Outcome.ON_TIME


def test_of_a_shorter_meeting_all_of_it_is_asked_for() -> None:
    rule = Rule(None, at_least=sec(2400), **ROOMY)
    short = [between(0, 1200)]
    assert settled(was(at(0), at(1200)), rule=rule, open_=short).outcome is Outcome.ON_TIME
    assert settled(was(at(0), at(1199)), rule=rule, open_=short).outcome is Outcome.PARTIAL


def test_a_day_has_a_morning_and_an_afternoon() -> None:
    day = [(clock(9), clock(17))]
    assert half_days(day, SHANGHAI) == [[(clock(9), clock(12))], [(clock(12), clock(17))]]


def test_noon_is_the_meeting_s_zone_s() -> None:
    urumqi = ZoneInfo("Asia/Urumqi")  # two hours behind
    assert half_days([(clock(9), clock(13.5))], urumqi) == [[(clock(9), clock(13.5))]]


def test_over_several_days_each_has_its_halves() -> None:
    three = half_days([(clock(14), clock(17)), (clock(9, 25), clock(16, 25))], SHANGHAI)
    assert three == [
        [(clock(14), clock(17))],
        [(clock(9, 25), clock(12, 25))],
        [(clock(12, 25), clock(16, 25))],
    ]


@pytest.mark.parametrize(
    ("start", "end", "pieces"),
    [(9, 12.4, 1), (9, 12.5, 2), (11.6, 15, 1), (11.5, 15, 2), (11.8, 12.1, 1)],
)
def test_a_short_piece_is_no_half_day_of_its_own(start: float, end: float, pieces: int) -> None:
    found = half_days([(clock(start), clock(end))], SHANGHAI)
    assert len(found) == pieces
    assert sum((total(half) for half in found), timedelta()) == clock(end) - clock(start)


def test_half_days_count_by_themselves() -> None:
    rule = Rule(half_days=True, **ROOMY)
    day = [(clock(9), clock(17))]
    morning = settled(was(clock(9), clock(12)), rule=rule, open_=day)
    assert (morning.half_days, morning.half_days_held, morning.outcome) == (1, 2, Outcome.ON_TIME)
    both = settled(was(clock(9), clock(16)), rule=rule, open_=day)
    assert (both.half_days, both.half_days_held) == (2, 2)
    # Five hours of eight, but two thirds of neither half.
    short = settled(was(clock(10.5), clock(15)), rule=rule, open_=day)
    assert (short.half_days, short.outcome) == (0, Outcome.PARTIAL)


def test_below_half_of_the_half_days_is_not_present() -> None:
    rule = Rule(half_days=True, **ROOMY)
    three = [(clock(9), clock(17)), (clock(9, 25), clock(12, 25))]
    one = settled(was(clock(9), clock(12)), rule=rule, open_=three)
    assert (one.half_days, one.half_days_held, one.outcome) == (1, 3, Outcome.PARTIAL)
    two = settled(was(clock(9), clock(17)), rule=rule, open_=three)
    assert (two.half_days, two.outcome) == (2, Outcome.ON_TIME)


def test_minutes_may_be_asked_of_each_half_day() -> None:
    rule = Rule(None, at_least=sec(3600), half_days=True, **ROOMY)
    day = [(clock(9), clock(17))]
    assert settled(was(clock(11.5), clock(13)), rule=rule, open_=day).half_days == 1
    assert settled(was(clock(11), clock(13)), rule=rule, open_=day).half_days == 2


def test_where_half_days_are_not_counted_there_are_none() -> None:
    verdict = settled(was(clock(9), clock(17)), rule=Rule(), open_=[(clock(9), clock(17))])
    assert (verdict.half_days, verdict.half_days_held) == (0, 0)


@pytest.mark.parametrize("channel", [Channel.BROWSER, Channel.HTTP, Channel.VIDEO])
def test_remotely_counts_unless_the_rule_says_on_site_only(channel: Channel) -> None:
    there = was(at(0), at(3600), channel)
    assert settled(there, rule=Rule(), open_=HOUR).outcome is Outcome.ON_TIME
    remote = settled(there, rule=Rule(on_site_only=True), open_=HOUR)
    assert (remote.outcome, remote.reasons) == (Outcome.ABSENT, (Reason.REMOTE_NOT_COUNTED,))
    assert (remote.way, remote.seconds, remote.first) == (Way.REMOTE, 0, None)


@pytest.mark.parametrize("channel", [Channel.QR, Channel.CODE, Channel.VENUE, Channel.STAFF])
def test_in_the_room_counts_on_site(channel: Channel) -> None:
    verdict = settled(was(at(0), at(3600), channel), rule=Rule(on_site_only=True), open_=HOUR)
    assert (verdict.outcome, verdict.way) == (Outcome.ON_TIME, Way.ON_SITE)


def test_of_both_ways_only_the_time_in_the_room_counts_on_site() -> None:
    spans = (was(at(0), at(1200), Channel.BROWSER), was(at(1200), at(3600), Channel.QR, Channel.BROWSER))
    rule = Rule(on_site_only=True, **ROOMY)
    verdict = settled(*spans, rule=rule, open_=HOUR)
    assert (verdict.seconds, verdict.way, verdict.outcome) == (2400, Way.BOTH, Outcome.ON_TIME)
    assert verdict.reasons == ()


def test_observers_are_counted_apart_and_never_late() -> None:
    came = settled(was(at(1000), at(3600)), rule=Rule(), open_=HOUR, called=Called.OBSERVER)
    assert (came.outcome, came.reasons) == (Outcome.OBSERVED, ())
    short = settled(was(at(0), at(60)), rule=Rule(), open_=HOUR, called=Called.OBSERVER)
    assert (short.outcome, short.reasons) == (Outcome.OBSERVER_AWAY, (Reason.TOO_SHORT,))
    away = settled(rule=Rule(), open_=HOUR, called=Called.OBSERVER)
    assert away.outcome is Outcome.OBSERVER_AWAY
    assert not EXPECTED & {came.outcome, short.outcome, away.outcome}
    assert present(came.outcome)
    assert not present(away.outcome)


shares = st.tuples(st.integers(1, 5), st.just(5))
rules = st.builds(
    lambda share, least, limit, halves, on_site: Rule(
        share if least is None else None, sec(limit), sec(limit), sec(5), sec(5), sec(0),
        None if least is None else sec(least), halves, on_site,
    ),
    shares, st.none() | st.integers(1, 50), st.integers(0, 20), st.booleans(), st.booleans(),
)  # fmt: skip
RANKED = {
    Outcome.ABSENT: 0, Outcome.PARTIAL: 1, Outcome.EXCUSED: 1, Outcome.LATE_AND_LEFT: 2, Outcome.LATE: 3,
    Outcome.LEFT_EARLY: 3, Outcome.ON_TIME: 4, Outcome.LOOKED_IN: 0, Outcome.WALK_IN: 4,
    Outcome.OBSERVER_AWAY: 0, Outcome.OBSERVED: 4,
}  # fmt: skip


def verdict_of(rows: list, held: list[Interval], rule: Rule, called: Called) -> Verdict:
    spans = union(rows, periods=held, bridge_hidden=sec(5), outages=[], return_grace=sec(5))
    return settle_one(spans, Sitting(held, at(0), rule, SHANGHAI), called)


@given(timelines, timelines, periods, rules, st.sampled_from(Called))
def test_more_presence_never_makes_it_worse(rows, more, held, rule, called) -> None:
    less, all_ = (verdict_of(some, held, rule, called) for some in (rows, rows + more))
    assert RANKED[all_.outcome] >= RANKED[less.outcome]
    assert all_.half_days >= less.half_days
    assert all_.half_days_held == less.half_days_held
    assert all_.seconds >= less.seconds


@given(timelines, periods, st.integers(1, 5), st.booleans())
def test_a_share_and_as_many_minutes_come_to_the_same(rows, held, fifths, on_site) -> None:
    whole = total(merged(held))
    share = Rule((fifths, 5), on_site_only=on_site)
    as_time = whole * fifths / 5
    if as_time % sec(1) or not as_time:
        return
    least = Rule(None, at_least=as_time, on_site_only=on_site)
    assert verdict_of(rows, held, share, Called.EXPECTED) == verdict_of(rows, held, least, Called.EXPECTED)


minutes_of_days = st.integers(0, 3 * 24 * 60)
open_times = st.lists(st.tuples(minutes_of_days, minutes_of_days).map(sorted), min_size=1, max_size=4).map(
    lambda pairs: merged((START + timedelta(minutes=a), START + timedelta(minutes=b)) for a, b in pairs)
)


@given(open_times, st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/Havana"]))
@example([(datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))], "Europe/Berlin")
def test_half_days_are_the_open_time_and_nothing_else(open_, zone) -> None:
    found = half_days(open_, ZoneInfo(zone))
    assert merged(piece for half in found for piece in half) == open_
    assert sum((total(half) for half in found), timedelta()) == total(open_)
    if len(found) > 1:
        assert all(total(half) >= SHORT_PIECE for half in found)


@given(open_times, st.data())
def test_whoever_stays_throughout_attends_every_half_day(open_, data) -> None:
    rule = data.draw(rules.filter(lambda one: one.half_days and not one.on_site_only))
    spans = [was(start, end) for start, end in open_]
    verdict = settled(*spans, rule=rule, open_=open_)
    assert verdict.half_days == verdict.half_days_held
    assert present(verdict.outcome) is bool(open_)
