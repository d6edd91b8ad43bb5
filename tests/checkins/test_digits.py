"""Checking in by six digits: right ones, wrong ones, too many wrong ones; each try on the trail."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from consult.attendance.models import Presence
from consult.checkins import codes, digits
from consult.core.errors import Invalid, NotAllowed, NotNow, TooFast
from consult.core.store import open_store
from consult.members.models import AuditEntry
from tests.meetings.people import People
from tests.support.cast import at

KEY = codes.key_of("k" * 40)
NOW = at(1)


def enter(people: People, who: str, meeting: int, typed: str, now: datetime = NOW) -> int:
    return digits.enter(people.store, now, people.actor(who), KEY, meeting, typed, None)


def wrong(meeting: int, now: datetime) -> str:
    right = codes.digits(KEY, meeting, now)
    return f"{(int(right) + 500_000) % 1_000_000:06}"


def trail(people: People) -> list[str]:
    with people.store.read() as work:
        actions = work.db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        return [action for action in actions if action.startswith("checkin")]


def test_the_digits_on_the_screen_check_in(people: People) -> None:
    meeting = people.cast.meeting()
    right = codes.digits(KEY, meeting, at(1))
    enter(people, "wang", meeting, f" {right[:3]} {right[3:]}")
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in right)
    enter(people, "li", meeting, full_width)
    with people.store.read() as work:
        assert work.db.scalars(select(Presence.channel)).all() == ["code", "code"]
    assert trail(people) == ["checkin.code", "checkin.code"]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "9" * 5000])
def test_what_are_no_six_digits_is_no_try(people: People, typed: str) -> None:
    meeting = people.cast.meeting()
    with pytest.raises(Invalid):
        enter(people, "wang", meeting, typed)
    assert trail(people) == []


def test_another_meetings_digits_and_old_ones_are_wrong(people: People) -> None:
    meeting, other = people.cast.meeting(), people.cast.meeting()
    for typed in (codes.digits(KEY, other, at(1)), codes.digits(KEY, meeting, at(-1))):
        with pytest.raises(Invalid, match="not the digits"):
            enter(people, "wang", meeting, typed)
    assert trail(people) == ["checkin.wrong_code"] * 2
    with people.store.read() as work:
        assert work.db.scalars(select(Presence)).all() == []


def test_after_five_wrong_tries_one_waits_whatever_process_one_asks(
    people: People, database_url: str
) -> None:
    meeting = people.cast.meeting()
    for _ in range(5):
        with pytest.raises(Invalid):
            enter(people, "wang", meeting, wrong(meeting, at(1)))
    other_process = open_store(database_url)
    try:
        right = codes.digits(KEY, meeting, at(1))
        with pytest.raises(TooFast) as refused:
            digits.enter(other_process, at(1), people.actor("wang"), KEY, meeting, right, None)
    finally:
        other_process.close()
    assert refused.value.retry_after
    assert len(trail(people)) == 5
    enter(people, "li", meeting, codes.digits(KEY, meeting, at(1)))
    enter(people, "wang", meeting, codes.digits(KEY, meeting, at(1.1)), at(1.1))


def test_right_digits_make_the_wrong_ones_before_forgotten(people: People) -> None:
    meeting = people.cast.meeting()
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Invalid):
                enter(people, "wang", meeting, wrong(meeting, at(1)))
        enter(people, "wang", meeting, codes.digits(KEY, meeting, at(1)))


def test_digits_are_for_those_of_the_meeting_while_it_counts(people: People) -> None:
    meeting = people.cast.meeting()
    for who in ("outsider", "office", "other_office"):
        with pytest.raises(NotAllowed):
            enter(people, who, meeting, codes.digits(KEY, meeting, at(1)))
    for when in (at(-20), at(61)):
        with pytest.raises(NotNow):
            enter(people, "wang", meeting, codes.digits(KEY, meeting, when), when)
    assert trail(people) == []
