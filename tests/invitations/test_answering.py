"""Answering: oneself until the deadline, through an office after it, and places that are taken and given."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal
from consult.core.store import Store, Work, open_store
from consult.invitations import answering, queue
from consult.invitations.answering import Wish
from consult.invitations.standing import Stand
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Answer, Attending, Expected, Invitation, Meeting, Mode
from consult.meetings.plan import plan_of
from consult.members.access import actor_of
from consult.members.models import AuditEntry, Membership, Person
from tests.invitations.people import SOON, Circle, assemble
from tests.meetings.people import gather
from tests.support.cast import NINE, at


def test_a_member_answers_and_may_change_it(circle: Circle) -> None:
    meeting = circle.meeting(mode=Mode.HYBRID, place="三楼")
    assert circle.stands("wang", meeting).stand is Stand.NONE
    assert circle.stands("wang", meeting).unanswered
    assert circle.answer("wang", meeting, Wish.COME) == Answer.ACCEPTED
    row = circle.stands("wang", meeting).row
    assert (row.answered_at, row.answered_for) == (SOON, NINE)
    assert circle.answer("wang", meeting, Wish.REMOTE, at(-60)) == Answer.REMOTE
    assert circle.stands("wang", meeting).row.answered_at == at(-60)
    assert circle.cast.wang in circle.expected(meeting)


def test_attending_remotely_is_for_meetings_that_offer_it(circle: Circle) -> None:
    for given in ({"mode": Mode.REMOTE}, {"mode": Mode.ON_SITE, "place": "三楼"}):
        meeting = circle.meeting(**given)
        with pytest.raises(Invalid):
            circle.answer("wang", meeting, Wish.REMOTE)
    allowed = circle.meeting(mode=Mode.ON_SITE, place="三楼", video_link="https://meeting.example/1")
    assert circle.answer("wang", allowed, Wish.REMOTE) == Answer.REMOTE


def test_where_all_must_come_one_asks_for_leave_instead_of_declining(circle: Circle) -> None:
    with pytest.raises(Invalid, match="leave"):
        circle.answer("wang", circle.meeting(), Wish.DECLINE)


def test_after_the_deadline_one_is_told_whom_to_call_and_when_it_was(circle: Circle) -> None:
    meeting = circle.meeting(answer_by=at(-120))
    circle.answer("wang", meeting, Wish.COME, at(-121))
    with pytest.raises(NotNow) as refused:
        circle.answer("li", meeting, Wish.COME, at(-120))
    assert "清河县政协" in str(refused.value)
    assert "07:00" in str(refused.value)
    assert not circle.stands("li", meeting, at(-119)).answerable


def test_without_a_deadline_answers_are_taken_until_the_opening(circle: Circle) -> None:
    meeting = circle.meeting()
    assert circle.answer("wang", meeting, Wish.COME, at(-1)) == Answer.ACCEPTED
    with pytest.raises(NotNow):
        circle.answer("li", meeting, Wish.COME, at(0))


@pytest.mark.parametrize("end", ["postpone", "cancel"])
def test_to_a_meeting_that_is_off_nothing_is_answered(circle: Circle, end: str) -> None:
    meeting = circle.meeting()
    circle.store.write_at(
        at(-800), getattr(scheduling, end), circle.people.office, meeting.id, 1, "雨雪"
    )  # fmt: skip
    with pytest.raises(NotNow):
        circle.answer("wang", meeting, Wish.COME)


def test_nothing_is_changed_once_attendance_is_counted(circle: Circle) -> None:
    meeting = circle.meeting()
    circle.answer("wang", meeting, Wish.COME)
    circle.store.write_at(at(61), moves.advance_due)
    with pytest.raises(NotNow):
        circle.answer("wang", meeting, Wish.COME, at(62))
    with pytest.raises(NotNow):
        circle.store.write_at(
            at(62),
            answering.answer_for,
            circle.people.office,
            meeting.id,
            circle.seat("wang", meeting),
            Wish.COME,
        )


def test_granted_leave_can_t_be_undone_by_who_has_it(circle: Circle) -> None:
    meeting = circle.meeting()
    office = circle.people.office
    circle.store.write_at(SOON, conduct.excuse, office, meeting.id, circle.seat("wang", meeting), "住院")
    with pytest.raises(NotNow, match="granted"):
        circle.answer("wang", meeting, Wish.COME)
    with pytest.raises(NotNow, match="take it back"):
        circle.store.write_at(
            SOON, answering.answer_for, office, meeting.id, circle.seat("wang", meeting), Wish.COME
        )
    assert circle.stands("wang", meeting).stand is Stand.LEAVE


def test_who_isn_t_invited_has_nothing_to_answer(circle: Circle) -> None:
    meeting = circle.meeting()
    for stranger in ("outsider", "office", "other_office"):
        with pytest.raises(Missing):
            circle.answer(stranger, meeting, Wish.COME)


def test_an_answer_stays_when_the_meeting_moves_and_is_asked_about_again(circle: Circle) -> None:
    meeting = circle.meeting()
    circle.answer("wang", meeting, Wish.COME)
    office = circle.people.office
    circle.store.write_at(at(-600), scheduling.reschedule, office, meeting.id, 1, at(2000), at(2060))
    one = circle.stands("wang", meeting, at(-599))
    assert (one.stand, one.for_another_time, one.unanswered) == (Stand.ACCEPTED, True, True)
    circle.answer("wang", meeting, Wish.COME, at(-500))
    one = circle.stands("wang", meeting, at(-499))
    assert (one.for_another_time, one.unanswered) == (False, False)


# Through an office


@pytest.mark.parametrize("role", ["office", "administrator", "province_office"])
def test_an_office_writes_down_what_it_was_told(circle: Circle, role: str) -> None:
    meeting = circle.meeting(answer_by=at(-700))
    seat, actor = circle.seat("wang", meeting), circle.actor(role)
    circle.store.write_at(at(5), answering.answer_for, actor, meeting.id, seat, Wish.COME)
    assert circle.stands("wang", meeting).stand is Stand.ACCEPTED
    with circle.store.read() as work:
        entry = work.db.scalars(
            select(AuditEntry).where(AuditEntry.action == "invitation.answered_for")
        ).one()
    assert (entry.by_id, entry.details) == (actor.person_id, {"membership": seat, "answer": "accepted"})


@pytest.mark.parametrize(
    ("role", "refusal"),
    [("reader", NotAllowed), ("wang", NotAllowed), ("li", Missing), ("outsider", Missing),
     ("other_office", Missing)],
)  # fmt: skip
def test_nobody_else_answers_for_a_member(circle: Circle, role: str, refusal: type[Refusal]) -> None:
    meeting = circle.meeting()
    seat = circle.seat("wang", meeting)
    with pytest.raises(refusal):
        circle.store.write_at(
            SOON, answering.answer_for, circle.actor(role), meeting.id, seat, Wish.COME
        )  # fmt: skip
    assert circle.stands("wang", meeting).stand is Stand.NONE


def test_who_is_invited_is_not_told_to_others_by_trying(circle: Circle) -> None:
    """A member who reads of a meeting is refused in the same words, whoever he asks about."""
    meeting = circle.meeting(audience=Audience(also=(circle.cast.seats[circle.cast.wang],)))
    told = []
    for person_id in (circle.cast.wang, circle.cast.zhao):
        with pytest.raises(Missing) as refused:
            circle.store.write_at(
                SOON, answering.answer_for, circle.actor("li"), meeting.id, circle.cast.seats[person_id],
                Wish.COME,
            )  # fmt: skip
        told.append(str(refused.value))
    assert len(set(told)) == 1


def test_an_office_answers_only_for_who_is_invited(circle: Circle) -> None:
    meeting = circle.meeting()
    seat = circle.cast.seats[circle.cast.outsider]
    with pytest.raises(Missing):
        circle.store.write_at(SOON, answering.answer_for, circle.people.office, meeting.id, seat, Wish.COME)


# Signing up


def test_who_comes_late_waits_and_moves_up_when_somebody_withdraws(circle: Circle) -> None:
    meeting = circle.sign_up(capacity=1)
    assert circle.answer("wang", meeting, Wish.COME, at(-700)) == Answer.ACCEPTED
    assert circle.answer("li", meeting, Wish.COME, at(-699)) == Answer.WAITING
    assert circle.answer("zhao", meeting, Wish.COME, at(-698)) == Answer.WAITING
    assert circle.answer("li", meeting, Wish.COME, at(-697)) == Answer.WAITING  # and keeps his turn
    with circle.store.read(SOON) as work:
        assert queue.turn_of(work, circle.stands("li", meeting)) == 1
        assert queue.turn_of(work, circle.stands("zhao", meeting)) == 2
        assert queue.turn_of(work, circle.stands("wang", meeting)) is None
    assert circle.expected(meeting) == {circle.cast.wang}
    assert circle.answer("wang", meeting, Wish.DECLINE, at(-696)) == Answer.DECLINED
    assert circle.expected(meeting) == {circle.cast.li}
    promoted = circle.stands("li", meeting).row
    assert (promoted.answer, promoted.placed_at) == (Answer.ACCEPTED, at(-696))


def test_who_waits_may_give_up(circle: Circle) -> None:
    meeting = circle.sign_up(capacity=1)
    circle.answer("wang", meeting, Wish.COME)
    circle.answer("li", meeting, Wish.COME)
    assert circle.answer("li", meeting, Wish.DECLINE) == Answer.DECLINED
    circle.answer("wang", meeting, Wish.DECLINE)
    assert circle.expected(meeting) == set()


def test_changing_to_remote_keeps_the_place(circle: Circle) -> None:
    meeting = circle.sign_up(capacity=1, mode=Mode.HYBRID, place="三楼")
    circle.answer("wang", meeting, Wish.COME)
    circle.answer("li", meeting, Wish.COME)
    assert circle.answer("wang", meeting, Wish.REMOTE) == Answer.REMOTE
    assert circle.expected(meeting) == {circle.cast.wang}


# Races


@pytest.fixture
def stores(database_url: str) -> Iterator[list[Store]]:
    """Two processes' worth of stores on one database."""
    with ExitStack() as stack:
        opened = [open_store(database_url) for _ in range(2)]
        for store in opened:
            stack.callback(store.close)
        yield opened


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Does them in threads that start together; what each returned or raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def crowd(circle: Circle, size: int) -> list[int]:
    """So many more members of the county."""

    def write(work: Work) -> list[int]:
        people = [Person(name=f"委员{n}", created_at=work.now) for n in range(size)]
        work.db.add_all(people)
        work.db.flush()
        work.db.add_all(
            Membership(
                unit_id=circle.cast.county, person_id=one.id, number=f"N{n}", from_day=date(2022, 1, 1)
            )
            for n, one in enumerate(people)
        )
        return [one.id for one in people]

    return circle.store.write(write)


