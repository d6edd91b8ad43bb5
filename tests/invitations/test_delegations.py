"""Units that name their own participants: whom, how many, until when; nobody is invited or counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import event, select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.attendance.models import Lease, Outcome
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.core.store import Work
from consult.invitations import delegations, overview, waiting
from consult.invitations.answering import Wish
from consult.invitations.delegations import Venue
from consult.meetings import access, conflicts, moves, quiet, scheduling
from consult.meetings.audience import Audience
from consult.meetings.conflicts import Conflicting
from consult.meetings.models import Attending, Delegation, Expected, Invitation, Meeting
from consult.members.access import ORGANIZING
from consult.members.models import Unit
from tests.invitations.people import SOON, Circle
from tests.meetings.people import BEFORE
from tests.support.cast import NINE, at


def name(
    circle: Circle, meeting: Meeting, role: str, people: Sequence[str], *, unit: int | None = None,
    version: int | None = None, now: datetime = SOON, venue: Venue | None = None, careful: bool = False,
) -> Delegation:  # fmt: skip
    unit_id = unit or circle.cast.county
    seen = version or circle.delegation(meeting, unit_id).version
    return circle.store.write_at(
        now, delegations.name, circle.actor(role), meeting.id, unit_id, seen, people, venue or Venue(),
        careful=careful,
    )  # fmt: skip


def shown(circle: Circle, meeting: Meeting, role: str) -> dict[int, tuple[int, int | None]]:
    with circle.store.read(SOON) as work:
        found = delegations.of_meeting(work, circle.actor(role), work.db.get_one(Meeting, meeting.id))
    return {one.unit.id: (one.named, one.places) for one in found}


def test_a_county_names_its_people_and_its_sub_venue(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast
    office = circle.id("office")
    made = name(circle, meeting, "office", ["王秀兰", "C8"], venue=Venue("县政协三楼", "人民路 1 号", office))
    assert (made.venue, made.address, made.operator_id) == ("县政协三楼", "人民路 1 号", office)
    assert (made.named_at, made.named_by, made.version) == (SOON, office, 2)
    assert circle.invited(meeting) == sorted({cast.wang, circle.convener})
    assert circle.expected(meeting) == {cast.wang, circle.convener}
    assert circle.stands("wang", meeting).row.named_by_unit == cast.county


def test_naming_anew_takes_back_who_is_left_out_and_keeps_the_others_answers(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast
    name(circle, meeting, "office", ["王秀兰", "李建国"])
    circle.answer("wang", meeting, Wish.COME)
    name(circle, meeting, "office", ["王秀兰", "赵敏"])
    assert circle.invited(meeting) == sorted({cast.wang, cast.zhao}) == sorted(circle.expected(meeting))
    assert circle.stands("wang", meeting).row.answer == "accepted"


def test_no_more_than_its_places(circle: Circle) -> None:
    meeting = circle.of_province(places=1)
    with pytest.raises(Invalid) as refused:
        name(circle, meeting, "office", ["王秀兰", "李建国"])
    assert refused.value.field == "names"
    province = circle.actor("province_office")
    circle.store.write_at(SOON, delegations.give_places, province, meeting.id, circle.cast.county, 1, 2)
    name(circle, meeting, "office", ["王秀兰", "李建国"])
    assert shown(circle, meeting, "province_office") == {
        circle.cast.county: (2, 2), circle.cast.other_county: (0, 1)
    }  # fmt: skip


def test_nobody_is_named_twice_and_one_is_told_who_was_first(circle: Circle) -> None:
    cast = circle.cast
    rule = Audience(also=(cast.seats[cast.wang],), naming=(cast.county,))
    meeting = circle.of_province(audience=rule)
    with pytest.raises(Invalid, match="岭南省政协"):
        name(circle, meeting, "office", ["王秀兰"])
    both = Audience(naming=(cast.county, cast.province))
    assert circle.of_province(audience=both)  # the host itself names by its rules, not as a unit below it


def test_only_its_own_members_are_named(circle: Circle) -> None:
    with pytest.raises(Invalid, match="钱进"):
        name(circle, circle.of_province(), "office", ["钱进"])


def test_who_has_something_else_at_that_time_is_named_only_all_the_same(circle: Circle) -> None:
    """王秀兰 is expected by her own county and, out of her office's sight, 李建国 by the neighbour."""
    meeting, cast = circle.of_province(), circle.cast
    own = Audience(also=(cast.seats[cast.wang],))
    circle.meeting(title="县里的会", opens_at=at(30), closes_at=at(90), audience=own)
    plan = circle.people.plan(title="白塔的会", audience=Audience(units=(cast.other_county,)))
    there = circle.store.write_at(
        BEFORE, scheduling.schedule, circle.actor("other_office"), cast.other_county, plan
    )
    seat = Expected(meeting_id=there.id, membership_id=cast.seats[cast.li], person_id=cast.li)
    circle.store.write(lambda work: work.db.add(seat))
    with pytest.raises(Conflicting) as refused:
        name(circle, meeting, "office", ["王秀兰", "李建国", "赵敏"], careful=True)
    assert [
        (one.name, [(other.host, other.title, other.opens_at) for other in one.elsewhere])
        for one in refused.value.conflicts.people
    ] == [
        ("王秀兰", [("清河县政协", "县里的会", at(30))]),
        ("李建国", [("白塔县政协", "", NINE)]),
    ]
    assert (refused.value.field, circle.invited(meeting)) == ("despite", [])
    name(circle, meeting, "office", ["赵敏"], careful=True)
    name(circle, meeting, "office", ["王秀兰", "赵敏"])
    name(circle, meeting, "office", ["王秀兰", "赵敏"], careful=True, venue=Venue("县会堂"))
    assert circle.invited(meeting) == sorted({cast.wang, cast.zhao})


