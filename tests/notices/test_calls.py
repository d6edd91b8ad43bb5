"""A call whose end is moved: told once, from what people know to what is, to the members it concerns."""

from __future__ import annotations

from datetime import timedelta

from consult.core import clock
from consult.notices.kinds import worded
from consult.topics import calls
from consult.topics.models import Call
from tests.meetings.people import BEFORE, People
from tests.notices.people import POLICY, last_data, told, turn
from tests.support.cast import at
from tests.topics.calling import called, terms

SECOND = timedelta(seconds=1)
QUIET = POLICY.change_quiet


def opened(people: People) -> Call:
    """One that members have been told of: open from nine to ten."""
    turn(people.store, BEFORE)
    call = called(people)
    turn(people.store, at(0))
    return call


def members(people: People) -> tuple[int, ...]:
    cast = people.cast
    return (cast.wang, cast.li, cast.zhao, people.both)


def test_extending_twice_in_one_go_is_told_once_from_the_end_that_was_known(people: People) -> None:
    call = opened(people)
    for version, minutes in ((1, 90), (2, 120)):
        people.store.write_at(at(version), calls.extend, people.office, call.id, version, at(minutes))
        turn(people.store, at(version) + SECOND)
    assert told(people.store, "call_moved") == {}
    for wait in range(3):
        turn(people.store, at(2) + QUIET + wait * SECOND)
    assert told(people.store, "call_moved") == {person: ["call_moved"] for person in members(people)}
    said = worded("call_moved", last_data(people.store, "call_moved"))
    assert said.title == "Extended: 征集2027年度协商议题"
    assert "11:00" in said.short
    assert "10:00" in said.short
    people.store.write_at(at(30), calls.extend, people.office, call.id, 3, at(180))
    turn(people.store, at(30) + QUIET)
    data = last_data(people.store, "call_moved")
    assert (data["was"], data["closes_at"]) == (clock.iso(at(120)), clock.iso(at(180)))


def test_closing_early_is_told(people: People) -> None:
    call = opened(people)
    people.store.write_at(at(20), calls.close, people.office, call.id, 1)
    for minute in (20, 22, 23):
        turn(people.store, at(minute))
    assert told(people.store, "call_moved") == {person: ["call_moved"] for person in members(people)}
    said = worded("call_moved", last_data(people.store, "call_moved"))
    assert said.title.startswith("Closed early")
    assert "09:20" in said.short


def test_a_call_that_ends_as_told_or_is_worded_anew_is_not_told(people: People) -> None:
    call = opened(people)
    people.store.write_at(at(1), calls.edit, people.office, call.id, 1, terms(text="请尽早提出。"))
    for minute in (1, 4, 59, 61, 70):
        turn(people.store, at(minute))
    assert told(people.store, "call_moved") == {}


def test_an_end_that_is_put_back_in_the_same_go_is_not_told(people: People) -> None:
    call = opened(people)
    people.store.write_at(at(1), calls.extend, people.office, call.id, 1, at(90))
    people.store.write_at(at(2), calls.edit, people.office, call.id, 2, terms())
    turn(people.store, at(2) + QUIET)
    assert told(people.store, "call_moved") == {}


def test_a_call_that_opens_later_is_told_with_the_end_it_has_then(people: People) -> None:
    turn(people.store, BEFORE)
    call = called(people)
    people.store.write_at(BEFORE, calls.extend, people.office, call.id, 1, at(90))
    for minute in (-1, 0, 5):
        turn(people.store, at(minute))
    assert told(people.store) == {person: ["call"] for person in members(people)}
