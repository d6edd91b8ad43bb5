"""Who is invited and who is expected: by the office's rules, by units that name their own, by sign-up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.meetings import access, conduct, invited, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Answer, Attending, Delegation, Expected, Invitation, Meeting
from consult.meetings.plan import Plan, plan_of
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at


def invitations(people: People, meeting_id: int) -> dict[int, Invitation]:
    with people.store.read() as work:
        rows = work.db.scalars(select(Invitation).where(Invitation.meeting_id == meeting_id)).all()
    return {row.person_id: row for row in rows}


def expected(people: People, meeting_id: int) -> set[int]:
    with people.store.read() as work:
        return set(work.db.scalars(select(Expected.person_id).where(Expected.meeting_id == meeting_id)))


def answers(people: People, meeting_id: int, **given: Answer) -> None:
    """Writes down what these have answered, one minute after the other."""

    def write(work: Work) -> None:
        for minute, (name, answer) in enumerate(given.items()):
            person_id = getattr(people.cast, name, None) or getattr(people, name)
            work.db.execute(
                update(Invitation)
                .where(Invitation.meeting_id == meeting_id, Invitation.person_id == person_id)
                .values(answer=answer, answered_at=at(-600 + minute))
            )

    people.store.write(write)


def edit(people: People, meeting: Meeting, plan: Plan) -> Meeting:
    with people.store.read() as work:
        version = work.db.get_one(Meeting, meeting.id).version
    return people.store.write_at(
        at(-300), scheduling.edit, people.office, meeting.id, version, plan
    )  # fmt: skip


def name(people: People, meeting_id: int, unit_id: int, person_id: int) -> None:
    """A unit names somebody."""

    def write(work: Work) -> None:
        meeting = work.db.get_one(Meeting, meeting_id)
        invited.add(work, meeting, {person_id: people.cast.seats[person_id]}, named_by=unit_id)
        invited.keep_in_step(work, meeting)

    people.store.write(write)


def of_province(people: People, *, trees: bool = False) -> Meeting:
    """A meeting of the province's for which both counties name participants."""
    cast = people.cast
    audience = Audience(
        units=(cast.province,),
        trees=(cast.province,) if trees else (),
        naming=(cast.county, cast.other_county),
        places=3,
    )
    plan = people.plan(audience=audience)
    return people.store.write_at(
        BEFORE, scheduling.schedule, people.actor("province_office"), cast.province, plan
    )  # fmt: skip


def test_of_a_mandatory_meeting_all_who_are_invited_are_expected(people: People) -> None:
    meeting = people.meeting()
    rows = invitations(people, meeting.id)
    cast = people.cast
    assert set(rows) == {cast.wang, cast.li, cast.zhao, people.both} == expected(people, meeting.id)
    assert {(row.answer, row.named_by_unit, row.invited_at) for row in rows.values()} == {
        (Answer.NONE, None, BEFORE)
    }


def test_of_one_with_sign_up_nobody_is_expected_before_he_has_a_place(people: People) -> None:
    meeting = people.meeting(attending=Attending.SIGN_UP, capacity=2)
    assert len(invitations(people, meeting.id)) == 4
    assert expected(people, meeting.id) == set()


def test_answers_and_leave_of_those_who_stay_hold(people: People) -> None:
    meeting, cast = people.meeting(), people.cast
    answers(people, meeting.id, wang=Answer.ACCEPTED, li=Answer.REMOTE)
    people.store.write(conduct.excuse, people.office, meeting.id, cast.seats[cast.wang], "出差")
    plan = replace(plan_of(meeting), audience=Audience(units=(cast.county,), minus=(cast.seats[cast.zhao],)))
    edit(people, meeting, plan)
    rows = invitations(people, meeting.id)
    assert {rows[cast.wang].answer, rows[cast.li].answer} == {Answer.ACCEPTED, Answer.REMOTE}
    assert cast.zhao not in rows
    with people.store.read() as work:
        leave = work.db.get_one(Expected, (meeting.id, cast.seats[cast.wang]))
    assert leave.excused_reason == "出差"


def test_who_comes_by_another_seat_keeps_his_answer_and_leave(people: People) -> None:
    cast = people.cast
    both = people.plan(audience=Audience(units=(cast.province,)))
    office = people.actor("province_office")
    meeting = people.store.write_at(BEFORE, scheduling.schedule, office, cast.province, both)
    answers(people, meeting.id, both=Answer.ACCEPTED)
    was = invitations(people, meeting.id)[people.both].membership_id
    people.store.write(conduct.excuse, office, meeting.id, was, "出差")
    plan = replace(both, audience=Audience(units=(cast.county,)))
    people.store.write_at(at(-300), scheduling.edit, office, meeting.id, 1, plan)
    row = invitations(people, meeting.id)[people.both]
    assert row.membership_id != was
    assert row.answer == Answer.ACCEPTED
    with people.store.read() as work:
        kept = work.db.scalars(
            select(Expected).where(Expected.meeting_id == meeting.id, Expected.person_id == people.both)
        ).one()
    assert (kept.membership_id, kept.excused_reason) == (row.membership_id, "出差")


