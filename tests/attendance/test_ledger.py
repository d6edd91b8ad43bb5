"""The ledger's rows: begun, ended when they should have ended, and counted, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from consult.attendance import leases, ledger
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Lease, Presence
from consult.attendance.present import Group, present_now
from consult.attendance.rules import Rule
from consult.core.errors import Missing, NotAllowed
from consult.core.store import Store, Work
from consult.meetings import moves
from consult.meetings.lifecycle import Move
from consult.meetings.models import Expected, Invitation, Meeting
from consult.members.models import Membership, Person
from tests.support.cast import Cast, at, cast

WEB = "web-1"


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def join(
    people: Cast, when: datetime, person: int, meeting: int, channel=Channel.BROWSER, process=WEB
) -> int:
    return people.store.write_at(when, ledger.join, people.actor(person), meeting, channel, process, None)


def here(people: Cast, when: datetime, person: int, meeting: int, channel=Channel.HTTP) -> int | None:
    return people.store.write_at(when, ledger.here, people.actor(person), meeting, channel, None)


def renew(people: Cast, when: datetime, process: str = WEB) -> bool:
    return people.store.write_at(when, leases.renew, process, leases.WEB)


def sweep(people: Cast, when: datetime) -> int:
    return people.store.write_at(when, ledger.sweep)


def rows(people: Cast) -> list[tuple[datetime, datetime | None, str | None]]:
    with people.store.read() as work:
        found = work.db.scalars(select(Presence).order_by(Presence.id)).all()
        return [(row.joined_at, row.left_at, row.ended) for row in found]


def present(people: Cast, when: datetime, meeting: int):
    with people.store.read(when) as work:
        return present_now(work, work.db.get_one(Meeting, meeting))


def test_join_is_for_the_seat_at_which_one_is_expected(people: Cast) -> None:
    meeting = people.meeting(host_id=people.province)
    row = join(people, at(1), people.wang, meeting)
    with people.store.read() as work:
        assert work.db.get_one(Presence, row).membership_id == people.seats[people.wang]


def test_join_counts_who_is_not_expected_for_his_own_seat_and_staff_for_none(people: Cast) -> None:
    meeting = people.meeting(expected=[people.wang])
    seats = []
    for person in (people.li, people.office):
        row = join(people, at(1), person, meeting)
        with people.store.read() as work:
            seats.append(work.db.get_one(Presence, row).membership_id)
    assert seats == [people.seats[people.li], None]


@pytest.mark.parametrize(
    ("minutes", "allowed"), [(-16, False), (-15, True), (0, True), (59, True), (60, False)]
)
def test_join_counts_from_the_lobby_to_the_end(people: Cast, minutes: float, allowed: bool) -> None:
    meeting = people.meeting()
    if allowed:
        assert join(people, at(minutes), people.wang, meeting)
        return
    assert join(people, at(minutes), people.wang, meeting) is None
    assert rows(people) == []


def test_join_is_refused_to_outsiders_and_before_consent(people: Cast) -> None:
    meeting = people.meeting()
    with pytest.raises(Missing):
        join(people, at(1), people.outsider, meeting)

    def withdraw(work) -> None:
        work.db.get_one(Person, people.wang).consented_at = None

    people.store.write(withdraw)
    with pytest.raises(NotAllowed):
        join(people, at(1), people.wang, meeting)
    assert rows(people) == []


def test_leave_ends_once_and_never_before_joining(people: Cast) -> None:
    meeting = people.meeting()
    one = join(people, at(1), people.wang, meeting)
    people.store.write_at(at(5), ledger.leave, one, at(4), Ended.SILENT)
    people.store.write_at(at(9), ledger.leave, one, at(9), Ended.LEFT)
    two = join(people, at(10), people.wang, meeting)
    people.store.write_at(at(11), ledger.leave, two, at(9), Ended.HIDDEN)
    assert rows(people) == [(at(1), at(4), "silent"), (at(10), at(10), "hidden")]


def test_here_keeps_one_row_and_begins_another_after_a_silence(people: Cast) -> None:
    meeting = people.meeting()
    assert here(people, at(1), people.wang, meeting) == here(people, at(1.4), people.wang, meeting)
    here(people, at(5), people.wang, meeting)
    assert rows(people) == [(at(1), at(1.4), "silent"), (at(5), None, None)]
    people.store.write_at(at(5.2), ledger.gone, people.wang, meeting, Channel.HTTP, None, Ended.HIDDEN)
    assert rows(people)[1] == (at(5), at(5.2), "hidden")


def test_here_is_refused_to_who_was_let_in_and_may_not_be_there_any_more(people: Cast) -> None:
    meeting = people.meeting()
    assert here(people, at(0), people.wang, meeting) is not None
    actor = people.actor(people.wang)

    def end(work: Work) -> None:
        """His term ends, and with it his invitation."""
        work.db.get_one(Membership, people.seats[people.wang]).to_day = work.now.date()
        for table in (Expected, Invitation):
            work.db.execute(delete(table).where(table.person_id == people.wang))

    people.store.write_at(at(0.1), end)
    later = replace(actor, seats=())
    with pytest.raises(Missing):
        people.store.write_at(at(0.2), ledger.here, later, meeting, Channel.HTTP, None)
    assert rows(people) == [(at(0), None, None)]


def test_here_need_not_be_noted_again_at_once(people: Cast) -> None:
    meeting = people.meeting()
    here(people, at(1), people.wang, meeting)
    for seconds, fresh in ((4, True), (6, False)):
        with people.store.read(at(1) + timedelta(seconds=seconds)) as work:
            assert ledger.fresh(work, people.wang, meeting, Channel.HTTP, None) is fresh


def test_sweep_ends_a_browser_without_a_socket_when_it_last_asked(people: Cast) -> None:
    meeting = people.meeting()
    here(people, at(1), people.wang, meeting)
    assert sweep(people, at(1.5)) == 0
    assert sweep(people, at(1.6)) == 1
    assert rows(people) == [(at(1), at(1), "silent")]


def test_a_video_counts_up_to_the_rules_time_after_the_last_sign_of_life(people: Cast) -> None:
    meeting = people.meeting(rule=Rule(video_lasts=timedelta(minutes=10)).as_data())
    here(people, at(1), people.wang, meeting, Channel.VIDEO)
    here(people, at(8), people.wang, meeting, Channel.VIDEO)
    assert sweep(people, at(17.9)) == 0
    assert sweep(people, at(30)) == 1
    assert rows(people) == [(at(1), at(18), "silent")]


def test_a_video_that_ran_out_before_any_sweep_begins_anew(people: Cast) -> None:
    meeting = people.meeting(rule=Rule(video_lasts=timedelta(minutes=10)).as_data())
    here(people, at(1), people.wang, meeting, Channel.VIDEO)
    here(people, at(20), people.wang, meeting, Channel.VIDEO)
    assert rows(people) == [(at(1), at(11), "silent"), (at(20), None, None)]


def test_sweep_ends_the_rows_of_a_dead_process_at_its_lease(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(0))
    renew(people, at(0), "web-2")
    join(people, at(0), people.wang, meeting)
    join(people, at(0), people.li, meeting, process="web-2")
    here(people, at(0), people.zhao, meeting)
    renew(people, at(0.2))
    renew(people, at(0.4), "web-2")
    join(people, at(0.3), people.wang, meeting)
    assert sweep(people, at(0.44)) == 0
    assert sweep(people, at(0.46)) == 2
    assert rows(people) == [
        (at(0), at(0.2), "cut"),
        (at(0), None, None),
        (at(0), None, None),
        (at(0.3), at(0.3), "cut"),
    ]


def test_a_process_that_was_taken_for_dead_takes_its_connections_back(people: Cast) -> None:
    meeting = people.meeting()
    assert renew(people, at(0)) is True
    row = join(people, at(0), people.wang, meeting)
    left = join(people, at(0), people.li, meeting)
    people.store.write_at(at(0.1), ledger.leave, left, at(0.1), Ended.LEFT)
    sweep(people, at(1))
    assert renew(people, at(1)) is False
    people.store.write_at(at(1), ledger.revive, WEB, [row, left])
    assert rows(people) == [(at(0), None, None), (at(0), at(0.1), "left")]


def test_a_process_that_ends_in_order_ends_its_connections_only(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(0))
    join(people, at(0), people.wang, meeting)
    here(people, at(0), people.li, meeting)
    people.store.write_at(at(0.1), ledger.cut, WEB)
    people.store.write_at(at(0.1), leases.end, WEB)
    assert rows(people) == [(at(0), at(0.1), "cut"), (at(0), None, None)]
    with people.store.read() as work:
        assert work.db.get_one(Lease, WEB).ended_at == at(0.1)


def test_sweep_ends_everything_with_the_meeting(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(0))
    join(people, at(1), people.wang, meeting)
    here(people, at(40), people.li, meeting, Channel.VIDEO)
    people.store.write_at(at(61), moves.advance_due)
    renew(people, at(61))
    assert sweep(people, at(61)) == 2
    assert rows(people) == [(at(1), at(60), "closed"), (at(40), at(60), "closed")]
    assert sweep(people, at(62)) == 0


def test_who_was_gone_before_the_end_is_not_counted_up_to_it_however_late_the_sweep(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(20))
    join(people, at(1), people.wang, meeting)
    here(people, at(19), people.li, meeting, Channel.HTTP)
    here(people, at(2), people.zhao, meeting, Channel.VIDEO)
    people.store.write_at(at(61), moves.advance_due)
    assert sweep(people, at(61)) == 3
    assert rows(people) == [
        (at(1), at(20), "cut"),
        (at(19), at(19), "silent"),
        (at(2), at(32), "silent"),
    ]


def test_sweep_ends_the_lobby_of_a_meeting_that_is_put_off(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(-5))
    join(people, at(-5), people.wang, meeting)

    def postpone(work) -> None:
        moves.move(work, work.db.get_one(Meeting, meeting), Move.POSTPONE, at=work.now)

    people.store.write_at(at(-4), postpone)
    renew(people, at(-4))
    assert sweep(people, at(-4)) == 1
    assert rows(people) == [(at(-5), at(-4), "closed")]


def test_present_counts_people_once_however_many_pages(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(0))
    for _ in range(3):
        join(people, at(1), people.wang, meeting)
    here(people, at(1), people.wang, meeting, Channel.VIDEO)
    join(people, at(1), people.li, meeting)
    join(people, at(1), people.office, meeting)
    now = present(people, at(2), meeting)
    assert (now.people, now.connections, now.expected, now.excused) == (2, 5, 3, 0)
    assert now.by == "sector"
    assert set(now.groups) == {Group("医药卫生界", 1, 1), Group("农业界", 1, 2)}


def test_present_is_by_unit_where_several_are_expected(people: Cast) -> None:
    meeting = people.meeting(expected=[people.wang, people.li, people.outsider], host_id=people.province)
    join(people, at(1), people.outsider, meeting)
    now = present(people, at(2), meeting)
    assert now.by == "unit"
    assert now.groups == (Group("清河县政协", 0, 2), Group("白塔县政协", 1, 1))


def test_present_bridges_a_hidden_page_for_as_long_as_the_report_does(people: Cast) -> None:
    meeting = people.meeting()
    row = join(people, at(1), people.wang, meeting)
    people.store.write_at(at(2), ledger.leave, row, at(2), Ended.HIDDEN)
    bridge = Rule().bridge_hidden
    assert present(people, at(2) + bridge - timedelta(seconds=1), meeting).people == 1
    assert present(people, at(2) + bridge, meeting).people == 0
    left = join(people, at(10), people.wang, meeting)
    people.store.write_at(at(11), ledger.leave, left, at(11), Ended.LEFT)
    assert present(people, at(11.1), meeting).people == 0


def test_present_after_the_end_is_who_was_there_at_the_end(people: Cast) -> None:
    meeting = people.meeting()
    renew(people, at(59))
    join(people, at(1), people.wang, meeting)
    left = join(people, at(1), people.li, meeting)
    people.store.write_at(at(50), ledger.leave, left, at(50), Ended.LEFT)
    people.store.write_at(at(61), moves.advance_due)
    renew(people, at(61))
    before = present(people, at(61), meeting).people
    sweep(people, at(61))
    assert (before, present(people, at(61), meeting).people) == (1, 1)


def test_whoever_listens_is_told_of_changes(people: Cast) -> None:
    told: list[int] = []
    people.store.on(ledger.PresenceChanged, lambda change: told.append(change.meeting_id))
    meeting = people.meeting()
    row = join(people, at(1), people.wang, meeting)
    people.store.write_at(at(2), ledger.leave, row, at(2), Ended.LEFT)
    people.store.write_at(at(3), ledger.leave, row, at(3), Ended.LEFT)
    assert told == [meeting, meeting]
