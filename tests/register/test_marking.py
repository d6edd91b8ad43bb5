"""Who came and who went, written down by the office or at a sub-venue; into the same ledger as all else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Outcome, Presence, Settlement
from consult.attendance.present import present_now
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Delegation, Meeting
from consult.members.access import Actor
from consult.members.models import AuditEntry
from consult.register import marking
from consult.register import people as listed
from consult.register.desk import desk_of
from consult.register.people import Being
from tests.meetings.people import BEFORE, People
from tests.support.cast import at


def arrive(
    people: People, when: float, actor: Actor, meeting: int, *who: int, since: datetime | None = None
) -> int:
    seats = [people.cast.seats[one] for one in who]
    return people.store.write_at(at(when), marking.arrive, actor, meeting, seats, since)


def depart(people: People, when: float, actor: Actor, meeting: int, *who: int) -> int:
    seats = [people.cast.seats[one] for one in who]
    return people.store.write_at(at(when), marking.depart, actor, meeting, seats, None)


def rows(people: People) -> list[tuple[int, str, datetime, datetime | None, str | None]]:
    with people.store.read() as work:
        found = work.db.scalars(select(Presence).order_by(Presence.id)).all()
        return [(row.person_id, row.channel, row.joined_at, row.left_at, row.ended) for row in found]


def outcomes(people: People, meeting: int, minutes: float = 70) -> dict[int, tuple[str, int]]:
    """Once the clock has settled it: by person what it came to, and the seconds."""
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(minutes), settle.settle_due)
    with people.store.read() as work:
        found = work.db.execute(
            select(Outcome.person_id, Outcome.outcome, Outcome.seconds)
            .join(Settlement, Settlement.id == Outcome.settlement_id)
            .where(Settlement.meeting_id == meeting, Settlement.superseded_at.is_(None))
        )
        return {person: (outcome, seconds) for person, outcome, seconds in found}


def test_who_came_counts_until_he_leaves_or_the_meeting_ends(people: People) -> None:
    cast, meeting = people.cast, people.meeting().id
    assert arrive(people, 2, people.office, meeting, cast.wang, cast.li) == 2
    assert depart(people, 30, people.office, meeting, cast.li) == 1
    found = outcomes(people, meeting)
    assert found[cast.wang] == ("on_time", 58 * 60)
    assert found[cast.li][1] == 28 * 60
    assert found[cast.zhao] == ("absent", 0)


def test_who_is_noted_already_is_not_noted_twice(people: People) -> None:
    meeting = people.meeting().id
    assert arrive(people, 2, people.office, meeting, people.cast.wang) == 1
    assert arrive(people, 5, people.office, meeting, people.cast.wang, people.cast.li) == 1
    assert len(rows(people)) == 2


def test_a_time_may_be_given_within_the_meeting_and_not_in_the_future(people: People) -> None:
    meeting = people.meeting().id
    arrive(people, 20, people.office, meeting, people.cast.wang, since=at(-5))
    assert rows(people)[0][2] == at(-5)
    for wrong in (at(-16), at(21)):
        with pytest.raises(Invalid) as refused:
            arrive(people, 20, people.office, meeting, people.cast.li, since=wrong)
        assert refused.value.field == "at"


def test_after_the_end_the_whole_meeting_is_meant_if_no_time_is_given(people: People) -> None:
    meeting = people.meeting().id
    people.store.write_at(at(60), moves.advance_due)
    arrive(people, 61, people.office, meeting, people.cast.wang)
    assert rows(people) == [(people.cast.wang, Channel.STAFF, at(0), at(60), Ended.CLOSED)]
    assert outcomes(people, meeting)[people.cast.wang] == ("on_time", 3600)


def test_nothing_is_noted_before_the_lobby(people: People) -> None:
    meeting = people.meeting().id
    with pytest.raises(NotNow):
        arrive(people, -16, people.office, meeting, people.cast.wang)
    assert rows(people) == []


def test_who_is_at_the_venue_is_still_there_when_the_meeting_is_opened_again(people: People) -> None:
    cast, meeting = people.cast, people.meeting().id
    arrive(people, 0, people.office, meeting, cast.wang)
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(60.5), ledger.sweep)
    with people.store.read() as work:
        version = work.db.get_one(Meeting, meeting).version
    lasting = timedelta(minutes=30)
    people.store.write_at(at(61), conduct.reopen, people.office, meeting, version, "还有一位要发言", lasting)
    people.store.write_at(at(62), ledger.sweep)
    with people.store.read(at(63)) as work:
        assert present_now(work, work.db.get_one(Meeting, meeting)).people == 1
    people.store.write_at(at(91), moves.advance_due)
    people.store.write_at(at(92), ledger.sweep)
    assert outcomes(people, meeting, 100)[cast.wang] == ("on_time", 90 * 60)


def test_browser_and_venue_together_count_once(people: People) -> None:
    cast, meeting = people.cast, people.meeting().id
    people.store.write_at(at(0), ledger.join, people.actor("wang"), meeting, Channel.BROWSER, "web", None)
    arrive(people, 10, people.office, meeting, cast.wang)
    with people.store.read(at(20)) as work:
        assert present_now(work, work.db.get_one(Meeting, meeting)).people == 1
    assert outcomes(people, meeting)[cast.wang][1] == 3600


def test_what_is_taken_back_counts_nowhere_and_stays(people: People) -> None:
    cast, meeting = people.cast, people.meeting().id
    arrive(people, 1, people.office, meeting, cast.wang, cast.li)
    with people.store.read() as work:
        mistaken = work.db.scalars(select(Presence.id).where(Presence.person_id == cast.wang)).one()
    with pytest.raises(Invalid):
        people.store.write_at(at(5), marking.take_back, people.office, meeting, mistaken, " ")
    people.store.write_at(at(5), marking.take_back, people.office, meeting, mistaken, "同名的另一位")
    with people.store.read(at(6)) as work:
        assert present_now(work, work.db.get_one(Meeting, meeting)).people == 1
        desk = desk_of(work, people.office, meeting)
        assert listed.listing(work, desk).beings[Being.HERE] == 1
        details = work.db.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "attendance.taken_back")
        ).one()
    assert details["reason"] == "同名的另一位"
    assert outcomes(people, meeting)[cast.wang] == ("absent", 0)
    assert len(rows(people)) == 2


def test_what_a_connection_wrote_is_not_taken_back(people: People) -> None:
    meeting = people.meeting().id
    row = people.store.write_at(
        at(0), ledger.join, people.actor("wang"), meeting, Channel.BROWSER, "web", None
    )
    assert row is not None
    with pytest.raises(Missing):
        people.store.write_at(at(5), marking.take_back, people.office, meeting, row, "错了")


def test_somebody_who_is_not_on_the_list_comes_by_name(people: People) -> None:
    cast, meeting = (
        people.cast,
        people.meeting(audience=Audience(also=(people.cast.seats[people.cast.wang],))),
    )
    seat = people.store.write_at(at(1), marking.arrive_by_name, people.office, meeting.id, "李建国", None)
    assert seat.person_id == cast.li
    assert outcomes(people, meeting.id)[cast.li][0] == "walk_in"
    with pytest.raises(Invalid) as refused:
        people.store.write_at(at(1), marking.arrive_by_name, people.office, meeting.id, "无此人", None)
    assert refused.value.field == "name"


# Sub-venues


@pytest.fixture
def of_province(people: People) -> int:
    """A meeting of the province's to which both counties' members are invited."""
    plan = people.plan(audience=Audience(units=(people.cast.county, people.cast.other_county)))
    office, province = people.actor("province_office"), people.cast.province
    return people.store.write_at(BEFORE, scheduling.schedule, office, province, plan).id


def test_a_county_notes_its_own_members_and_nobody_elses(people: People, of_province: int) -> None:
    cast = people.cast
    assert arrive(people, 1, people.office, of_province, cast.wang) == 1
    assert rows(people)[0][1] == Channel.VENUE
    with pytest.raises(Missing):
        arrive(people, 1, people.office, of_province, cast.outsider)
    assert arrive(people, 2, people.actor("province_office"), of_province, cast.outsider) == 1
    with people.store.read(at(3)) as work:
        names = {one.name for one in listed.listing(work, desk_of(work, people.office, of_province)).rows}
    assert names == {"王秀兰", "李建国", "赵敏", "买买提·艾力"}


def test_who_looks_after_the_sub_venue_writes_there(people: People, of_province: int) -> None:
    cast = people.cast
    with pytest.raises(NotAllowed):
        arrive(people, 1, people.actor("reader"), of_province, cast.wang)

    def look_after(work: Work) -> None:
        work.db.add(
            Delegation(
                meeting_id=of_province, unit_id=cast.county, operator_id=people.reader, updated_at=work.now
            )
        )

    people.store.write_at(at(0), look_after)
    assert arrive(people, 1, people.actor("reader"), of_province, cast.wang) == 1


@pytest.mark.parametrize(
    ("role", "refused"),
    [("office", None), ("administrator", None), ("reader", NotAllowed), ("wang", NotAllowed),
     ("other_office", Missing), ("outsider", Missing)],
)  # fmt: skip
def test_only_the_offices_write(people: People, role: str, refused: type[Exception] | None) -> None:
    meeting = people.meeting().id
    acts = (
        (marking.arrive, ([people.cast.seats[people.cast.wang]],)),
        (marking.arrive_by_name, ("李建国",)),
        (marking.depart, ([people.cast.seats[people.cast.wang]],)),
        (marking.count_heads, (3, 4, 0)),
    )
    for verb, given in acts:
        if refused is None:
            people.store.write_at(at(1), verb, people.actor(role), meeting, *given)
        else:
            with pytest.raises(refused):
                people.store.write_at(at(1), verb, people.actor(role), meeting, *given)


def test_guests_are_counted_beside_the_members(people: People) -> None:
    meeting = people.meeting().id
    people.store.write_at(at(1), marking.count_heads, people.office, meeting, 6, 40, 0)
    with pytest.raises(Stale):
        people.store.write_at(at(2), marking.count_heads, people.office, meeting, 7, 40, 0)
    people.store.write_at(at(2), marking.count_heads, people.office, meeting, 7, 42, 1)
    with pytest.raises(Invalid) as refused:
        people.store.write_at(at(2), marking.count_heads, people.office, meeting, -1, 0, 2)
    assert refused.value.field == "guests"
    with people.store.read(at(3)) as work:
        ((unit, count),) = listed.heads(work, desk_of(work, people.office, meeting))
        assert (unit.id, count.guests, count.public) == (people.cast.county, 7, 42)
        assert present_now(work, work.db.get_one(Meeting, meeting)).people == 0


def test_the_list_takes_a_constant_number_of_queries(people: People, of_province: int) -> None:
    asked: list[str] = []
    event.listen(people.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def queries() -> int:
        asked.clear()
        with people.store.read(at(3)) as work:
            listed.listing(work, desk_of(work, people.office, of_province))
        return len(asked)

    few = queries()
    arrive(people, 3, people.office, of_province, people.cast.wang, people.cast.li, people.cast.zhao)
    assert queries() == few
