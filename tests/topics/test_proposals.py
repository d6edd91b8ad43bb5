"""What members propose and second: who may, until when, and what they read of each other's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.topics import decisions, proposals, topics
from consult.topics.calls import Within
from consult.topics.life import State
from consult.topics.models import Second, Topic
from tests.meetings.people import People
from tests.support.cast import at
from tests.topics.calling import CLOSES, OPENS, called, kept, matter, proposed

SECOND = timedelta(seconds=1)


def seconds(people: People, topic_id: int) -> int:
    with people.store.read() as work:
        return proposals.backing(work, [topic_id])[topic_id].seconds


# Proposing


def test_a_proposal_is_kept_as_it_was_written(people: People) -> None:
    call = called(people)
    made = proposed(people, call)
    row = kept(people, made.id)
    assert topics.matter_of(row) == matter()
    assert (row.state, row.call_id, row.unit_id, row.proposed_by, row.year) == (
        State.PROPOSED, call.id, people.cast.county, people.cast.wang, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("wang", None),
        ("both", None),
        ("outsider", Missing),
        ("other_office", Missing),
        ("office", NotAllowed),
        ("reader", NotAllowed),
        ("province_office", NotAllowed),
    ],
)
def test_members_propose_and_staff_do_not(people: People, who: str, refusal: type[Refusal] | None) -> None:
    call = called(people)
    if refusal is None:
        proposed(people, call, who)
    else:
        with pytest.raises(refusal):
            proposed(people, call, who)


def test_a_tree_s_call_takes_proposals_from_the_units_below(people: People) -> None:
    call = called(people, people.cast.province, "province_office", within=Within.TREE)
    made = proposed(people, call, "outsider")
    assert kept(people, made.id).unit_id == people.cast.province


@pytest.mark.parametrize(
    ("now", "taken"),
    [(OPENS - SECOND, False), (OPENS, True), (CLOSES - SECOND, True), (CLOSES, False)],
)
def test_the_deadline_holds_to_the_second(people: People, now: object, taken: bool) -> None:
    call = called(people)
    if taken:
        proposed(people, call, now=now)  # type: ignore[arg-type]
    else:
        with pytest.raises((NotNow, Missing)):
            proposed(people, call, now=now)  # type: ignore[arg-type]


def test_as_many_as_the_limit_and_withdrawn_ones_do_not_count(people: People) -> None:
    call = called(people)
    made = [proposed(people, call, title=f"议题{number}") for number in range(proposals.MOST_PROPOSALS)]
    with pytest.raises(NotNow):
        proposed(people, call)
    proposed(people, call, "li")
    people.store.write_at(at(2), proposals.withdraw, people.actor("wang"), made[0].id, 1)
    proposed(people, call)


def test_a_form_sent_twice_makes_one_proposal(people: People) -> None:
    call, wang = called(people), people.actor("wang")
    made = [
        people.store.write_at(at(1), proposals.propose, wang, call.id, matter(), "k" * 20).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    with pytest.raises(Stale):
        people.store.write_at(at(1), proposals.propose, wang, call.id, matter("别的"), "k" * 20)
    with pytest.raises(Stale):
        people.store.write_at(at(1), proposals.propose, people.actor("li"), call.id, matter(), "k" * 20)


# One's own


def test_one_s_own_is_changed_until_it_is_taken_up_or_the_call_closes(people: People) -> None:
    wang, made = people.actor("wang"), proposed(people, called(people))
    people.store.write_at(CLOSES - SECOND, proposals.revise, wang, made.id, 1, matter("改过"))
    assert kept(people, made.id).title == "改过"
    with pytest.raises(Stale):
        people.store.write_at(at(2), proposals.revise, wang, made.id, 1, matter("又改"))
    with pytest.raises(NotNow):
        people.store.write_at(CLOSES, proposals.revise, wang, made.id, 2, matter("又改"))
    people.store.write_at(at(3), decisions.shortlist, people.office, made.id, 2)
    with pytest.raises(NotNow):
        people.store.write_at(at(4), proposals.revise, wang, made.id, 3, matter("又改"))


@pytest.mark.parametrize(
    ("who", "refusal"), [("li", NotAllowed), ("office", NotAllowed), ("outsider", Missing)]
)
def test_another_s_proposal_is_neither_changed_nor_withdrawn(
    people: People, who: str, refusal: type[Refusal]
) -> None:
    made = proposed(people, called(people))
    with pytest.raises(refusal):
        people.store.write_at(at(2), proposals.revise, people.actor(who), made.id, 1, matter("改"))
    with pytest.raises(refusal):
        people.store.write_at(at(2), proposals.withdraw, people.actor(who), made.id, 1)


def test_withdrawn_once_or_twice_it_is_gone_for_the_others(people: People) -> None:
    wang, call = people.actor("wang"), called(people)
    made = proposed(people, call)
    for _ in range(2):
        people.store.write_at(at(2), proposals.withdraw, wang, made.id, 1)
    with people.store.read(at(3)) as work:
        assert proposals.of_call(work, people.actor("li"), call) == []
        assert decisions.on_call(work, call) == []
        assert [one.topic.state for one in proposals.own(work, wang)] == [State.WITHDRAWN]
    for verb in (proposals.second, proposals.unsecond):
        with pytest.raises(Missing):
            people.store.write_at(at(3), verb, people.actor("li"), made.id)


def test_what_was_taken_up_is_not_withdrawn(people: People) -> None:
    made = proposed(people, called(people))
    people.store.write_at(at(2), decisions.shortlist, people.office, made.id, 1)
    with pytest.raises(Stale):
        people.store.write_at(at(3), proposals.withdraw, people.actor("wang"), made.id, 1)
    with pytest.raises(NotNow):
        people.store.write_at(at(3), proposals.withdraw, people.actor("wang"), made.id, 2)


def test_what_others_went_into_is_not_withdrawn(people: People) -> None:
    call = called(people)
    lead, other = proposed(people, call), proposed(people, call, "li")
    people.store.write_at(at(2), decisions.merge, people.office, other.id, 1, lead.id)
    with pytest.raises(NotNow):
        people.store.write_at(at(3), proposals.withdraw, people.actor("wang"), lead.id, 1)


# Seconding


def test_a_topic_is_seconded_once_and_taken_back(people: People) -> None:
    made, li = proposed(people, called(people)), people.actor("li")
    for _ in range(2):
        people.store.write_at(at(2), proposals.second, li, made.id)
    people.store.write_at(at(2), proposals.second, people.actor("zhao"), made.id)
    assert seconds(people, made.id) == 2
    for _ in range(2):
        people.store.write_at(at(3), proposals.unsecond, li, made.id)
    assert seconds(people, made.id) == 1


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("li", None),
        ("wang", NotAllowed),
        ("office", NotAllowed),
        ("reader", NotAllowed),
        ("outsider", Missing),
        ("other_office", Missing),
    ],
)
def test_who_may_second(people: People, who: str, refusal: type[Refusal] | None) -> None:
    made = proposed(people, called(people))
    if refusal is None:
        people.store.write_at(at(2), proposals.second, people.actor(who), made.id)
    else:
        with pytest.raises(refusal):
            people.store.write_at(at(2), proposals.second, people.actor(who), made.id)


@pytest.mark.parametrize("verb", [proposals.second, proposals.unsecond])
def test_seconding_ends_with_the_call_and_with_a_decision(people: People, verb: object) -> None:
    made, li = proposed(people, called(people)), people.actor("li")
    people.store.write_at(CLOSES - SECOND, verb, li, made.id)  # type: ignore[arg-type]
    with pytest.raises(NotNow):
        people.store.write_at(CLOSES, verb, li, made.id)  # type: ignore[arg-type]
    people.store.write_at(at(3), decisions.take_into_plan, people.office, made.id, 1, 2027)
    with pytest.raises(NotNow):
        people.store.write_at(at(4), verb, li, made.id)  # type: ignore[arg-type]


def test_a_topic_of_the_office_is_not_seconded(people: People) -> None:
    made = people.store.write(topics.create, people.office, people.cast.county, matter())
    with pytest.raises(Missing):
        people.store.write_at(at(2), proposals.second, people.actor("li"), made.id)
    people.store.write_at(at(2), decisions.take_into_plan, people.office, made.id, 1, 2027)
    with pytest.raises(NotNow):
        people.store.write_at(at(3), proposals.second, people.actor("li"), made.id)


def test_one_person_counts_once_over_all_that_was_merged(people: People) -> None:
    call = called(people)
    lead, other = proposed(people, call), proposed(people, call, "li")
    for who, topic in (("zhao", lead), ("zhao", other), ("both", other), ("li", lead), ("wang", other)):
        people.store.write_at(at(2), proposals.second, people.actor(who), topic.id)
    people.store.write_at(at(3), decisions.merge, people.office, other.id, 1, lead.id)
    with people.store.read(at(4)) as work:
        backing = proposals.backing(work, [lead.id, other.id])
    assert backing[lead.id] == proposals.Backing(("王秀兰", "李建国"), 2)
    assert backing[other.id] == proposals.Backing(("李建国",), 0)
    with pytest.raises(NotAllowed):  # who proposed what went into it
        people.store.write_at(at(4), proposals.second, people.actor("li"), lead.id)


# Reading


def test_others_read_what_is_in_question_and_only_the_proposer_what_was_rejected(people: People) -> None:
    call, office = called(people), people.office
    made = proposed(people, call)
    people.store.write_at(at(2), decisions.reject, office, made.id, 1, "已列入其他工作")
    with people.store.read(at(3)) as work:
        with pytest.raises(Missing):
            proposals.read_by(work, people.actor("li"), made.id)
        with pytest.raises(Missing):
            proposals.read_by(work, people.actor("outsider"), made.id)
        assert proposals.one(work, people.actor("wang"), made.id).topic.reason == "已列入其他工作"
        assert proposals.read_by(work, people.actor("reader"), made.id)


def test_a_merged_proposal_leads_to_where_it_went(people: People) -> None:
    lead = people.store.write(topics.create, people.office, people.cast.county, matter("供水"))
    made = proposed(people, called(people))
    wang = people.actor("wang")
    with people.store.read(at(2)) as work, pytest.raises(Missing):
        proposals.read_by(work, wang, lead.id)
    people.store.write_at(at(2), decisions.merge, people.office, made.id, 1, lead.id)
    with people.store.read(at(3)) as work:
        into = proposals.one(work, wang, made.id).into
        assert into is not None
        assert proposals.one(work, wang, into.id).topic.title == "供水"
        with pytest.raises(Missing):
            proposals.read_by(work, people.actor("li"), lead.id)


def test_planned_topics_are_read_by_the_unit_and_by_whom_its_call_asked(people: People) -> None:
    made = people.store.write(
        topics.create, people.actor("province_office"), people.cast.province, matter("供水")
    )
    people.store.write(decisions.take_into_plan, people.actor("province_office"), made.id, 1, 2027)
    with people.store.read(at(1)) as work:
        proposals.read_by(work, people.actor("both"), made.id)
        with pytest.raises(Missing):
            proposals.read_by(work, people.actor("wang"), made.id)
    called(people, people.cast.province, "province_office", within=Within.TREE)
    with people.store.read(at(1)) as work:
        proposals.read_by(work, people.actor("wang"), made.id)


def test_a_call_s_page_asks_as_often_for_many_as_for_few(sqlite_people: People) -> None:
    people, asked = sqlite_people, []

    def count(*_: object) -> None:
        asked.append(1)

    call, numbers = called(people), []
    event.listen(people.store.engine, "before_cursor_execute", count)
    for who in ("wang", "li"):
        proposed(people, call, who)
        asked.clear()
        with people.store.read(at(2)) as work:
            proposals.of_call(work, people.actor("zhao"), call)
            proposals.own(work, people.actor("wang"))
            decisions.on_call(work, call)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_nothing_is_kept_of_what_is_refused(people: People) -> None:
    call = called(people)
    for title in ("", "议" * 121):
        with pytest.raises(Invalid):
            people.store.write_at(
                at(1),
                lambda work, title=title: proposals.propose(
                    work, people.actor("wang"), call.id, matter(title)
                ),
            )
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(Topic)) == 0
        assert work.db.scalar(select(func.count()).select_from(Second)) == 0
