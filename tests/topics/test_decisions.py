"""What the office decides: where it leads, who may, and that of two who decide at once one is told."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.core.store import open_store
from consult.members import edits
from consult.topics import decisions, topics
from consult.topics.decisions import Ticked
from consult.topics.life import State
from tests.meetings.people import People
from tests.support.cast import at
from tests.topics.calling import called, kept, matter, proposed

Verb = Callable[..., object]


def shortlist(people: People, topic_id: int, version: int = 1) -> None:
    people.store.write_at(at(2), decisions.shortlist, people.office, topic_id, version)


def test_a_proposal_goes_through_its_life_and_each_step_is_written_down(people: People) -> None:
    made, office, store = proposed(people, called(people)), people.office, people.store
    shortlist(people, made.id)
    assert (kept(people, made.id).state, kept(people, made.id).decided_at) == (State.SHORTLISTED, at(2))
    store.write_at(at(3), decisions.take_into_plan, office, made.id, 2, 2027, 6)
    row = kept(people, made.id)
    assert (row.state, row.year, row.month, row.decided_at) == (State.PLANNED, 2027, 6, at(3))
    store.write_at(at(4), decisions.take_into_plan, office, made.id, 3, 2028)
    assert (kept(people, made.id).year, kept(people, made.id).month) == (2028, None)
    store.write_at(at(5), decisions.drop_from_plan, office, made.id, 4)
    assert (kept(people, made.id).state, kept(people, made.id).year) == (State.SHORTLISTED, None)
    store.write_at(at(6), decisions.reject, office, made.id, 5, "不属于协商范围")
    assert kept(people, made.id).reason == "不属于协商范围"
    store.write_at(at(7), decisions.back, office, made.id, 6)
    row = kept(people, made.id)
    assert (row.state, row.reason, row.decided_at) == (State.PROPOSED, "", None)
    with store.read() as work:
        trail = edits.since(work, f"topic:{made.id}", people.cast.county, 0)
    assert [one.action for one in reversed(trail)] == [
        "topic.proposed", "topic.shortlist", "topic.plan", "topic.plan", "topic.drop", "topic.reject",
        "topic.back",
    ]  # fmt: skip


def test_the_office_s_own_topics_go_straight_into_the_plan(people: People) -> None:
    made = people.store.write(topics.create, people.office, people.cast.county, matter())
    assert kept(people, made.id).state == State.DRAFT
    with pytest.raises(NotNow):
        people.store.write(decisions.reject, people.office, made.id, 1, "不办")
    people.store.write(decisions.take_into_plan, people.office, made.id, 1, 2026)
    people.store.write(decisions.drop_from_plan, people.office, made.id, 2)
    people.store.write(decisions.back, people.office, made.id, 3)
    assert kept(people, made.id).state == State.DRAFT


@pytest.mark.parametrize("reason", ["", " \u200b ", "由" * 501])
def test_a_rejection_needs_a_reason(people: People, reason: str) -> None:
    made = proposed(people, called(people))
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(at(2), decisions.reject, people.office, made.id, 1, reason)
    assert refusal.value.field == "reason"
    assert kept(people, made.id).version == 1


@pytest.mark.parametrize(
    ("year", "month", "field"),
    [(1999, None, "year"), (2100, None, "year"), (2026, 0, "month"), (2026, 13, "month")],
)
def test_a_year_and_month_that_are_none_are_refused(
    sqlite_people: People, year: int, month: int | None, field: str
) -> None:
    people = sqlite_people
    made = people.store.write(topics.create, people.office, people.cast.county, matter())
    with pytest.raises(Invalid) as refusal:
        people.store.write(decisions.take_into_plan, people.office, made.id, 1, year, month)
    assert refusal.value.field == field


def verbs(people: People, into: int) -> list[tuple[Verb, tuple[Any, ...], str]]:
    """Each decision, what it is told, and what was decided before."""
    return [
        (decisions.shortlist, (), ""),
        (decisions.reject, ("已办",), ""),
        (decisions.merge, (into,), ""),
        (decisions.take_into_plan, (2027,), ""),
        (decisions.drop_from_plan, (), "plan"),
        (decisions.back, (), "shortlist"),
    ]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("office", None),
        ("administrator", None),
        ("province_office", None),
        ("reader", NotAllowed),
        ("wang", Missing),
        ("li", Missing),
        ("other_office", Missing),
    ],
)
def test_only_the_office_decides(sqlite_people: People, who: str, refusal: type[Refusal] | None) -> None:
    people, actor = sqlite_people, sqlite_people.actor(who)
    call = called(people)
    into = proposed(people, call, "li").id
    for number, (verb, about, before) in enumerate(verbs(people, into)):
        topic = proposed(people, called(people), title=f"议题{number}")
        version = 1
        if before == "plan":
            people.store.write_at(at(2), decisions.take_into_plan, people.office, topic.id, 1, 2027)
            version = 2
        elif before:
            shortlist(people, topic.id)
            version = 2
        if refusal is None:
            people.store.write_at(at(3), verb, actor, topic.id, version, *about)
        else:
            with pytest.raises(refusal):
                people.store.write_at(at(3), verb, actor, topic.id, version, *about)


def test_two_who_decide_one_after_the_other_on_what_they_read(people: People) -> None:
    made, into = proposed(people, called(people)), None
    into = people.store.write(topics.create, people.office, people.cast.county, matter()).id
    shortlist(people, made.id)
    for verb, about, _ in verbs(people, into):
        with pytest.raises(Stale):
            people.store.write_at(at(3), verb, people.actor("administrator"), made.id, 1, *about)
    assert kept(people, made.id).state == State.SHORTLISTED


def test_of_two_who_decide_at_once_in_two_processes_one_is_told(people: People, database_url: str) -> None:
    made = proposed(people, called(people))
    start, answers = Barrier(2), []
    stores = [open_store(database_url) for _ in range(2)]

    def decide(number: int) -> None:
        verb = (decisions.shortlist, decisions.reject)[number]
        about = ((), ("已办",))[number]
        start.wait()
        try:
            stores[number].write_at(at(2), verb, people.office, made.id, 1, *about)  # type: ignore[arg-type]
            answers.append("done")
        except Stale:
            answers.append("stale")

    threads = [Thread(target=decide, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sorted(answers) == ["done", "stale"]
    assert kept(people, made.id).version == 2


# Merging


def test_merging_refuses_what_makes_no_sense(people: People) -> None:
    call, store = called(people), people.store
    one, two, three = (proposed(people, call, who) for who in ("wang", "li", "zhao"))
    elsewhere = store.write(topics.create, people.actor("province_office"), people.cast.province, matter())
    for into in (one.id, elsewhere.id, 999):
        with pytest.raises(Invalid) as refusal:
            store.write_at(at(2), decisions.merge, people.actor("province_office"), one.id, 1, into)
        assert refusal.value.field == "into"
    store.write_at(at(2), decisions.merge, people.office, one.id, 1, two.id)
    with pytest.raises(NotNow):  # others have gone into it
        store.write_at(at(3), decisions.merge, people.office, two.id, 1, three.id)
    with pytest.raises(Invalid):  # it has gone elsewhere itself
        store.write_at(at(3), decisions.merge, people.office, three.id, 1, one.id)
    store.write_at(at(4), decisions.back, people.office, one.id, 2)
    assert (kept(people, one.id).state, kept(people, one.id).merged_into_id) == (State.PROPOSED, None)
    store.write_at(at(5), decisions.merge, people.office, two.id, 1, three.id)


def test_two_topics_merged_into_each_other_at_once_make_one_lead(people: People, database_url: str) -> None:
    call = called(people)
    pair = [proposed(people, call, who) for who in ("wang", "li")]
    start, answers = Barrier(2), []
    stores = [open_store(database_url) for _ in range(2)]

    def decide(number: int) -> None:
        start.wait()
        try:
            stores[number].write_at(
                at(2), decisions.merge, people.office, pair[number].id, 1, pair[1 - number].id
            )
            answers.append("done")
        except Refusal:
            answers.append("refused")

    threads = [Thread(target=decide, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sorted(answers) == ["done", "refused"]
    assert sorted(kept(people, one.id).state for one in pair) == [State.MERGED, State.PROPOSED]


def test_the_topics_to_merge_into_begin_with_those_of_the_same_call(people: People) -> None:
    call = called(people)
    one, two = proposed(people, call), proposed(people, call, "li")
    own = people.store.write(topics.create, people.office, people.cast.county, matter())
    gone = proposed(people, call, "zhao")
    people.store.write_at(at(2), decisions.reject, people.office, gone.id, 1, "已办")
    with people.store.read(at(3)) as work:
        assert [each.id for each in decisions.leads(work, people.office, one.id)] == [two.id, own.id]


# Several at once


def test_ticked_topics_are_decided_all_or_none(people: People) -> None:
    call = called(people)
    made = [proposed(people, call, who) for who in ("wang", "li", "zhao")]
    ticked = [Ticked(one.id, 1) for one in made]
    people.store.write_at(at(2), decisions.shortlist_all, people.office, call.id, ticked[:2])
    with pytest.raises(Stale):
        people.store.write_at(at(3), decisions.plan_all, people.office, call.id, ticked)
    assert [kept(people, one.id).state for one in made] == [
        State.SHORTLISTED,
        State.SHORTLISTED,
        State.PROPOSED,
    ]
    newest = [Ticked(one.id, kept(people, one.id).version) for one in made]
    people.store.write_at(at(4), decisions.plan_all, people.office, call.id, newest)
    assert {kept(people, one.id).year for one in made} == {2027}
    again = [Ticked(one.id, kept(people, one.id).version) for one in made]
    with pytest.raises(NotNow):
        people.store.write_at(at(5), decisions.shortlist_all, people.office, call.id, again)


def test_ticking_nothing_or_another_call_s_topics_is_refused(sqlite_people: People) -> None:
    people = sqlite_people
    call, other = called(people), called(people)
    made = proposed(people, other)
    with pytest.raises(Invalid):
        people.store.write_at(at(2), decisions.shortlist_all, people.office, call.id, [])
    with pytest.raises(Missing):
        people.store.write_at(at(2), decisions.plan_all, people.office, call.id, [Ticked(made.id, 1)])


@pytest.mark.parametrize(
    ("who", "refusal"), [("reader", NotAllowed), ("wang", NotAllowed), ("outsider", Missing)]
)
def test_only_the_office_decides_on_ticked_ones(
    sqlite_people: People, who: str, refusal: type[Refusal]
) -> None:
    people, call = sqlite_people, called(sqlite_people)
    made = proposed(people, call)
    for verb in (decisions.shortlist_all, decisions.plan_all):
        with pytest.raises(refusal):
            people.store.write_at(at(2), verb, people.actor(who), call.id, [Ticked(made.id, 1)])
