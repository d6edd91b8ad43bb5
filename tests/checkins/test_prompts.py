"""“Are you still here?”: asked at drawn moments, answered or not, a flag at most."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Outcome
from consult.checkins import flags, prompts
from consult.checkins.models import Prompt, PromptAnswer
from consult.checkins.oddities import Kind
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow
from consult.meetings import moves
from tests.meetings.people import People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter


@given(st.text(max_size=32), st.integers(1, prompts.MOST), st.integers(30, 600))
def test_questions_come_in_order_each_in_its_part_of_the_time(seed: str, times: int, minutes: int) -> None:
    drawn = [prompts.instant(seed, number, times, NINE, at(minutes)) for number in range(times)]
    assert drawn == sorted(drawn)
    assert drawn[0] >= NINE + prompts.CALM
    assert drawn[-1] < at(minutes) - prompts.CALM
    part = (at(minutes) - NINE - 2 * prompts.CALM) / times
    edges = [NINE + prompts.CALM + number * part for number in range(times + 1)]
    assert all(edges[one] <= when <= edges[one + 1] for one, when in enumerate(drawn))


def test_moments_differ_from_meeting_to_meeting() -> None:
    drawn = {prompts.instant(f"seed {number}", 0, 1, NINE, at(60)) for number in range(50)}
    assert len(drawn) == 50


def opened(people: People, times: int = 3) -> int:
    """A meeting that asks so often, open; Wang and Li on its page from the first minute."""
    meeting = people.cast.meeting()
    people.store.write_at(at(-60), prompts.set_times, people.office, meeting, times)
    people.store.write_at(at(0), moves.advance_due)
    for who in ("wang", "li"):
        people.store.write_at(at(1), ledger.join, people.actor(who), meeting, Channel.BROWSER, "web-1", None)
    return meeting


def clock_until(people: People, minutes: int) -> list[Prompt]:
    """The clock looks each half minute; the questions that it has asked."""
    for half in range(2 * minutes):
        people.store.write_at(at(half / 2), prompts.ask_due)
    with people.store.read() as work:
        return list(work.db.scalars(select(Prompt).order_by(Prompt.at)))


def test_the_clock_asks_as_often_as_was_set_and_two_minutes_each(people: People) -> None:
    opened(people)
    asked = clock_until(people, 60)
    assert [one.number for one in asked] == [0, 1, 2]
    assert all(one.until - one.at == timedelta(minutes=2) for one in asked)
    assert all(one.until <= other.at for one, other in pairwise(asked))


def test_a_meeting_that_asks_nothing_or_is_not_open_is_left_alone(people: People) -> None:
    opened(people, times=0)
    people.cast.meeting(opens_at=at(600), closes_at=at(700))
    assert clock_until(people, 60) == []
    with people.store.read() as work:
        assert not prompts.something_is_asked(work)


def ask(people: People, meeting: int, when: datetime, number: int = 0) -> int:
    def put(work) -> int:
        work.db.add(row := Prompt(meeting_id=meeting, number=number, at=when, until=when + prompts.LASTS))
        work.db.flush()
        return row.id

    return people.store.write_at(when, put)


def missed(people: People, meeting: int, when: datetime) -> list[tuple[str, ...]]:
    with people.store.read(when) as work:
        found = flags.of_meeting(work, people.office, meeting)
        return [one.flag.names for one in found if one.flag.kind is Kind.UNANSWERED]


def test_who_was_there_and_did_not_answer_is_flagged_once_the_time_is_over(people: People) -> None:
    meeting = opened(people)
    question = ask(people, meeting, at(20))
    for _ in range(2):
        people.store.write_at(at(21), prompts.answer, people.actor("wang"), meeting, question)
    assert missed(people, meeting, at(21)) == []
    assert missed(people, meeting, at(23)) == [("李建国",)]
    with people.store.read() as work:
        assert work.db.scalars(select(PromptAnswer.person_id)).all() == [people.cast.wang]


def test_who_left_or_came_meanwhile_is_not_flagged(people: People) -> None:
    meeting = opened(people)
    ask(people, meeting, at(20))
    with people.store.read() as work:
        rows = [row.id for row in work.db.scalars(select(prompts.Presence).order_by(prompts.Presence.id))]
    people.store.write_at(at(21), ledger.leave, rows[0], at(21), Ended.HIDDEN)
    people.store.write_at(at(19), ledger.leave, rows[1], at(19), Ended.HIDDEN)
    people.store.write_at(at(21), ledger.join, people.actor("li"), meeting, Channel.BROWSER, "web-1", None)
    assert missed(people, meeting, at(23)) == []


def test_who_is_at_the_venue_only_is_not_asked(people: People) -> None:
    meeting = people.cast.meeting()
    people.store.write_at(at(1), ledger.join, people.actor("wang"), meeting, Channel.QR, "", None)
    ask(people, meeting, at(20))
    assert missed(people, meeting, at(30)) == []


def test_no_answer_changes_nobodys_attendance(people: People) -> None:
    meeting = opened(people)
    ask(people, meeting, at(20))
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(63), settle.settle_due)
    with people.store.read() as work:
        found = dict(tuple(row) for row in work.db.execute(select(Outcome.person_id, Outcome.outcome)))
    assert found[people.cast.wang] == found[people.cast.li] == "on_time"


def test_an_answer_is_for_its_time_and_its_meeting(people: People) -> None:
    meeting, other = opened(people), people.cast.meeting()
    question = ask(people, meeting, at(20))
    for when in (at(19), at(22)):
        with pytest.raises(NotNow):
            people.store.write_at(when, prompts.answer, people.actor("wang"), meeting, question)
    for where, number in ((other, question), (meeting, 999)):
        with pytest.raises(Missing):
            people.store.write_at(at(21), prompts.answer, people.actor("wang"), where, number)


@pytest.mark.parametrize(
    ("who", "refusal"), [("wang", NotAllowed), ("reader", NotAllowed), ("outsider", Missing)]
)
def test_how_often_is_the_offices_to_set(people: People, who: str, refusal: type[Exception]) -> None:
    meeting = people.cast.meeting()
    with pytest.raises(refusal):
        people.store.write(prompts.set_times, people.actor(who), meeting, 2)
    for times in (-1, prompts.MOST + 1):
        with pytest.raises(Invalid):
            people.store.write(prompts.set_times, people.office, meeting, times)


def test_the_office_sets_it_on_its_page(enter: Enter, sqlite_people: People) -> None:
    meeting = sqlite_people.cast.meeting()
    office = enter(sqlite_people.cast.office)
    assert office.post(f"/meetings/{meeting}/checkin/prompts", {"times": "2"}).status_code == 302
    assert '<option value="2" selected>' in office.get(f"/meetings/{meeting}/checkin/desk").text
    assert office.post(f"/meetings/{meeting}/checkin/prompts", {"times": "x"}).status_code == 400
