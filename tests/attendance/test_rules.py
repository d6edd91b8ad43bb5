from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.attendance.intervals import Channel, Interval, Span, Way, merged, total, union
from consult.attendance.rules import (
    COUNTED,
    EXPECTED,
    FIGURE_NAMES,
    OUTCOME_NAMES,
    REASON_NAMES,
    Figure,
    Outcome,
    Reason,
    Rule,
    Tally,
    Unbalanced,
    present,
)
from consult.attendance.verdicts import Called, Sitting, Verdict, settle_one
from tests.attendance.timeline import at, between, moments, periods, sec, span, timelines

BROWSER = Channel.BROWSER
RULE = Rule(share=(2, 3), late_after=sec(600), early_before=sec(900))
HOUR = [between(0, 3600)]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def settled(
    *spans: Span,
    periods: list[Interval] = HOUR,
    planned: float = 0,
    rule: Rule = RULE,
    called: Called = Called.EXPECTED,
) -> Verdict:
    return settle_one(spans, Sitting(periods, at(planned), rule, SHANGHAI), called)


def was(start: float, end: float) -> Span:
    return span(start, end, BROWSER)


def test_who_was_there_from_opening_to_closing_is_on_time():
    assert settled(was(-300, 3700)) == Verdict(Outcome.ON_TIME, 3600, at(0), at(3600), (), Way.REMOTE)


@pytest.mark.parametrize(
    ("arrival", "outcome", "reasons"),
    [
        (0, Outcome.ON_TIME, ()),
        (600, Outcome.ON_TIME, ()),
        (600.000001, Outcome.LATE, (Reason.CAME_LATE,)),
        (1200, Outcome.LATE, (Reason.CAME_LATE,)),
    ],
)
def test_late_is_more_than_the_limit_after_the_opening(arrival, outcome, reasons):
    verdict = settled(was(arrival, 3600))
    assert (verdict.outcome, verdict.reasons, verdict.first) == (outcome, reasons, at(arrival))


@pytest.mark.parametrize(
    ("planned", "arrival", "outcome"),
    [
        (300, 900, Outcome.ON_TIME),  # opened five minutes early: late counts from the plan
        (300, 900.001, Outcome.LATE),
        (-300, 600, Outcome.ON_TIME),  # opened five minutes late: late counts from the opening
        (-300, 600.001, Outcome.LATE),
    ],
)
def test_late_counts_from_the_later_of_planned_and_actual_opening(planned, arrival, outcome):
    assert settled(was(arrival, 3600), planned=planned).outcome is outcome


@pytest.mark.parametrize(
    ("leaving", "outcome", "reasons"),
    [
        (3600, Outcome.ON_TIME, ()),
        (2700, Outcome.ON_TIME, ()),
        (2699.999999, Outcome.LEFT_EARLY, (Reason.WENT_EARLY,)),
        (2400, Outcome.LEFT_EARLY, (Reason.WENT_EARLY,)),
    ],
)
def test_left_early_is_more_than_the_limit_before_the_closing(leaving, outcome, reasons):
    verdict = settled(was(0, leaving))
    assert (verdict.outcome, verdict.reasons, verdict.last) == (outcome, reasons, at(leaving))


def test_late_and_left_early():
    rule = Rule(share=(1, 2), late_after=sec(600), early_before=sec(900))
    verdict = settled(was(601, 2699), rule=rule)
    assert verdict.outcome is Outcome.LATE_AND_LEFT
    assert verdict.reasons == (Reason.CAME_LATE, Reason.WENT_EARLY)


def test_going_out_in_between_is_neither_late_nor_early():
    assert settled(was(0, 100), was(1200, 3600)).outcome is Outcome.ON_TIME


@pytest.mark.parametrize(
    ("share", "enough"), [((2, 3), 2400), ((1, 2), 1800), ((1, 1), 3600), ((1, 7), 514.285715)]
)
def test_share_is_met_at_the_threshold_and_not_below_it(share, enough):
    rule = Rule(share=share, late_after=sec(3600), early_before=sec(3600))
    assert settled(was(0, enough), rule=rule).outcome is Outcome.ON_TIME
    below = settled(was(0, enough - 0.000001), rule=rule)
    assert (below.outcome, below.reasons) == (Outcome.PARTIAL, (Reason.TOO_SHORT,))


def test_share_is_of_the_actual_open_time():
    rule = Rule(late_after=sec(3600), early_before=sec(3600))
    assert settled(was(0, 1200), periods=[between(0, 1800)], rule=rule).outcome is Outcome.ON_TIME
    assert settled(was(0, 1200), periods=[between(0, 1801)], rule=rule).outcome is Outcome.PARTIAL


def test_partial_keeps_its_minutes_and_says_what_happened():
    verdict = settled(was(700, 1000), was(1100, 1300.5))
    assert verdict == Verdict(
        Outcome.PARTIAL,
        500,
        at(700),
        at(1300.5),
        (Reason.TOO_SHORT, Reason.CAME_LATE, Reason.WENT_EARLY),
        Way.REMOTE,
    )


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ((), Reason.NOT_SEEN),
        ((was(-300, 0),), Reason.OUTSIDE_ONLY),
        ((was(3600, 4000),), Reason.OUTSIDE_ONLY),
    ],
)
def test_absent_is_who_was_not_there_while_it_was_open(spans, reason):
    assert settled(*spans) == Verdict(Outcome.ABSENT, 0, None, None, (reason,))