def test_a_quiet_period_is_in_the_way_only_if_it_is_of_the_unit_s_side(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast
    day = NINE.date()
    circle.store.write_at(
        BEFORE, quiet.add, circle.actor("province_office"), cast.province, day, day, "省里定的"
    )
    name(circle, meeting, "office", ["赵敏"], careful=True)
    circle.store.write_at(BEFORE, quiet.add, circle.actor("office"), cast.county, day, day, "县全会")
    with pytest.raises(Conflicting) as refused:
        name(circle, meeting, "office", ["赵敏", "李建国"], careful=True)
    assert [one.reason for one in refused.value.conflicts.quiet] == ["县全会"]
    name(circle, meeting, "office", ["赵敏", "李建国"])


def test_what_is_in_the_way_is_found_with_as_many_queries_for_many_as_for_one(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast
    asked: list[str] = []
    event.listen(circle.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts, found = [], []
    for _ in range(3):
        circle.meeting(audience=Audience(units=(cast.county,)))
        with circle.store.read(SOON) as work:
            actor, unit = circle.actor("office"), work.db.get_one(Unit, cast.county)
            shown = work.db.get_one(Meeting, meeting.id)
            seats = delegations.seats_of(work, shown, unit)
            asked.clear()
            told = conflicts.of_naming(work, actor, shown, unit, seats)
            counts.append(len(asked))
            found.append(len(told.people[0].elsewhere))
    assert found == [1, 2, 3]
    assert len(set(counts)) == 1


def test_an_operator_is_one_of_the_unit_s_staff(circle: Circle) -> None:
    with pytest.raises(Invalid) as refused:
        name(circle, circle.of_province(), "office", [], venue=Venue(operator_id=circle.cast.outsider))
    assert refused.value.field == "operator"


@pytest.mark.parametrize(
    ("role", "refusal"),
    [("reader", NotAllowed), ("wang", Missing), ("other_office", Missing), ("outsider", Missing)],
)
def test_others_do_not_name_for_a_county(circle: Circle, role: str, refusal: type[Refusal]) -> None:
    meeting = circle.of_province()
    with pytest.raises(refusal):
        name(circle, meeting, role, ["王秀兰"])
    assert circle.invited(meeting) == []


@pytest.mark.parametrize(
    ("role", "refusal"), [("office", NotAllowed), ("reader", NotAllowed), ("other_office", Missing)]
)
def test_only_the_host_gives_places(circle: Circle, role: str, refusal: type[Refusal]) -> None:
    meeting = circle.of_province()
    with pytest.raises(refusal):
        circle.store.write_at(
            SOON, delegations.give_places, circle.actor(role), meeting.id, circle.cast.county, 1, 9
        )


def test_after_the_deadline_only_the_host_names(circle: Circle) -> None:
    meeting = circle.of_province(answer_by=at(-800))
    with pytest.raises(NotNow, match="岭南省政协"):
        name(circle, meeting, "office", ["王秀兰"])
    name(circle, meeting, "province_office", ["王秀兰"])
    circle.store.write_at(at(61), moves.advance_due)
    with pytest.raises(NotNow):
        name(circle, meeting, "province_office", [], now=at(62))


def test_of_two_who_name_at_once_the_second_is_told(circle: Circle) -> None:
    meeting = circle.of_province()
    name(circle, meeting, "office", ["王秀兰"], version=1)
    with pytest.raises(Stale):
        name(circle, meeting, "administrator", ["李建国"], version=1)
    assert circle.invited(meeting) == [circle.cast.wang]


def test_each_sees_its_own_and_what_is_below(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast
    name(circle, meeting, "office", ["王秀兰"])
    name(circle, meeting, "other_office", ["钱进"], unit=cast.other_county)
    assert set(shown(circle, meeting, "province_office")) == {cast.county, cast.other_county}
    assert set(shown(circle, meeting, "office")) == {cast.county}
    assert set(shown(circle, meeting, "reader")) == {cast.county}
    assert shown(circle, meeting, "wang") == {}
    with circle.store.read(SOON) as work:
        found = work.db.get_one(Meeting, meeting.id)
        totals = {
            role: overview.counts(work, circle.actor(role), found).stands.total()
            for role in ("province_office", "office", "other_office", "wang")
        }
        assert access.seen_by(work, circle.actor("outsider"), meeting.id)
    assert totals == {"province_office": 2, "office": 1, "other_office": 1, "wang": 0}


def test_an_office_is_told_that_names_are_missing(circle: Circle) -> None:
    meeting, cast = circle.of_province(), circle.cast

    def left(role: str) -> list[int]:
        with circle.store.read(SOON) as work:
            units = [one for one in work.db.scalars(select(Unit)) if
                     circle.actor(role).holds(one.path, *ORGANIZING)]  # fmt: skip
            return [unit.id for _meeting, unit in waiting.without_names(work, units)]

    assert left("office") == [cast.county]
    assert left("province_office") == [cast.county, cast.other_county]
    name(circle, meeting, "office", ["王秀兰"])
    assert left("office") == []
    assert left("province_office") == [cast.other_county]


def test_whom_a_unit_names_has_a_place_where_others_sign_up(circle: Circle) -> None:
    cast = circle.cast
    audience = Audience(units=(cast.county,), naming=(cast.other_county,))
    meeting = circle.of_province(audience=audience, attending=Attending.SIGN_UP, capacity=1)
    name(circle, meeting, "other_office", ["钱进"], unit=cast.other_county)
    assert circle.answer("wang", meeting, Wish.COME) == "accepted"
    assert circle.expected(meeting) == {cast.wang, cast.outsider}


def test_nobody_is_counted_twice_across_the_tiers(circle: Circle) -> None:
    """One who was named by his county, one called by the province, and one who just walks in."""
    cast = circle.cast
    rule = Audience(also=(cast.seats[cast.li],), naming=(cast.county, cast.other_county))
    meeting = circle.of_province(audience=rule)
    name(circle, meeting, "office", ["王秀兰", "买买提·艾力"])

    def come(work: Work) -> None:
        work.db.add(Lease(process="p", kind="web", started_at=at(-60), renewed_at=at(600)))
        for role in ("wang", "li", "both", "zhao", "outsider"):
            ledger.join(work, circle.actor(role), meeting.id, Channel.BROWSER, "p", None)

    circle.store.write_at(at(-10), moves.advance_due)
    circle.store.write_at(at(-5), come)
    circle.store.write_at(at(61), moves.advance_due)
    circle.store.write_at(at(70), settle.settle_due)
    with circle.store.read() as work:
        rows = work.db.scalars(select(Outcome)).all()
        invited = work.db.scalars(select(Invitation.person_id)).all()
    people = Counter(row.person_id for row in rows)
    assert set(people.values()) == {1}
    assert set(people) == {circle.id(role) for role in ("wang", "li", "both", "zhao", "outsider")}
    expected = {row.person_id for row in rows if row.expected}
    assert expected == {cast.wang, cast.li, circle.people.both} == set(invited)