def answers_of(store: Store, meeting: Meeting) -> Counter[str]:
    with store.read() as work:
        rows = work.db.execute(
            select(Invitation.answer, func.count())
            .where(Invitation.meeting_id == meeting.id)
            .group_by(Invitation.answer)
        )
        return Counter(dict(iter(rows)))


def test_the_last_places_are_given_once_however_many_want_them(stores: list[Store]) -> None:
    circle = assemble(gather(stores[0]))
    ids = crowd(circle, 12)
    meeting = circle.sign_up(capacity=5)
    with stores[0].read(NINE) as work:
        actors = [actor_of(work, one) for one in ids]
    results = at_once(
        *(
            lambda actor=actor, store=stores[n % 2]: store.write_at(
                SOON, answering.answer, actor, meeting.id, Wish.COME
            )
            for n, actor in enumerate(actors)
        )
    )
    assert Counter(results) == {Answer.ACCEPTED: 5, Answer.WAITING: 7}
    assert len(circle.expected(meeting)) == 5


def test_each_place_that_comes_free_goes_to_one_who_waits(stores: list[Store]) -> None:
    circle = assemble(gather(stores[0]))
    ids = crowd(circle, 12)
    meeting = circle.sign_up(capacity=4)
    with stores[0].read(NINE) as work:
        actors = [actor_of(work, one) for one in ids]
    for minute, actor in enumerate(actors):
        stores[0].write_at(at(-800 + minute), answering.answer, actor, meeting.id, Wish.COME)
    bigger = replace(plan_of(meeting), capacity=6)
    office = circle.people.office
    at_once(
        *(
            lambda actor=actor, store=stores[n % 2]: store.write_at(
                SOON, answering.answer, actor, meeting.id, Wish.DECLINE
            )
            for n, actor in enumerate(actors[:3])
        ),
        lambda: stores[1].write_at(SOON, scheduling.edit, office, meeting.id, 1, bigger),
    )
    assert answers_of(stores[0], meeting)[Answer.ACCEPTED] == 6
    assert circle.expected(meeting) == set(ids[3:9])
    with stores[0].read() as work:
        assert work.db.scalar(select(func.count()).select_from(Expected)) == 6


def test_meetings_of_both_kinds_keep_apart(circle: Circle) -> None:
    """Another way of attending changes who is expected, not what was answered."""
    meeting = circle.sign_up()
    circle.answer("wang", meeting, Wish.COME)
    office, plan = circle.people.office, plan_of(meeting)
    circle.store.write_at(
        at(-600), scheduling.edit, office, meeting.id, 1, replace(plan, attending=Attending.MANDATORY)
    )
    assert len(circle.expected(meeting)) == 6
    circle.store.write_at(at(-599), scheduling.edit, office, meeting.id, 2, plan)
    assert circle.expected(meeting) == {circle.cast.wang}