def test_any_time_below_the_share_is_partial():
    assert settled(was(0, 0.5)).outcome is Outcome.PARTIAL


def test_excused_stays_excused_until_he_meets_the_share():
    assert settled(called=Called.ON_LEAVE).outcome is Outcome.EXCUSED
    short = settled(was(0, 2399), called=Called.ON_LEAVE)
    assert (short.outcome, short.seconds) == (Outcome.EXCUSED, 2399)
    came = settled(was(0, 2400), called=Called.ON_LEAVE)
    assert (came.outcome, came.reasons) == (Outcome.LEFT_EARLY, (Reason.WENT_EARLY, Reason.CAME_ON_LEAVE))


@pytest.mark.parametrize(
    ("until", "outcome"), [(3300, Outcome.WALK_IN), (3299, Outcome.LOOKED_IN), (901, Outcome.LOOKED_IN)]
)
def test_who_was_not_expected_counts_only_with_the_same_share(until, outcome):
    assert settled(was(900, until), called=Called.NOT_CALLED).outcome is outcome


def test_bridged_time_counts_and_is_told():
    verdict = settled(was(0, 1000), span(1000, 1600), was(1600, 3600))
    assert (verdict.outcome, verdict.seconds, verdict.reasons) == (Outcome.ON_TIME, 3600, (Reason.BRIDGED,))


def test_a_closing_before_a_reopening_makes_nobody_late_or_early():
    reopened = [between(0, 120), between(2000, 4000), between(6000, 6600)]
    verdict = settled(was(2000, 4000), periods=reopened)
    assert (verdict.outcome, verdict.first, verdict.last) == (Outcome.ON_TIME, at(2000), at(4000))
    assert settled(was(2481, 3699), periods=reopened, rule=Rule((1, 3), sec(600), sec(900))).outcome is (
        Outcome.LATE_AND_LEFT
    )


@pytest.mark.parametrize("periods", [[], [between(100, 100)]])
def test_a_meeting_that_was_never_open_had_nobody_present(periods):
    verdict = settled(was(0, 3600), periods=periods)
    assert verdict == Verdict(Outcome.ABSENT, 0, None, None, (Reason.NEVER_OPEN,))
    assert settled(was(0, 3600), periods=periods, called=Called.ON_LEAVE).outcome is Outcome.EXCUSED
    assert settled(was(0, 3600), periods=periods, called=Called.NOT_CALLED).outcome is Outcome.LOOKED_IN


seats = st.tuples(timelines, st.sampled_from(Called))


@given(st.lists(seats, max_size=8), periods, moments, st.integers(1, 5), st.integers(0, 10))
def test_figures_always_balance(seats, periods, planned, numerator, limit):
    rule = Rule((numerator, 5), sec(limit), sec(limit), sec(limit), sec(limit))
    verdicts = []
    for rows, called in seats:
        spans = union(
            rows,
            periods=periods,
            bridge_hidden=rule.bridge_hidden,
            outages=[],
            return_grace=rule.return_grace,
        )
        verdict = settled(*spans, periods=periods, planned=planned, rule=rule, called=called)
        assert (verdict.outcome in EXPECTED) is (called in (Called.EXPECTED, Called.ON_LEAVE))
        assert sec(verdict.seconds) <= total(merged(periods))
        verdicts.append(verdict)
    called_for = sum(called in (Called.EXPECTED, Called.ON_LEAVE) for _, called in seats)
    tally = Tally.of([verdict.outcome for verdict in verdicts], expected=called_for)
    assert tally.expected == tally.present + tally.excused + tally.absent
    assert tally.attending == sum(present(verdict.outcome) for verdict in verdicts)


@given(timelines, periods, moments, st.integers(1, 6))
def test_present_is_exactly_who_met_the_share(rows, periods, planned, numerator):
    rule = Rule((numerator, 6))
    spans = union(rows, periods=periods, bridge_hidden=sec(5), outages=[], return_grace=sec(5))
    verdict = settled(*spans, periods=periods, planned=planned, rule=rule)
    open_seconds = total(merged(periods)) // sec(1)
    assert present(verdict.outcome) is (verdict.seconds * 6 >= open_seconds * numerator > 0)


def test_tally_counts_every_outcome():
    outcomes = [
        outcome for number, outcome in enumerate(Outcome, start=1) for _ in range(number)
    ]  # 1 on time, 2 late, 3 left early, 4 both, 5 partial, 6 excused, 7 absent, 8 walk-ins, 9 looked in,
    # 10 observers who came, 11 who did not
    tally = Tally.of(outcomes)
    assert tally == Tally(
        expected=28,
        present=10,
        excused=6,
        absent=12,
        partial=5,
        late=6,
        left_early=7,
        walk_ins=8,
        observers=10,
        attending=28,
    )
    assert tally.rate == (10, 28)


