"""From the ledger to outcomes: settled once, counted again beside, and our outages cost nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from consult.attendance import leases, ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.rules import Reason, Rule
from consult.core.store import Store, Work, open_store
from consult.meetings import moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Invitation, Meeting, Transition
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


def rows(people: Cast, meeting: int) -> dict[int, Outcome]:
    """The rows by person, of the version that holds."""
    with people.store.read() as work:
        holds = select(Settlement.id).where(
            Settlement.meeting_id == meeting, Settlement.superseded_at.is_(None)
        )
        found = work.db.scalars(select(Outcome).where(Outcome.settlement_id == holds.scalar_subquery()))
        return {row.person_id: row for row in found}


def test_one_version_holds_and_says_when_the_others_stopped(people: Cast) -> None:
    meeting = people.meeting()
    settle_at(people, 63)
    for minute in (100, 110):
        people.store.write_at(
            at(minute), lambda work: settle.settle(work, work.db.get_one(Meeting, meeting), reason="核对")
        )
    with people.store.read() as work:
        query = select(Settlement.version, Settlement.superseded_at).order_by(Settlement.version)
        assert [tuple(row) for row in work.db.execute(query)] == [(1, at(100)), (2, at(110)), (3, None)]


def test_who_is_invited_to_observe_is_counted_apart(people: Cast) -> None:
    meeting = people.meeting([people.wang, people.li])
    people.store.write(observe, meeting, people.li)
    people.store.write(observe, meeting, people.zhao, people.seats[people.zhao])
    for person in (people.wang, people.li):
        there(people, person, meeting, 0, 60)
    settle_at(people, 63)
    found = rows(people, meeting)
    assert {person: (row.outcome, row.expected, row.observer) for person, row in found.items()} == {
        people.wang: (Verdict.ON_TIME, True, False),
        people.li: (Verdict.OBSERVED, False, True),
        people.zhao: (Verdict.OBSERVER_AWAY, False, True),
    }


def observe(work: Work, meeting: int, person: int, seat: int | None = None) -> None:
    """Makes an observer of who is expected, or invites one."""
    if seat is not None:
        work.db.add(
            Invitation(
                meeting_id=meeting, membership_id=seat, person_id=person, invited_at=work.now, observer=True
            )
        )
        return
    mine = (Invitation.meeting_id == meeting) & (Invitation.person_id == person)
    work.db.execute(update(Invitation).where(mine).values(observer=True))
    work.db.execute(delete(Expected).where(Expected.meeting_id == meeting, Expected.person_id == person))


def test_how_somebody_was_there_and_for_which_half_days_is_kept(people: Cast) -> None:
    rule = Rule(half_days=True).as_data()
    meeting = people.meeting(rule=rule, closes_at=at(8 * 60))  # from nine to five
    alive(people, "web-2", at(30), at(9 * 60))
    there(people, people.wang, meeting, 0, 180, channel=Channel.QR)
    there(people, people.li, meeting, 0, 480)
    settle_at(people, 490)
    found = rows(people, meeting)
    kept = {person: (row.mode, row.half_days, row.half_days_held) for person, row in found.items()}
    assert kept == {people.wang: ("on_site", 1, 2), people.li: ("remote", 2, 2), people.zhao: ("", 0, 2)}


def test_a_rule_of_the_earlier_version_is_settled_by_and_printed_as_such(people: Cast) -> None:
    earlier = {**Rule().as_data(), "version": "2026-1"}
    for part in ("at_least", "half_days", "on_site_only"):
        del earlier[part]
    meeting = people.meeting(rule=earlier)
    there(people, people.wang, meeting, 0, 40)
    settle_at(people, 63)
    before = outcomes(people, meeting)
    assert before[people.wang] == (Verdict.LEFT_EARLY, 40)
    people.store.write_at(
        at(100), lambda work: settle.settle(work, work.db.get_one(Meeting, meeting), reason="核对")
    )
    assert outcomes(people, meeting) == before
    with people.store.read() as work:
        assert work.db.scalars(select(Settlement.rule)).all() == [earlier, earlier]
