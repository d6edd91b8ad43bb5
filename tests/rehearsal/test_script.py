"""A script knows its truth, keeps its margins, and is set against the report line by line."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.attendance.intervals import Channel, Ended, Presence, union
from consult.attendance.rules import Outcome, Rule, Tally
from consult.attendance.verdicts import Called, Sitting, settle_one
from consult.rehearsal import compare
from consult.rehearsal.script import LEAST_MINUTES, MARGIN, By, Part, Script, Stay, write
from consult.reports.tables import OutcomeRow

OPENS = datetime(2026, 3, 10, 1, tzinfo=UTC)
minutes = st.integers(LEAST_MINUTES, 30)
seeds = st.integers(0, 10_000)


def at(second: int) -> datetime:
    return OPENS + timedelta(seconds=second)


def as_played(script: Script, part: Part) -> tuple[Outcome, int]:
    """What our own counting makes of a part that is played to the second."""
    period = (at(0), at(script.length))
    rows = []
    for stay in part.stays:
        edges = [stay.start, *itertools.chain(*stay.hidden), stay.end]
        pieces = list(zip(edges[::2], edges[1::2], strict=True))
        for number, (start, end) in enumerate(pieces):
            last = number == len(pieces) - 1
            ended = Ended.LEFT if last else Ended.HIDDEN
            if end > start:
                rows.append(Presence(at(start), min(at(end), period[1]), Channel.BROWSER, ended))
    spans = union(
        rows,
        periods=[period],
        bridge_hidden=script.rule.bridge_hidden,
        outages=[],
        return_grace=script.rule.return_grace,
    )
    called = Called.ON_LEAVE if part.excused else Called.EXPECTED if part.expected else Called.NOT_CALLED
    found = settle_one(spans, Sitting([period], OPENS, script.rule, ZoneInfo("Asia/Shanghai")), called)
    return found.outcome, found.seconds


@given(minutes, seeds)
def test_script_and_rules_agree_when_played_to_the_second(length: int, seed: int) -> None:
    script = write(40, length, seed, comments=0)
    for part in script.parts:
        assert as_played(script, part) == (part.outcome, part.seconds), part


@given(minutes, seeds)
def test_no_part_comes_near_a_threshold(length: int, seed: int) -> None:
    script = write(40, length, seed, comments=0)
    late = script.rule.late_after.total_seconds()
    early = script.length - script.rule.early_before.total_seconds()
    assert script.rule.share is not None
    needed = script.length * script.rule.share[0] / script.rule.share[1]
    for part in script.parts:
        if not part.stays:
            continue
        first = max(0, min(stay.start for stay in part.stays))
        last = min(script.length, max(stay.end for stay in part.stays))
        assert first == 0 or abs(first - late) >= MARGIN, part
        assert last == script.length or abs(last - early) >= MARGIN, part
        assert abs(part.seconds - needed) >= MARGIN, part


@given(minutes, seeds)
def test_comments_are_said_by_who_is_there(length: int, seed: int) -> None:
    script = write(30, length, seed, comments=90)
    assert script.comments == 90
    for part in script.parts:
        for second in part.comments:
            assert 0 < second < script.length
            assert any(stay.start < second < stay.end for stay in part.stays)


def test_every_outcome_has_a_part() -> None:
    outcomes = {part.outcome for part in write(40, 8, 1, 0).parts}
    assert outcomes == set(Outcome) - {Outcome.LOOKED_IN, Outcome.OBSERVED, Outcome.OBSERVER_AWAY}


def test_too_short_a_meeting_is_refused() -> None:
    with pytest.raises(ValueError, match=str(LEAST_MINUTES)):
        write(10, LEAST_MINUTES - 1, 1, 0)


def row(membership_id: int, outcome: Outcome, seconds: int) -> OutcomeRow:
    return OutcomeRow(
        membership_id, membership_id, "王秀兰", "岭川县政协", "农业界", (), "", outcome, seconds,
        None, None, (), frozenset(), (), "",
    )  # fmt: skip


PARTS = (
    Part("stays throughout", (Stay(-10, 500),), Outcome.ON_TIME, 480),
    Part("never comes", (), Outcome.ABSENT, 0),
)


@pytest.mark.parametrize(
    ("rows", "agrees"),
    [
        ([row(1, Outcome.ON_TIME, 478), row(2, Outcome.ABSENT, 0)], True),
        ([row(1, Outcome.LATE, 478), row(2, Outcome.ABSENT, 0)], False),
        ([row(1, Outcome.ON_TIME, 440), row(2, Outcome.ABSENT, 0)], False),
        ([row(1, Outcome.ON_TIME, 478)], False),
        ([row(1, Outcome.ON_TIME, 478), row(2, Outcome.ABSENT, 0), row(3, Outcome.WALK_IN, 400)], False),
    ],
    ids=["same", "other outcome", "other time", "someone missing", "someone too many"],
)
def test_report_is_set_against_the_script(rows: list[OutcomeRow], agrees: bool) -> None:
    cast = {number: ("王秀兰", part) for number, part in enumerate(PARTS, start=1)}
    figures = compare.figures(PARTS, Tally.of(one.outcome for one in rows))
    members = list(compare.members(cast, rows))
    assert all(line.same for line in (*figures, *members)) is agrees


def test_comments_lost_or_changed_are_a_difference() -> None:
    assert compare.words({"a": "一", "b": "二"}, {"a": "一", "b": "二"}).same
    assert not compare.words({"a": "一", "b": "二"}, {"a": "一"}).same
    assert not compare.words({"a": "一"}, {"a": "变了"}).same


def test_rule_of_a_rehearsal_is_a_rule() -> None:
    script = write(20, 8, 1, 0)
    assert Rule.from_data(script.rule.as_data()) == script.rule
    assert {stay.by for part in script.parts for stay in part.stays} == set(By)