def test_tally_of_nobody_is_all_zero():
    assert Tally.of([], expected=0) == Tally(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_tally_refuses_outcomes_that_do_not_cover_the_list():
    with pytest.raises(Unbalanced):
        Tally.of([Outcome.ON_TIME, Outcome.WALK_IN], expected=2)


@pytest.mark.parametrize(
    "figure", ["expected", "present", "excused", "absent", "walk_ins", "observers", "attending"]
)
def test_check_finds_one_wrong_figure(figure):
    right = dict.fromkeys(Figure, 0) | Counter(
        expected=6, present=3, excused=2, absent=1, walk_ins=4, observers=2, attending=9
    )
    Tally(**right).check()
    with pytest.raises(Unbalanced):
        Tally(**right | {figure: right[figure] + 1}).check()


def test_present_are_the_four_the_walk_ins_and_the_observers_who_came():
    assert {outcome for outcome in Outcome if present(outcome)} == {
        Outcome.ON_TIME,
        Outcome.LATE,
        Outcome.LEFT_EARLY,
        Outcome.LATE_AND_LEFT,
        Outcome.WALK_IN,
        Outcome.OBSERVED,
    }


def test_every_outcome_reason_and_figure_has_a_name_and_a_meaning():
    assert set(OUTCOME_NAMES) == set(Outcome)
    assert set(REASON_NAMES) == set(Reason)
    assert set(FIGURE_NAMES) == set(COUNTED) == set(Figure)


def test_rule_survives_storage():
    rule = Rule(None, sec(90), sec(30), sec(0), sec(45), sec(600), sec(2400), True, True)
    assert rule.as_data() == {
        "version": "2026-2",
        "share": None,
        "late_after": 90,
        "early_before": 30,
        "bridge_hidden": 0,
        "return_grace": 45,
        "video_lasts": 600,
        "at_least": 2400,
        "half_days": True,
        "on_site_only": True,
    }
    assert Rule.from_data(rule.as_data()) == rule


EARLIER_DATA = {
    "version": "2026-1",
    "share": [3, 4],
    "late_after": 90,
    "early_before": 30,
    "bridge_hidden": 0,
    "return_grace": 45,
    "video_lasts": 600,
}


def test_a_rule_of_the_earlier_version_is_read_and_kept_as_it_was():
    rule = Rule.from_data(EARLIER_DATA)
    assert rule.as_data() == EARLIER_DATA
    assert rule == Rule((3, 4), sec(90), sec(30), sec(0), sec(45), sec(600), version="2026-1")
    assert rule.describe().startswith("Rule 2026-1: Who was there for three quarters")


@given(timelines, periods, moments, st.sampled_from(Called))
def test_a_rule_of_the_earlier_version_counts_as_it_did(rows, periods, planned, called):
    earlier = Rule.from_data(EARLIER_DATA)
    same = Rule((3, 4), sec(90), sec(30), sec(0), sec(45), sec(600))
    spans = union(rows, periods=periods, bridge_hidden=sec(0), outages=[], return_grace=sec(45))
    verdicts = {
        settled(*spans, periods=periods, planned=planned, rule=rule, called=called)
        for rule in (earlier, same)
    }
    assert len(verdicts) == 1


def test_rule_of_another_version_is_refused():
    with pytest.raises(ValueError, match="2031-4"):
        Rule.from_data(Rule().as_data() | {"version": "2031-4"})
    with pytest.raises(ValueError, match="2026-1"):
        Rule(half_days=True, version="2026-1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": (0, 3)},
        {"share": (4, 3)},
        {"share": (1, 0)},
        {"share": (-1, -3)},
        {"late_after": sec(-1)},
        {"early_before": timedelta(days=1, seconds=1)},
        {"bridge_hidden": sec(0.5)},
        {"return_grace": sec(-60)},
        {"share": None},
        {"share": (1, 2), "at_least": sec(60)},
        {"share": None, "at_least": sec(-1)},
    ],
)
def test_rule_refuses_what_can_not_be_counted(wrong):
    with pytest.raises(ValueError, match=list(wrong)[-1]):
        Rule(**wrong)


def test_rule_tells_all_its_parts():
    assert Rule(late_after=sec(90)).describe() == (
        "Rule 2026-2: Who was there for two thirds of the time the meeting was open is present. Late is more "
        "than 90 seconds after the opening; leaving early is more than 15 minutes before the end. A page in "
        "the background counts for up to 5 minutes; time in which our server was down counts for those who "
        "were there before and came back within 1 minute; an opened video counts for up to 30 minutes after "
        "the last sign of life."
    )
    assert "for 3/5 of the time" in Rule(share=(3, 5)).describe()
    assert "for at least 40 minutes is present" in Rule(None, at_least=sec(2400)).describe()
    halves = Rule(half_days=True, on_site_only=True).describe()
    assert "Each half-day counts by itself, split at noon: who was there for two thirds" in halves
    assert "at least half of the half-days is present. Only being there in person counts" in halves
    assert "in it for at least 40 minutes" in Rule(None, at_least=sec(2400), half_days=True).describe()
