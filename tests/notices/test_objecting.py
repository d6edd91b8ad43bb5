"""Objections: the office is told of each once, its member of the answer; of a new version only some are."""

from __future__ import annotations

from datetime import timedelta

from consult.attendance import corrections, objections, settle, versions
from consult.attendance.corrections import Wanted
from consult.attendance.rules import Outcome as Verdict
from consult.meetings import moves
from consult.notices.kinds import Kind, worded
from tests.meetings.people import BEFORE, People
from tests.notices.people import last_data, told, turn
from tests.support.cast import at

WITHIN = timedelta(days=15)


def counted(people: People) -> int:
    """A meeting to which nobody came, counted and told of."""
    turn(people.store, BEFORE)
    meeting = people.meeting()
    for minute in (-60 * 23, 0, 60, 63):
        people.store.write_at(at(minute), moves.advance_due)
        turn(people.store, at(minute))
    people.store.write_at(at(63), settle.settle_due)
    turn(people.store, at(64))
    assert told(people.store, "report")[people.cast.zhao] == ["report"]
    return meeting.id


def test_an_objection_and_its_answer_are_told_once_each(people: People) -> None:
    meeting, cast = counted(people), people.cast
    one = people.store.write_at(
        at(70), objections.lodge, people.actor("zhao"), meeting, "present", "我在分会场", WITHIN
    )
    for _ in range(2):
        turn(people.store, at(71))
    assert told(people.store, "objection") == {
        cast.office: ["objection"], people.administrator: ["objection"],
    }  # fmt: skip
    assert "我在分会场" in worded(Kind.OBJECTION, last_data(people.store, "objection")).text
    wanted = Wanted(cast.seats[cast.zhao], Verdict.ON_TIME)
    people.store.write_at(at(80), objections.accept, people.office, one.id, wanted, "签到表上有您")
    for minute in (81, 82):
        turn(people.store, at(minute))
    assert told(people.store, "objection_answered") == {cast.zhao: ["objection_answered"]}
    assert (
        "签到表上有您" in worded(Kind.OBJECTION_ANSWERED, last_data(people.store, "objection_answered")).text
    )
    assert told(people.store, "report")[cast.zhao] == ["report"]  # the answer has said it


def test_a_new_version_is_told_to_whom_it_counts_otherwise(people: People) -> None:
    meeting, cast = counted(people), people.cast
    before = told(people.store, "report")
    people.store.write_at(at(70), versions.settle_again, people.office, meeting, "核对")
    turn(people.store, at(71))
    assert told(people.store, "report") == before
    wanted = [Wanted(cast.seats[cast.li], Verdict.EXCUSED)]
    people.store.write_at(at(80), corrections.correct, people.office, meeting, wanted, "病假条")
    turn(people.store, at(81))
    assert told(people.store, "report") == {**before, cast.li: ["report", "report"]}
