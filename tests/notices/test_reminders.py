"""Reminders: given when due, void when the meeting is moved, never late and never three at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from consult.core.store import Store, Work
from consult.meetings import conduct, scheduling
from consult.meetings.models import Answer, Invitation, Meeting
from consult.members.models import Person
from consult.notices.models import Delivery, Notice, Reminder
from tests.meetings.people import People
from tests.notices.people import told, turn
from tests.support.cast import NINE, at

WEEK_BEFORE = NINE - timedelta(days=7)


def announced(people: People, **given: object) -> Meeting:
    """A meeting planned and told a week before."""
    meeting = people.store.write_at(
        WEEK_BEFORE, scheduling.schedule, people.office, people.cast.county, people.plan(**given)
    )
    turn(people.store, WEEK_BEFORE + timedelta(minutes=5))
    return meeting


def answer(people: People, person_id: int, said: Answer, answered_for: datetime = NINE) -> None:
    def write(work: Work) -> None:
        work.db.execute(
            update(Invitation)
            .where(Invitation.person_id == person_id)
            .values(answer=said, answered_at=work.now, answered_for=answered_for)
        )

    people.store.write_at(WEEK_BEFORE, write)


def rows(store: Store) -> dict[tuple[str, int], str]:
    """What has become of each reminder, by what it is about and its minutes."""
    with store.read() as work:
        return {
            (row.about, row.minutes_before): "given" if row.given_at else "void" if row.voided_at else "due"
            for row in work.db.scalars(select(Reminder).order_by(Reminder.number))
        }


def asked(store: Store) -> dict[int, list[bool]]:
    """Whether each person's reminders asked for an answer."""
    with store.read() as work:
        found: dict[int, list[bool]] = {}
        query = select(Notice.person_id, Notice.data).where(Notice.kind == "reminder").order_by(Notice.id)
        for person_id, data in work.db.execute(query):
            found.setdefault(person_id or 0, []).append(data["ask"])
        return found


def test_each_is_given_when_it_is_due(people: People) -> None:
    announced(people)
    assert rows(people.store) == {
        ("meeting", 4320): "due", ("meeting", 1440): "due", ("meeting", 30): "due",
    }  # fmt: skip
    for minutes, given in ((4321, 0), (4320, 1), (1440, 2), (31, 2), (30, 3), (29, 3), (-1, 3)):
        turn(people.store, at(-minutes))
        assert [len(one) for one in told(people.store, "reminder").values()] == [given] * (4 if given else 0)


def test_who_has_answered_is_reminded_and_who_has_not_is_asked(people: People) -> None:
    announced(people, answer_by=at(-60))
    cast, store = people.cast, people.store
    answer(people, cast.wang, Answer.ACCEPTED)
    answer(people, cast.li, Answer.ACCEPTED, answered_for=at(-500))  # for another time
    store.write_at(at(-5000), conduct.excuse, people.office, 1, cast.seats[cast.zhao], "出差")
    turn(store, at(-4320))
    assert asked(store) == {cast.wang: [False], cast.li: [True], people.both: [True]}
    turn(store, at(-1500))  # one day before the last instant to answer
    assert asked(store) == {cast.wang: [False], cast.li: [True, True], people.both: [True, True]}
    turn(store, at(-30))  # when nobody can answer any more
    assert asked(store) == {
        cast.wang: [False, False], cast.li: [True, True, False], people.both: [True, True, False],
    }  # fmt: skip


def test_moved_meeting_voids_what_was_set_and_what_was_not_sent(people: People) -> None:
    people.store.write(lambda work: work.db.execute(update(Person).values(email="a@x.cn")) and None)
    meeting = announced(people)
    turn(people.store, at(-4320))
    people.store.write_at(at(-4319), scheduling.reschedule, people.office, meeting.id, 1, at(1440), at(1500))
    turn(people.store, at(-4300))
    with people.store.read() as work:
        states = work.db.scalars(
            select(Delivery.state)
            .join(Notice, Notice.id == Delivery.notice_id)
            .where(Notice.kind == "reminder", Delivery.channel == "email")
        ).all()
        assert list(states) == ["void"] * 4
        assert None not in work.db.scalars(select(Notice.voided_at).where(Notice.kind == "reminder")).all()
        due = work.db.scalars(select(Reminder.due_at).where(Reminder.due_at.is_not(None)).order_by("due_at"))
        assert list(due) == [at(-2880), at(0), at(1410)]
    turn(people.store, at(-1440))  # when the second would have been due
    assert rows(people.store)["meeting", 1440] == "due"


def test_cancelled_meeting_reminds_nobody(people: People) -> None:
    meeting = announced(people)
    people.store.write_at(at(-5000), scheduling.cancel, people.office, meeting.id, 1, "不开了")
    for minutes in (-4999, -4320, -1440, -30):
        turn(people.store, at(minutes))
    assert set(rows(people.store).values()) == {"void"}
    assert told(people.store, "reminder") == {}


def test_clock_that_was_down_gives_only_the_nearest(people: People) -> None:
    announced(people)
    turn(people.store, at(-20))
    assert [len(one) for one in told(people.store, "reminder").values()] == [1] * 4
    assert rows(people.store) == {
        ("meeting", 4320): "void", ("meeting", 1440): "void", ("meeting", 30): "given",
    }  # fmt: skip


def test_clock_that_was_down_until_the_opening_gives_none(people: People) -> None:
    announced(people)
    turn(people.store, at(0))
    assert told(people.store, "reminder") == {}
    assert set(rows(people.store).values()) == {"void"}
