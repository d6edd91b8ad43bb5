"""Calls for topics: who sees them, to the second when, and how their office keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.topics import calls
from consult.topics.calls import Phase, Within
from consult.topics.models import Call
from tests.meetings.people import BEFORE, People
from tests.support.cast import at
from tests.topics.calling import CLOSES, OPENS, called, proposed, terms

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "征" * 121}, "title"),
        ({"text": "征" * 5_001}, "text"),
        ({"year": 1999}, "year"),
        ({"year": 2100}, "year"),
        ({"within": "all"}, "within"),
        ({"closes_at": OPENS}, "closes_at"),
    ],
)
def test_wrong_terms_are_refused_at_their_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        terms(**given)
    assert refusal.value.field == field


def test_a_form_sent_twice_makes_one_call(people: People) -> None:
    made = [
        people.store.write_at(BEFORE, calls.create, people.office, people.cast.county, terms(), "k" * 20).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    with pytest.raises(Stale):
        people.store.write_at(
            BEFORE, calls.create, people.office, people.cast.county, terms(title="别的"), "k" * 20
        )
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(Call)) == 1


def test_a_call_whose_end_has_passed_is_not_opened(sqlite_people: People) -> None:
    with pytest.raises(Invalid):
        sqlite_people.store.write_at(
            CLOSES, calls.create, sqlite_people.office, sqlite_people.cast.county, terms()
        )


def test_a_call_is_open_from_its_first_second_to_its_last(people: People) -> None:
    call = called(people)
    phases = [calls.phase(call, now) for now in (OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES)]
    assert phases == [Phase.COMING, Phase.OPEN, Phase.OPEN, Phase.CLOSED]
    for now, seen in ((OPENS - SECOND, 0), (OPENS, 1), (CLOSES - SECOND, 1), (CLOSES, 0)):
        with people.store.read(now) as work:
            assert len(calls.open_for(work, people.actor("wang"))) == seen


@pytest.mark.parametrize(
    ("who", "unit", "tree"),
    [
        ("wang", False, True),
        ("both", True, True),
        ("outsider", False, True),
        ("province_office", True, True),
        ("office", False, False),
        ("reader", False, False),
    ],
)
def test_a_call_of_the_province_is_seen_by_those_whom_it_concerns(
    people: People, who: str, unit: bool, tree: bool
) -> None:
    actor = people.actor(who)
    for within, expected in ((Within.UNIT, unit), (Within.TREE, tree)):
        call = called(people, people.cast.province, "province_office", within=within)
        with people.store.read(at(1)) as work:
            if expected:
                assert calls.seen_by(work, actor, call.id)[0].id == call.id
            else:
                with pytest.raises(Missing):
                    calls.seen_by(work, actor, call.id)


def test_a_call_of_a_county_is_nothing_to_another_nor_to_the_province_s_members(people: People) -> None:
    call = called(people, within=Within.TREE)
    for who, sees in (
        ("wang", True),
        ("outsider", False),
        ("other_office", False),
        ("province_office", True),
    ):
        with people.store.read(at(1)) as work:
            if sees:
                calls.seen_by(work, people.actor(who), call.id)
            else:
                with pytest.raises(Missing):
                    calls.seen_by(work, people.actor(who), call.id)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("office", None),
        ("administrator", None),
        ("province_office", None),
        ("reader", NotAllowed),
        ("wang", NotAllowed),
        ("other_office", Missing),
        ("outsider", Missing),
    ],
)
def test_a_call_is_its_office_s(sqlite_people: People, who: str, refusal: type[Refusal] | None) -> None:
    people, actor = sqlite_people, sqlite_people.actor(who)
    for verb, *about in (
        (calls.edit, terms(title="改")),
        (calls.extend, at(90)),
        (calls.close,),
    ):
        call = called(people)
        if refusal is None:
            people.store.write_at(at(1), verb, actor, call.id, 1, *about)  # type: ignore[arg-type]
        else:
            with pytest.raises(refusal):
                people.store.write_at(at(1), verb, actor, call.id, 1, *about)  # type: ignore[arg-type]
    if refusal is not None:
        expected = NotAllowed if who == "reader" else Missing
        with pytest.raises(expected):
            people.store.write_at(BEFORE, calls.create, actor, people.cast.county, terms())


def test_the_second_who_edits_is_told(people: People) -> None:
    call = called(people)
    people.store.write_at(at(1), calls.edit, people.actor("administrator"), call.id, 1, terms(title="先"))
    for verb, *about in ((calls.edit, terms(title="后")), (calls.extend, at(90)), (calls.close,)):
        with pytest.raises(Stale):
            people.store.write_at(at(2), verb, people.office, call.id, 1, *about)  # type: ignore[arg-type]
    with people.store.read(at(3)) as work:
        assert work.db.get_one(Call, call.id).title == "先"


def test_a_call_closes_early_and_opens_again_when_extended(people: People) -> None:
    call = called(people)
    people.store.write_at(at(5), calls.close, people.office, call.id, 1)
    with pytest.raises(NotNow):
        proposed(people, call, now=at(5))
    with pytest.raises(NotNow):
        people.store.write_at(at(6), calls.close, people.office, call.id, 2)
    with pytest.raises(Invalid):
        people.store.write_at(at(6), calls.extend, people.office, call.id, 2, at(5))
    with pytest.raises(Invalid):
        people.store.write_at(at(30), calls.extend, people.office, call.id, 2, at(20))
    people.store.write_at(at(30), calls.extend, people.office, call.id, 2, at(40))
    proposed(people, call, now=at(31))


def test_editing_leaves_an_end_that_has_passed_but_gives_no_new_one(sqlite_people: People) -> None:
    people = sqlite_people
    call = called(people)
    people.store.write_at(at(70), calls.edit, people.office, call.id, 1, terms(title="改"))
    with pytest.raises(Invalid):
        people.store.write_at(at(70), calls.edit, people.office, call.id, 2, terms(closes_at=at(50)))


def test_an_office_s_list_counts_what_came_and_what_waits(people: People) -> None:
    call = called(people)
    proposed(people, call)
    with people.store.read(at(2)) as work:
        [one] = calls.listed(work, people.actor("reader"))
        assert (one.phase, one.proposals, one.undecided) == (Phase.OPEN, 1, 1)
        [mine] = calls.for_member(work, people.actor("wang"))
        [others] = calls.for_member(work, people.actor("li"))
        assert ((mine.own, mine.proposals), (others.own, others.proposals)) == ((1, 1), (0, 1))
        assert calls.for_member(work, people.office) == []


def test_a_list_of_calls_asks_as_often_for_many_as_for_one(sqlite_people: People) -> None:
    people, asked = sqlite_people, []

    def count(*_: object) -> None:
        asked.append(1)

    event.listen(people.store.engine, "before_cursor_execute", count)
    numbers = []
    for _ in range(2):
        proposed(people, called(people))
        asked.clear()
        with people.store.read(at(2)) as work:
            calls.for_member(work, people.actor("wang"))
            calls.listed(work, people.office)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]
