"""Who has answered what: each counted once, listed by filters, nudged at most once an hour."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import event, select

from consult.core.errors import Missing, NotAllowed, NotNow, Refusal, TooFast
from consult.core.store import Work
from consult.invitations import asking, nudging, overview
from consult.invitations.answering import Wish
from consult.invitations.models import Nudge
from consult.invitations.overview import Filter
from consult.invitations.standing import Stand
from consult.meetings import conduct, scheduling
from consult.meetings.models import Meeting, Mode
from consult.members.models import Membership, Person
from tests.invitations.people import SOON, Circle
from tests.support.cast import at


def counts(circle: Circle, meeting: Meeting, role: str = "office") -> overview.Counts:
    with circle.store.read(SOON) as work:
        return overview.counts(work, circle.actor(role), work.db.get_one(Meeting, meeting.id))


def names(circle: Circle, meeting: Meeting, role: str = "office", **wanted: str) -> list[str]:
    with circle.store.read(SOON) as work:
        found = work.db.get_one(Meeting, meeting.id)
        rows, total = overview.listed(
            work, circle.actor(role), found, "sector", Filter(**wanted), page=1, per_page=50
        )
    assert total == len(rows)
    return [row.name for row in rows]


@pytest.fixture
def answered(circle: Circle) -> Meeting:
    """Six are invited: each stands somewhere else, two have said nothing."""
    meeting = circle.meeting(mode=Mode.HYBRID, place="三楼")
    circle.answer("wang", meeting, Wish.COME)
    circle.answer("zhao", meeting, Wish.REMOTE)
    circle.store.write_at(SOON, asking.ask, circle.actor("li"), meeting.id, "illness", "")
    seat = circle.seat("head", meeting)
    circle.store.write_at(SOON, conduct.excuse, circle.people.office, meeting.id, seat, "住院")
    return meeting


def test_each_stands_at_exactly_one_place(circle: Circle, answered: Meeting) -> None:
    found = counts(circle, answered)
    assert found.stands == Counter(
        {Stand.NONE: 2, Stand.ACCEPTED: 1, Stand.REMOTE: 1, Stand.ASKED: 1, Stand.LEAVE: 1}
    )
    assert found.by == "sector"
    assert {group.name: group.total for group in found.groups} == {
        "农业界": 3, "医药卫生界": 1, "少数民族界": 1, "教育界": 1
    }  # fmt: skip


def test_answers_for_another_time_are_told_apart(circle: Circle, answered: Meeting) -> None:
    office = circle.people.office
    circle.store.write_at(at(-600), scheduling.reschedule, office, answered.id, 1, at(2000), at(2060))
    found = counts(circle, answered)
    assert (found.outdated, found.stands[Stand.ACCEPTED]) == (2, 1)


def test_the_list_is_found_by_answer_group_and_words(circle: Circle, answered: Meeting) -> None:
    assert names(circle, answered, stand="none") == ["买买提·艾力", "陈召集"]
    assert names(circle, answered, stand="asked") == ["李建国"]
    assert names(circle, answered, group="医药卫生界") == ["王秀兰"]
    assert names(circle, answered, text="c9") == ["周主任"]
    assert names(circle, answered, text="%") == []


def test_nobody_reads_of_people_who_aren_t_his(circle: Circle, answered: Meeting) -> None:
    assert counts(circle, answered, "province_office").stands.total() == 6
    assert counts(circle, answered, "reader").stands.total() == 6
    for role in ("other_office", "wang"):
        assert counts(circle, answered, role).stands.total() == 0
        assert names(circle, answered, role) == []


def test_three_thousand_take_as_many_queries_as_six(circle: Circle) -> None:
    def more(work: Work) -> None:
        people = [Person(name=f"委员{n}", created_at=work.now) for n in range(3000)]
        work.db.add_all(people)
        work.db.flush()
        work.db.add_all(
            Membership(
                unit_id=circle.cast.county, person_id=one.id, number=f"N{n}", sector=f"界别{n % 30}",
                from_day=date(2022, 1, 1),
            )
            for n, one in enumerate(people)
        )  # fmt: skip

    def queries(meeting: Meeting) -> int:
        said: list[str] = []

        def hear(*args: object) -> None:
            said.append(str(args[2]))

        event.listen(circle.store.engine, "before_cursor_execute", hear)
        try:
            counts(circle, meeting)
            with circle.store.read(SOON) as work:
                found = work.db.get_one(Meeting, meeting.id)
                overview.listed(work, circle.people.office, found, "sector", Filter(), page=1, per_page=100)
        finally:
            event.remove(circle.store.engine, "before_cursor_execute", hear)
        return len(said)

    few = queries(circle.meeting())
    circle.store.write(more)
    many = circle.meeting()
    assert counts(circle, many).stands[Stand.NONE] == 3006
    assert queries(many) == few


# Nudging


def nudge(circle: Circle, meeting: Meeting, role: str = "office", minute: float = -600) -> Nudge:
    return circle.store.write_at(at(minute), nudging.nudge, circle.actor(role), meeting.id)


def test_those_without_an_answer_are_asked_once_an_hour(circle: Circle, answered: Meeting) -> None:
    first = nudge(circle, answered)
    assert (first.number, first.asked, first.by_id) == (1, 2, circle.id("office"))
    with pytest.raises(TooFast, match="hour"):
        nudge(circle, answered, minute=-541)
    assert nudge(circle, answered, minute=-540).number == 2


@pytest.mark.parametrize(
    ("role", "refusal"),
    [("reader", NotAllowed), ("wang", NotAllowed), ("outsider", Missing), ("other_office", Missing)],
)
def test_only_the_host_s_office_nudges(
    circle: Circle, answered: Meeting, role: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        nudge(circle, answered, role)
    with circle.store.read() as work:
        assert work.db.scalars(select(Nudge)).all() == []


def test_nobody_is_nudged_who_can_t_answer_or_has(circle: Circle) -> None:
    late = circle.meeting(answer_by=at(-700))
    with pytest.raises(NotNow):
        nudge(circle, late)
    draft = circle.people.meeting(draft=True)
    with pytest.raises(NotNow):
        nudge(circle, draft)
    all_in = circle.meeting()
    for role in ("wang", "li", "zhao", "both", "convener", "head"):
        circle.answer(role, all_in, Wish.COME)
    with pytest.raises(NotNow, match="Everybody"):
        nudge(circle, all_in)
