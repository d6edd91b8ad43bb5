"""From the ledger to outcomes: settled once, counted again beside, and our outages cost nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from consult.attendance import leases, ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.rules import Reason
from consult.core.store import Store, open_store
from consult.meetings import moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting, Transition
from tests.support.cast import Cast, at, cast


@pytest.fixture
def people(store: Store) -> Cast:
    people = cast(store)
    alive(people, "web-1", at(-30), at(90))
    return people


def alive(people: Cast, process: str, start: datetime, end: datetime) -> None:
    """A web process that renewed its lease from start to end."""
    people.store.write_at(start, leases.renew, process, leases.WEB)
    people.store.write_at(end, leases.renew, process, leases.WEB)


def there(people: Cast, person: int, meeting: int, start: float, end: float, ended: Ended = Ended.LEFT,
          channel: Channel = Channel.BROWSER) -> None:  # fmt: skip
    """A presence of the person, in minutes from the opening."""
    row = people.store.write_at(at(start), ledger.join, people.actor(person), meeting, channel, "web-1", None)
    people.store.write_at(at(end), ledger.leave, row, at(end), ended)


def settle_at(people: Cast, minutes: float) -> None:
    people.store.write_at(at(minutes), moves.advance_due)
    people.store.write_at(at(minutes), settle.settle_due)


def outcomes(people: Cast, meeting: int) -> dict[int, tuple[Verdict, int]]:
    """Outcome and whole minutes by person, of the latest version."""
    with people.store.read() as work:
        latest = work.db.scalars(
            select(Settlement.id).where(Settlement.meeting_id == meeting).order_by(Settlement.version.desc())
        ).first()
        found = work.db.scalars(select(Outcome).where(Outcome.settlement_id == latest)).all()
        return {row.person_id: (Verdict(row.outcome), row.seconds // 60) for row in found}


def test_everyone_gets_an_outcome(people: Cast) -> None:
    meeting = people.meeting()
    there(people, people.wang, meeting, -5, 60)
    there(people, people.li, meeting, 20, 60)
    settle_at(people, 63)
    assert outcomes(people, meeting) == {
        people.wang: (Verdict.ON_TIME, 60),
        people.li: (Verdict.LATE, 40),
        people.zhao: (Verdict.ABSENT, 0),
    }


def test_nothing_is_settled_before_the_grace_is_over(people: Cast) -> None:
    meeting = people.meeting()
    settle_at(people, 61)
    assert outcomes(people, meeting) == {}
    settle_at(people, 62)
    assert len(outcomes(people, meeting)) == 3


def test_open_presences_end_with_the_meeting(people: Cast) -> None:
    meeting = people.meeting()
    people.store.write_at(
        at(0), ledger.join, people.actor(people.wang), meeting, Channel.BROWSER, "web-1", None
    )
    settle_at(people, 63)
    assert outcomes(people, meeting)[people.wang] == (Verdict.ON_TIME, 60)


def test_two_clocks_settle_once(people: Cast) -> None:
    meeting = people.meeting()
    people.store.write_at(at(63), moves.advance_due)
    url = people.store.engine.url.render_as_string(hide_password=False)
    other = open_store(url)
    try:
        both = [store.submit(settle.settle_due) for store in (people.store, other)]
        for future in both:
            future.result(20)
    finally:
        other.close()
    with people.store.read() as work:
        assert work.db.scalars(select(Settlement.version).where(Settlement.meeting_id == meeting)).all() == [
            1
        ]
        moved = select(Transition).where(
            Transition.meeting_id == meeting, Transition.to_state == State.SETTLED
        )
        assert len(work.db.scalars(moved).all()) == 1


def test_counting_again_is_a_version_with_the_same_result(people: Cast) -> None:
    meeting = people.meeting()
    there(people, people.wang, meeting, 0, 50)
    settle_at(people, 63)
    before = outcomes(people, meeting)
    with people.store.read() as work:
        found = work.db.get_one(Meeting, meeting)
    people.store.write_at(
        at(100), lambda work: settle.settle(work, work.db.merge(found), by_id=people.office, reason="核对")
    )
    assert outcomes(people, meeting) == before
    with people.store.read() as work:
        versions = select(Settlement.version, Settlement.reason).order_by(Settlement.version)
        assert [tuple(row) for row in work.db.execute(versions)] == [(1, ""), (2, "核对")]


def test_tabs_and_devices_count_once(people: Cast) -> None:
    meeting = people.meeting()
    for start, end in ((0, 30), (10, 50), (20, 45)):
        there(people, people.wang, meeting, start, end)
    settle_at(people, 63)
    assert outcomes(people, meeting)[people.wang] == (Verdict.ON_TIME, 50)


def test_time_in_which_our_server_was_down_counts_for_who_came_back(store: Store) -> None:
    people = cast(store)
    alive(people, "web-1", at(-30), at(20))
    alive(people, "web-2", at(25), at(90))
    meeting = people.meeting()
    there(people, people.wang, meeting, 0, 20, Ended.CUT)
    there(people, people.wang, meeting, 25.5, 60)
    there(people, people.li, meeting, 0, 20, Ended.CUT)
    there(people, people.li, meeting, 40, 60)
    settle_at(people, 63)
    assert outcomes(people, meeting)[people.wang] == (Verdict.ON_TIME, 60)
    assert outcomes(people, meeting)[people.li] == (Verdict.ON_TIME, 40)


def test_hidden_page_is_bridged_for_some_minutes_only(people: Cast) -> None:
    meeting = people.meeting()
    for person, back in ((people.wang, 24), (people.li, 30)):
        there(people, person, meeting, 0, 20, Ended.HIDDEN)
        there(people, person, meeting, back, 60)
    settle_at(people, 63)
    assert outcomes(people, meeting)[people.wang] == (Verdict.ON_TIME, 60)
    assert outcomes(people, meeting)[people.li] == (Verdict.ON_TIME, 50)


def test_leave_is_an_outcome_unless_the_member_came(people: Cast) -> None:
    meeting = people.meeting()

    def give_leave(work) -> None:
        for person in (people.wang, people.li):
            row = work.db.get_one(Expected, (meeting, people.seats[person]))
            row.excused_at, row.excused_reason = work.now, "上级公务"

    people.store.write_at(at(-60), give_leave)
    there(people, people.wang, meeting, 0, 60)
    settle_at(people, 63)
    found = outcomes(people, meeting)
    assert found[people.wang] == (Verdict.ON_TIME, 60)
    assert found[people.li] == (Verdict.EXCUSED, 0)
    with people.store.read() as work:
        came = work.db.scalars(select(Outcome).where(Outcome.person_id == people.wang)).one()
        assert Reason.CAME_ON_LEAVE in came.reasons


def test_member_of_the_host_who_was_not_called_walks_in(people: Cast) -> None:
    meeting = people.meeting(expected=[people.wang])
    there(people, people.li, meeting, 0, 60)
    there(people, people.zhao, meeting, 0, 10)
    settle_at(people, 63)
    found = outcomes(people, meeting)
    assert found[people.li] == (Verdict.WALK_IN, 60)
    assert found[people.zhao] == (Verdict.LOOKED_IN, 10)
    assert people.outsider not in found


def test_seat_is_that_of_the_meetings_day(people: Cast) -> None:
    people.meeting()
    settle_at(people, 63)

    def move_on(work) -> None:
        seat = work.db.get_one(settle.Membership, people.seats[people.wang])
        seat.sector = "教育界"

    people.store.write_at(at(24 * 60), move_on)
    with people.store.read() as work:
        assert (
            work.db.scalars(select(Outcome.sector).where(Outcome.person_id == people.wang)).one()
            == "医药卫生界"
        )


def test_reopened_meeting_counts_both_parts(people: Cast) -> None:
    meeting = people.meeting()
    there(people, people.wang, meeting, 0, 60)
    people.store.write_at(at(60), moves.advance_due)

    def reopen(work) -> None:
        found = work.db.get_one(Meeting, meeting)
        found.closes_at = work.now + timedelta(minutes=30)
        moves.move(work, found, settle.Move("reopen"), at=work.now, by_id=people.office, reason="未议完")

    people.store.write_at(at(61), reopen)
    there(people, people.wang, meeting, 62, 80)
    settle_at(people, 94)
    assert outcomes(people, meeting)[people.wang] == (Verdict.ON_TIME, 78)
