"""Planning: making, editing, rescheduling, postponing and cancelling a meeting; who is expected at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotNow, Stale
from consult.core.store import Store
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.changes import Changed
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import Expected, Meeting, Transition
from consult.meetings.moves import Moved
from consult.meetings.plan import plan_of
from consult.members import edits
from consult.members.models import AuditEntry, Membership
from consult.topics import topics
from consult.topics.forms_of_consultation import Form
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at


def found(store: Store, meeting_id: int) -> Meeting:
    with store.read() as work:
        return work.db.get_one(Meeting, meeting_id)


def expected(store: Store, meeting_id: int) -> set[int]:
    with store.read() as work:
        return set(work.db.scalars(select(Expected.membership_id).where(Expected.meeting_id == meeting_id)))


def steps(store: Store, meeting_id: int) -> list[tuple[Move, State, datetime]]:
    with store.read() as work:
        rows = work.db.scalars(
            select(Transition).where(Transition.meeting_id == meeting_id).order_by(Transition.revision)
        ).all()
        assert [row.revision for row in rows] == list(range(1, len(rows) + 1))
        return [(Move(row.move), State(row.to_state), row.at) for row in rows]


def seats_of(people: People, *names: str) -> set[int]:
    cast = people.cast
    return {cast.seats[getattr(cast, name)] for name in names}


def both_seat(people: People, unit_id: int) -> int:
    with people.store.read() as work:
        return work.db.scalars(
            select(Membership.id).where(Membership.person_id == people.both, Membership.unit_id == unit_id)
        ).one()


# Making


def test_a_meeting_is_put_on_the_calendar_with_its_people(people: People) -> None:
    told: list[object] = []
    people.store.on(Changed, told.append)
    people.store.on(Moved, told.append)
    meeting = people.meeting()
    assert (meeting.state, meeting.version, meeting.due_move, meeting.due_at) == (
        State.SCHEDULED, 1, Move.LOBBY, at(-15)
    )  # fmt: skip
    assert plan_of(meeting) == people.plan()
    assert expected(people.store, meeting.id) == seats_of(people, "wang", "li", "zhao") | {
        both_seat(people, people.cast.county)
    }
    assert steps(people.store, meeting.id) == [(Move.SCHEDULE, State.SCHEDULED, BEFORE)]
    assert told == [Moved(meeting.id, Move.SCHEDULE, State.SCHEDULED), Changed(meeting.id)]


def test_a_draft_waits_for_nothing_and_says_nothing(people: People) -> None:
    meeting = people.meeting(draft=True)
    assert (meeting.state, meeting.due_move, meeting.due_at) == (State.DRAFT, None, None)
    assert steps(people.store, meeting.id) == []
    assert len(expected(people.store, meeting.id)) == 4


def test_a_draft_may_lie_in_the_past_but_not_go_on_the_calendar(people: People) -> None:
    meeting = people.meeting(draft=True, opens_at=at(-48 * 60), closes_at=at(-47 * 60))
    plan = plan_of(meeting)
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(BEFORE, scheduling.edit, people.office, meeting.id, 1, plan, put_on=True)
    assert refusal.value.field == "opens_at"
    assert found(people.store, meeting.id).version == 1


def test_a_form_sent_twice_makes_one_meeting(people: People) -> None:
    made = [
        people.store.write(
            scheduling.schedule,
            people.office,
            people.cast.county,
            people.plan(opens_at=at(10**6), closes_at=at(10**6 + 60)),
            form_key="k" * 20,
        ).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(Meeting)) == 1
    other = people.plan(title="另一场", opens_at=at(10**6), closes_at=at(10**6 + 60))
    with pytest.raises(Stale):
        people.store.write(scheduling.schedule, people.office, people.cast.county, other, form_key="k" * 20)


def test_another_s_form_key_is_no_way_to_his_meeting(people: People) -> None:
    plan = people.plan(opens_at=at(10**6), closes_at=at(10**6 + 60))
    people.store.write(scheduling.schedule, people.office, people.cast.county, plan, form_key="k" * 20)
    with pytest.raises(Stale):
        people.store.write(
            scheduling.schedule, people.actor("administrator"), people.cast.county, plan, form_key="k" * 20
        )


def test_the_lobby_of_a_meeting_put_on_late_opens_at_once(people: People) -> None:
    meeting = people.store.write_at(
        at(-5), scheduling.schedule, people.office, people.cast.county, people.plan()
    )
    assert meeting.state == State.LOBBY
    assert steps(people.store, meeting.id) == [
        (Move.SCHEDULE, State.SCHEDULED, at(-5)),
        (Move.LOBBY, State.LOBBY, at(-5)),
    ]


def test_a_topic_is_one_of_the_office_s(people: People) -> None:
    said = topics.matter("供水", "", Form.REMOTE, [])
    own = people.store.write(topics.create, people.office, people.cast.county, said)
    foreign = people.store.write(topics.create, people.actor("other_office"), people.cast.other_county, said)
    assert people.meeting(topic_id=own.id).topic_id == own.id
    with pytest.raises(Missing):
        people.meeting(topic_id=foreign.id)
    with pytest.raises(Missing):
        people.meeting(topic_id=10**9)


# Editing


def test_an_edit_changes_the_plan_and_is_written_down(people: People) -> None:
    meeting = people.meeting()
    plan = people.plan(title="供水", video_link="https://meeting.example/1")
    edited = people.store.write_at(at(-60), scheduling.edit, people.office, meeting.id, 1, plan)
    assert (plan_of(edited), edited.version, edited.state) == (plan, 2, State.SCHEDULED)
    assert len(steps(people.store, meeting.id)) == 1
    with people.store.read() as work:
        entry = work.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.by_id) == ("meeting.edited", people.cast.office)
    assert entry.details["changed"] == {
        "title": ["推进城乡供水一体化", "供水"],
        "video_link": ["", "https://meeting.example/1"],
    }


def test_the_second_editor_is_told_who_changed_what(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(
        at(-60), scheduling.edit, people.actor("administrator"), meeting.id, 1, people.plan(title="供水")
    )
    with pytest.raises(Stale):
        people.store.write_at(
            at(-59), scheduling.edit, people.office, meeting.id, 1, people.plan(place="三楼")
        )
    assert found(people.store, meeting.id).title == "供水"
    assert found(people.store, meeting.id).place == ""
    with people.store.read() as work:
        [edit] = edits.since(work, f"meeting:{meeting.id}", meeting.host_id, 1)
        assert (edit.by, edit.at, edit.fields) == ("县管理员", at(-60), ("title",))
        assert edits.since(work, f"meeting:{meeting.id}", meeting.host_id, 2) == []


def test_other_times_reschedule_a_meeting_that_is_on(people: People) -> None:
    meeting = people.meeting()
    later = people.plan(opens_at=at(120), closes_at=at(180))
    edited = people.store.write_at(at(-60), scheduling.edit, people.office, meeting.id, 1, later)
    assert (edited.state, edited.due_at) == (State.SCHEDULED, at(105))
    assert steps(people.store, meeting.id)[1:] == [(Move.RESCHEDULE, State.SCHEDULED, at(-60))]


def test_a_meeting_in_its_lobby_goes_back_to_waiting_when_rescheduled(people: People) -> None:
    meeting = people.meeting()
    edited = people.store.write_at(
        at(-5), scheduling.reschedule, people.office, meeting.id, 1, at(120), at(180), "会场停电"
    )
    assert (edited.state, edited.version, edited.due_at) == (State.SCHEDULED, 2, at(105))
    assert steps(people.store, meeting.id)[1:] == [
        (Move.LOBBY, State.LOBBY, at(-15)),
        (Move.RESCHEDULE, State.SCHEDULED, at(-5)),
    ]


def test_another_audience_or_day_is_resolved_anew(people: People) -> None:
    meeting = people.meeting()
    wang = people.cast.seats[people.cast.wang]
    without = people.plan(audience=Audience(units=(people.cast.county,), minus=(wang,)))
    people.store.write_at(at(-60), scheduling.edit, people.office, meeting.id, 1, without)
    assert wang not in expected(people.store, meeting.id)
    people.store.write_at(at(-60), _end_of, people.cast.seats[people.cast.li], at(60 * 24))
    assert len(expected(people.store, meeting.id)) == 3
    next_week = replace(without, opens_at=at(7 * 24 * 60), closes_at=at(7 * 24 * 60 + 60))
    people.store.write_at(at(-60), scheduling.edit, people.office, meeting.id, 2, next_week)
    assert expected(people.store, meeting.id) == seats_of(people, "zhao") | {
        both_seat(people, people.cast.county)
    }


def _end_of(work: Any, membership_id: int, when: datetime) -> None:
    work.db.get_one(Membership, membership_id).to_day = when.date()


def test_an_open_meeting_keeps_its_plan_but_for_name_place_and_link(people: People) -> None:
    meeting = people.meeting()
    fixed = people.plan(title="推进城乡供水一体化（更正）", video_link="https://meeting.example/2")
    edited = people.store.write_at(at(5), scheduling.edit, people.office, meeting.id, 1, fixed)
    assert (edited.title, edited.video_link, edited.state) == (fixed.title, fixed.video_link, State.OPEN)
    for wrong in (
        replace(fixed, closes_at=at(90)),
        replace(fixed, form=Form.SECTOR),
        replace(fixed, audience=Audience()),
        replace(fixed, rule=replace(fixed.rule, share=(1, 2))),
    ):
        with pytest.raises(NotNow):
            people.store.write_at(at(6), scheduling.edit, people.office, meeting.id, 2, wrong)
    assert plan_of(found(people.store, meeting.id)) == fixed


@pytest.mark.parametrize("minute", [60, 61, 24 * 60])
def test_a_meeting_that_is_over_is_not_edited(people: People, minute: int) -> None:
    meeting = people.meeting()
    with pytest.raises(NotNow):
        people.store.write_at(
            at(minute), scheduling.edit, people.office, meeting.id, 1, people.plan(title="供水")
        )
    assert found(people.store, meeting.id).title == people.plan().title


def test_what_is_refused_changes_nothing(people: People) -> None:
    meeting = people.meeting()
    before = plan_of(meeting)
    refusals: list[Callable[[], object]] = [
        lambda: people.store.write_at(
            at(-60), scheduling.edit, people.office, meeting.id, 1, people.plan(opens_at=at(-90))
        ),
        lambda: people.store.write_at(
            at(-60), scheduling.reschedule, people.office, meeting.id, 1, at(60), at(60)
        ),
        lambda: people.store.write_at(at(-60), scheduling.cancel, people.office, meeting.id, 1, " "),
        lambda: people.store.write_at(at(-60), scheduling.postpone, people.office, meeting.id, 1, "因" * 201),
    ]
    for attempt in refusals:
        with pytest.raises(Invalid):
            attempt()
    after = found(people.store, meeting.id)
    assert (plan_of(after), after.version, after.state) == (before, 1, State.SCHEDULED)


# Off and on again


def test_a_postponed_meeting_comes_back_at_its_new_time(people: People) -> None:
    meeting = people.meeting()
    off = people.store.write_at(at(-60), scheduling.postpone, people.office, meeting.id, 1, "雨雪")
    assert (off.state, off.due_at) == (State.POSTPONED, None)
    with people.store.read(at(5)) as work:
        assert moves.state_now(off, work.now) == State.POSTPONED
    edited = people.store.write_at(
        at(5), scheduling.edit, people.office, meeting.id, 2, people.plan(place="三楼")
    )
    assert edited.state == State.POSTPONED
    back = people.store.write_at(at(5), scheduling.reschedule, people.office, meeting.id, 3, at(600), at(660))
    assert (back.state, back.due_at) == (State.SCHEDULED, at(585))


def test_a_cancelled_meeting_stays_so(people: People) -> None:
    meeting = people.meeting()
    off = people.store.write_at(at(-5), scheduling.cancel, people.office, meeting.id, 1, "另行安排")
    assert (off.state, off.due_at) == (State.CANCELLED, None)
    assert steps(people.store, meeting.id)[-1] == (Move.CANCEL, State.CANCELLED, at(-5))
    with pytest.raises(NotNow):
        people.store.write_at(at(-4), scheduling.reschedule, people.office, meeting.id, 2, at(60), at(120))


# Who is expected


def test_the_list_follows_the_roster_when_asked_to(people: People) -> None:
    meeting = people.meeting()
    li, wang = people.cast.seats[people.cast.li], people.cast.seats[people.cast.wang]
    people.store.write_at(at(-60), conduct.excuse, people.office, meeting.id, wang, "住院")
    people.store.write_at(at(-60), _end_of, li, NINE)
    people.store.write_at(at(-60), _new_seat, people.cast.county, people.cast.outsider)
    refreshed = people.store.write_at(at(-50), scheduling.refresh_audience, people.office, meeting.id, 1)
    assert refreshed.version == 2
    now = expected(people.store, meeting.id)
    assert li not in now
    assert len(now) == 4
    with people.store.read() as work:
        assert work.db.get_one(Expected, (meeting.id, wang)).excused_reason == "住院"


def _new_seat(work: Any, unit_id: int, person_id: int) -> None:
    work.db.add(Membership(unit_id=unit_id, person_id=person_id, number="N1", from_day=work.now.date()))


def test_the_list_stands_once_the_meeting_is_open(people: People) -> None:
    meeting = people.meeting()
    with pytest.raises(NotNow):
        people.store.write_at(at(1), scheduling.refresh_audience, people.office, meeting.id, 1)


def test_a_province_s_meeting_expects_members_of_its_counties(people: People) -> None:
    cast = people.cast
    meeting = people.store.write_at(
        BEFORE, scheduling.schedule, people.actor("province_office"), cast.province,
        people.plan(audience=Audience(trees=(cast.province,), sectors=("农业界", "少数民族界"))),
    )  # fmt: skip
    assert expected(people.store, meeting.id) == seats_of(people, "li", "zhao") | {
        both_seat(people, cast.province)
    }