def test_more_places_are_given_to_those_who_waited_longest(people: People) -> None:
    meeting, cast = people.meeting(attending=Attending.SIGN_UP, capacity=1), people.cast
    answers(
        people, meeting.id,
        wang=Answer.ACCEPTED, zhao=Answer.WAITING, li=Answer.WAITING, both=Answer.WAITING,
    )  # fmt: skip
    edit(people, meeting, replace(plan_of(meeting), capacity=2))
    assert expected(people, meeting.id) == {cast.wang, cast.zhao}
    assert invitations(people, meeting.id)[cast.zhao].placed_at == at(-300)
    edit(people, meeting, replace(plan_of(meeting), capacity=None))
    assert expected(people, meeting.id) == {cast.wang, cast.zhao, cast.li, people.both}


def test_fewer_places_take_nobodys(people: People) -> None:
    meeting, cast = people.meeting(attending=Attending.SIGN_UP), people.cast
    answers(people, meeting.id, wang=Answer.ACCEPTED, li=Answer.REMOTE)
    edit(people, meeting, replace(plan_of(meeting), capacity=1))
    assert expected(people, meeting.id) == {cast.wang, cast.li}


def test_once_all_must_come_nobody_waits_and_who_declined_is_asked_anew(people: People) -> None:
    meeting, cast = people.meeting(attending=Attending.SIGN_UP, capacity=1), people.cast
    answers(people, meeting.id, wang=Answer.ACCEPTED, zhao=Answer.WAITING, li=Answer.DECLINED)
    edit(people, meeting, replace(plan_of(meeting), attending=Attending.MANDATORY, capacity=None))
    rows = invitations(people, meeting.id)
    assert (rows[cast.zhao].answer, rows[cast.li].answer) == (Answer.ACCEPTED, Answer.NONE)
    assert len(expected(people, meeting.id)) == 4


def test_those_whom_units_named_stay_when_the_office_changes_its_rules(people: People) -> None:
    meeting, cast = of_province(people), people.cast
    name(people, meeting.id, cast.county, cast.wang)
    office = people.actor("province_office")
    plan = replace(plan_of(meeting), audience=replace(plan_of(meeting).audience, units=()))
    changed = people.store.write_at(at(-300), scheduling.edit, office, meeting.id, 1, plan)
    assert set(invitations(people, meeting.id)) == {cast.wang} == expected(people, meeting.id)
    people.store.write_at(at(-299), scheduling.refresh_audience, office, meeting.id, changed.version)
    assert set(invitations(people, meeting.id)) == {cast.wang}


def test_who_was_named_is_not_invited_a_second_time_by_the_rules(people: People) -> None:
    meeting, cast = of_province(people), people.cast
    name(people, meeting.id, cast.county, cast.wang)
    office = people.actor("province_office")
    audience = replace(plan_of(meeting).audience, trees=(cast.province,))
    plan = replace(plan_of(meeting), audience=audience)
    people.store.write_at(at(-300), scheduling.edit, office, meeting.id, 1, plan)
    rows = invitations(people, meeting.id)
    assert rows[cast.wang].named_by_unit == cast.county
    with people.store.read() as work:
        seats = work.db.scalars(select(Expected.person_id).where(Expected.meeting_id == meeting.id)).all()
    assert sorted(seats) == sorted({*rows})


def test_a_unit_that_has_named_people_goes_on_naming_them(people: People) -> None:
    meeting, cast = of_province(people), people.cast
    name(people, meeting.id, cast.county, cast.wang)
    office = people.actor("province_office")
    plan = replace(plan_of(meeting), audience=Audience(naming=(cast.other_county,)))
    with pytest.raises(Invalid, match="清河县政协") as refused:
        people.store.write_at(at(-300), scheduling.edit, office, meeting.id, 1, plan)
    assert refused.value.field == "naming"
    plan = replace(plan, audience=Audience(naming=(cast.county,), places=5))
    people.store.write_at(at(-300), scheduling.edit, office, meeting.id, 1, plan)
    with people.store.read() as work:
        rows = work.db.scalars(select(Delegation).where(Delegation.meeting_id == meeting.id)).all()
    assert [row.unit_id for row in rows] == [cast.county]


def test_a_meeting_is_seen_by_whoever_is_invited_and_by_units_that_name(people: People) -> None:
    meeting, cast = of_province(people), people.cast
    with people.store.read(NINE) as work:
        for role in ("office", "other_office", "province_office", "reader"):
            assert access.seen_by(work, people.actor(role), meeting.id)
    own = people.meeting(attending=Attending.SIGN_UP)
    with people.store.read(NINE) as work:
        assert access.seen_by(work, people.actor("wang"), own.id)
        for stranger in ("outsider", "other_office"):
            with pytest.raises(Missing):
                access.seen_by(work, people.actor(stranger), own.id)
    name(people, own.id, cast.other_county, cast.outsider)
    with people.store.read(NINE) as work:
        assert access.seen_by(work, people.actor("outsider"), own.id)


def test_the_deadline_for_answers_moves_along_with_the_meeting(people: People) -> None:
    meeting = people.meeting(answer_by=at(-120))
    moved = people.store.write_at(
        at(-600), scheduling.reschedule, people.office, meeting.id, 1, at(60), at(120)
    )
    assert moved.answer_by == at(-60)
    moved = people.store.write_at(
        at(-600), scheduling.reschedule, people.office, meeting.id, 2, at(-500), at(-440)
    )
    assert moved.answer_by is None


def test_answers_are_due_before_the_meeting_opens(people: People) -> None:
    with pytest.raises(Invalid) as refused:
        people.plan(answer_by=at(1))
    assert refused.value.field == "answer_by"
    for wrong in (0, 200_000):
        with pytest.raises(Invalid):
            people.plan(capacity=wrong)
        with pytest.raises(Invalid):
            Audience(places=wrong)
