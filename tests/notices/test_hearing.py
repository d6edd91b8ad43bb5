"""What others wrote is told to whom it concerns, once; what was there before is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.core.store import Work
from consult.invitations import asking
from consult.invitations.models import LeaveRequest, Nudge
from consult.meetings import conduct, moves
from consult.meetings.models import Answer, Invitation, Meeting
from consult.members.models import Charge
from consult.notices import errand, hearing
from consult.notices.kinds import Kind, worded
from consult.notices.models import Mark, Notice
from consult.topics import decisions
from consult.topics.models import Call, Topic
from tests.meetings.people import BEFORE, People
from tests.notices.people import POLICY, last_data, told, turn
from tests.support.cast import at

LATER = BEFORE + timedelta(minutes=5)


def add(people: People, row: Any, now: datetime = LATER) -> int:
    def write(work: Work) -> int:
        work.db.add(row)
        work.db.flush()
        return getattr(row, "id", 0)

    return people.store.write_at(now, write)


def begin(people: People, **given: Any) -> Meeting:
    """The first turn, and a meeting that has been told."""
    turn(people.store, BEFORE)
    meeting = people.meeting(**given)
    turn(people.store, LATER)
    return meeting


def leave(people: People, meeting: Meeting, **given: Any) -> LeaveRequest:
    return LeaveRequest(
        **{
            "meeting_id": meeting.id, "membership_id": people.cast.seats[people.cast.wang],
            "person_id": people.cast.wang, "asked_at": LATER, "reason_type": "away", "reason": "出差",
            "status": "asked", "approver": "own_office", "unit_id": people.cast.county, **given,
        }
    )  # fmt: skip


def test_office_is_told_of_a_request_and_the_member_of_the_decision(people: People) -> None:
    meeting = begin(people)
    request = add(people, leave(people, meeting))
    for _ in range(2):
        turn(people.store, LATER)
    assert told(people.store, "leave_asked") == {
        people.cast.office: ["leave_asked"], people.administrator: ["leave_asked"],
    }  # fmt: skip

    def decide(work: Work) -> None:
        row = work.db.get_one(LeaveRequest, request)
        row.status, row.decided_at, row.decision = "refused", work.now, "请您参加"

    people.store.write_at(LATER + timedelta(minutes=3), decide)
    for second in range(2):
        turn(people.store, LATER + timedelta(minutes=3, seconds=second))
    assert told(people.store, "leave_decided") == {people.cast.wang: ["leave_decided"]}
    assert last_data(people.store, "leave_decided")["reason"] == "请您参加"


def test_who_s_leave_is_taken_back_is_told(people: People) -> None:
    meeting, seat = begin(people), people.cast.seats[people.cast.wang]
    request = add(people, leave(people, meeting))
    people.store.write_at(LATER, asking.decide, people.office, request, "granted", "", "出差")
    turn(people.store, LATER)
    people.store.write_at(LATER, asking.take_back, people.office, meeting.id, seat)
    for second in range(2):
        turn(people.store, LATER + timedelta(minutes=1, seconds=second))
    assert told(people.store, "leave_decided") == {people.cast.wang: ["leave_decided"] * 2}
    data = last_data(people.store, "leave_decided")
    assert data["status"] == "taken_back"
    assert "供水" in worded(Kind.LEAVE_DECIDED, data).title


def test_who_is_in_charge_of_the_sector_is_asked(people: People) -> None:
    meeting = begin(people)
    for person_id in (people.cast.li, people.cast.wang):  # nobody decides on his own
        add(
            people,
            Charge(
                unit_id=people.cast.county, person_id=person_id, kind="sector", name="医药卫生界",
                given_at=LATER,
            ),
        )  # fmt: skip
    add(people, leave(people, meeting, approver="convener", approver_name="医药卫生界"))
    turn(people.store, LATER)
    assert told(people.store, "leave_asked") == {people.cast.li: ["leave_asked"]}


def test_nudge_reaches_those_who_have_not_answered(people: People) -> None:
    meeting = begin(people)

    def answer(work: Work) -> None:
        mine = Invitation.person_id == people.cast.wang
        work.db.execute(update(Invitation).where(mine).values(answer=Answer.ACCEPTED))

    people.store.write(answer)
    add(people, leave(people, meeting, person_id=people.cast.li, status="asked"))
    for number in (1, 2):
        add(people, Nudge(meeting_id=meeting.id, number=number, at=LATER, asked=2))
        turn(people.store, LATER)
    assert told(people.store, "nudge") == dict.fromkeys((people.cast.zhao, people.both), ["nudge"] * 2)


def test_open_is_told_to_those_who_are_not_there(people: People) -> None:
    meeting = begin(people)
    now = at(0)
    people.store.write_at(
        at(-10), conduct.excuse, people.office, meeting.id, people.cast.seats[people.cast.zhao], "病"
    )
    people.store.write_at(at(-10), moves.advance_due)
    people.store.write_at(at(-5), ledger.join, people.actor("wang"), meeting.id, Channel.BROWSER, "web", None)
    people.store.write_at(now, moves.advance_due)
    for second in range(3):
        turn(people.store, now + timedelta(seconds=second))
    assert told(people.store, "open") == {key: ["open"] for key in (people.cast.li, people.both)}


def test_report_is_told_to_the_office_and_to_those_counted(people: People) -> None:
    meeting = begin(people)
    people.store.write_at(at(61), moves.advance_due)
    people.store.write_at(at(70), settle.settle_due)
    for second in range(2):
        turn(people.store, at(70) + timedelta(seconds=second))
    reports = told(people.store, "report")
    assert reports.keys() == {
        people.cast.office, people.administrator, people.cast.wang, people.cast.li, people.cast.zhao,
        people.both,
    }  # fmt: skip
    assert set(map(tuple, reports.values())) == {("report",)}
    with people.store.read() as work:
        office: dict[int | None, dict[str, Any]] = dict(
            iter(work.db.execute(select(Notice.person_id, Notice.data).where(Notice.kind == "report")))
        )
    assert office[people.cast.office]["office"] is True
    assert office[people.cast.wang]["office"] is False
    assert meeting.id == office[people.cast.wang]["meeting"]


def test_who_waited_is_told_of_the_place(people: People) -> None:
    meeting = begin(people)

    def place(work: Work) -> None:
        mine = (Invitation.meeting_id == meeting.id) & (Invitation.person_id == people.cast.li)
        work.db.execute(update(Invitation).where(mine).values(answer=Answer.ACCEPTED, placed_at=work.now))

    people.store.write_at(LATER, place)
    for second in range(2):
        turn(people.store, LATER + timedelta(seconds=second))
    assert told(people.store, "place") == {people.cast.li: ["place"]}


def topic(people: People, **given: Any) -> Topic:
    return Topic(
        **{
            "unit_id": people.cast.county, "title": "农村供水", "form": "remote", "state": "proposed",
            "proposed_by": people.cast.wang, "created_by": people.cast.wang, "created_at": BEFORE,
            "updated_at": BEFORE, **given,
        }
    )  # fmt: skip


def test_proposer_is_told_each_decision_once(people: People) -> None:
    begin(people)
    lead = add(people, topic(people, title="城乡供水", proposed_by=None))
    own = add(people, topic(people))

    def decide(work: Work, state: str, reason: str, into: int | None = None) -> None:
        row = work.db.get_one(Topic, own)
        row.state, row.reason, row.merged_into_id, row.decided_at = state, reason, into, work.now

    people.store.write_at(LATER, decide, "rejected", "已有类似议题")
    for second in range(2):
        turn(people.store, LATER + timedelta(seconds=second))
    assert last_data(people.store, "topic_decided")["reason"] == "已有类似议题"
    people.store.write_at(LATER + timedelta(minutes=9), decide, "merged", "", lead)
    turn(people.store, LATER + timedelta(minutes=9))
    assert last_data(people.store, "topic_decided")["into"] == "城乡供水"
    assert told(people.store, "topic_decided") == {people.cast.wang: ["topic_decided"] * 2}


def test_call_is_told_when_it_opens_to_the_members_it_concerns(people: People) -> None:
    begin(people)
    for unit_id, within in ((people.cast.county, "unit"), (people.cast.province, "tree")):
        add(
            people,
            Call(
                unit_id=unit_id, within=within, year=2026, title="征集", opens_at=at(0), closes_at=at(600),
                created_by=people.cast.office, created_at=LATER, updated_at=LATER,
            ),
        )  # fmt: skip
    turn(people.store, at(-1))
    assert told(people.store, "call") == {}
    for second in range(2):
        turn(people.store, at(0) + timedelta(seconds=second))
    cast = people.cast
    county = (cast.wang, cast.li, cast.zhao, people.both)
    assert told(people.store, "call") == {
        **dict.fromkeys(county, ["call"] * 2), cast.outsider: ["call"],
    }  # fmt: skip


def test_what_was_there_before_the_first_turn_is_silent(people: People) -> None:
    meeting = people.meeting()
    add(people, leave(people, meeting), BEFORE)
    add(people, leave(people, meeting, status="granted", decided_at=BEFORE), BEFORE)
    add(people, topic(people, state="planned", decided_at=BEFORE), BEFORE)
    people.store.write_at(at(61), moves.advance_due)
    people.store.write_at(at(70), settle.settle_due)
    for minute in range(75, 80):
        turn(people.store, at(minute))
    assert told(people.store) == {}


def test_row_that_was_committed_late_is_told(people: People) -> None:
    """A row of a lower number than one that was already seen, as PostgreSQL may show it."""
    meeting = begin(people)
    first = add(people, leave(people, meeting, id=101))
    turn(people.store, LATER + timedelta(seconds=70))
    add(people, leave(people, meeting, id=100, person_id=people.cast.li))
    turn(people.store, LATER + timedelta(seconds=71))
    assert first == 101
    assert told(people.store, "leave_asked")[people.cast.office] == ["leave_asked"] * 2


def test_mark_follows_behind(people: People) -> None:
    meeting = begin(people)
    add(people, leave(people, meeting, id=101))
    source = next(one for one in hearing.SOURCES if one.name == "leave asked")
    ups = []
    for minutes in (0, 2, 4):
        turn(people.store, LATER + timedelta(minutes=minutes))
        with people.store.read() as work:
            ups.append(work.db.get_one(Mark, source.name).up_to)
    assert ups == [0, 0, 101]


def test_leave_that_the_office_gives_unasked_is_told_once(people: People) -> None:
    meeting, cast = begin(people), people.cast
    people.store.write_at(LATER, asking.give, people.office, meeting.id, cast.seats[cast.li], "住院")
    for second in range(3):
        turn(people.store, LATER + timedelta(seconds=second))
    assert told(people.store, "leave_decided") == {cast.li: ["leave_decided"]}
    assert last_data(people.store, "leave_decided")["reason"] == "住院"


def test_leave_that_was_asked_for_is_told_as_an_answer_only(people: People) -> None:
    meeting = begin(people)
    request = add(people, leave(people, meeting))
    people.store.write_at(LATER, asking.decide, people.office, request, "granted", "", "因公出差")
    for second in range(3):
        turn(people.store, LATER + timedelta(seconds=second))
    assert told(people.store, "leave_decided") == {people.cast.wang: ["leave_decided"]}
    assert "given" not in last_data(people.store, "leave_decided")


def test_topic_that_leaves_the_plan_is_not_told_as_newly_shortlisted(people: People) -> None:
    begin(people)
    own = add(people, topic(people, call_id=None))
    for minute, verb, more in ((1, "take_into_plan", (2026,)), (2, "drop_from_plan", ())):
        now = LATER + timedelta(minutes=minute)
        people.store.write_at(now, getattr(decisions, verb), people.office, own, minute, *more)
        turn(people.store, now)
    dropped = last_data(people.store, "topic_decided")
    assert dropped["dropped"]
    assert "not in the annual plan any more" in worded("topic_decided", dropped).short


def test_what_can_never_be_told_is_logged_once_and_holds_nothing_back(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    meeting, failing = begin(people), errand.Failing()
    bad = add(people, leave(people, meeting, approver="nobody"))  # an approver that never was
    good = add(people, leave(people, meeting, person_id=people.cast.li))
    assert bad < good
    for minute in range(0, 240, 5):
        errand.turn(people.store, POLICY, LATER + timedelta(minutes=minute), failing=failing)
    assert told(people.store, "leave_asked")[people.cast.office] == ["leave_asked"]
    assert sum("could not tell" in one.message for one in caplog.records) == 1
    with people.store.read() as work:
        assert work.db.get_one(Mark, "leave asked").up_to == good
