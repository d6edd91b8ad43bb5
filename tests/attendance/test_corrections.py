"""Counted again, corrected, objected to and answered: versions beside each other, and nothing overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from consult.attendance import corrections, leases, ledger, objections, settle, versions
from consult.attendance.corrections import Wanted
from consult.attendance.intervals import Channel, Ended, Way
from consult.attendance.models import Correction, Objection, Outcome, Presence, Settlement
from consult.attendance.objections import Claim
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.rules import Reason, Rule
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Store, Work
from consult.meetings import moves
from consult.meetings.models import Meeting
from consult.members.models import AuditEntry, Role, RoleGrant
from tests.meetings.people import People, gather
from tests.support.cast import Cast, at

WITHIN = timedelta(days=15)
LATER = at(60 * 24)


@pytest.fixture
def people(store: Store) -> People:
    return gather(store)


def settled(people: People, **given: Any) -> int:
    """A settled meeting: Wang was there throughout, Li came late, Zhao did not come."""
    cast = people.cast
    cast.store.write_at(at(-30), leases.renew, "web-1", leases.WEB)
    cast.store.write_at(at(90), leases.renew, "web-1", leases.WEB)
    meeting = cast.meeting(**given)
    for person, start in ((cast.wang, 0), (cast.li, 15)):
        row = cast.store.write_at(
            at(start), ledger.join, cast.actor(person), meeting, Channel.BROWSER, "web-1", None
        )
        cast.store.write_at(at(60), ledger.leave, row, at(60), Ended.LEFT)
    cast.store.write_at(at(63), moves.advance_due)
    cast.store.write_at(at(63), settle.settle_due)
    return meeting


def rows(cast: Cast, meeting: int, version: int | None = None) -> dict[int, Outcome]:
    """By person what that version says; without one, the version that holds."""
    which = Settlement.superseded_at.is_(None) if version is None else Settlement.version == version
    with cast.store.read() as work:
        found = work.db.scalars(
            select(Outcome)
            .join(Settlement, Settlement.id == Outcome.settlement_id)
            .where(Settlement.meeting_id == meeting, which)
        )
        return {row.person_id: row for row in found}


def essence(found: dict[int, Outcome]) -> dict[int, tuple[object, ...]]:
    return {
        person: (row.outcome, row.found, row.seconds, row.mode, row.corrected_id, tuple(row.reasons))
        for person, row in found.items()
    }


def put_right(
    people: People, meeting: int, who: str = "office", to: Verdict = Verdict.ON_TIME, person: str = "zhao"
) -> Settlement:
    wanted = [Wanted(people.cast.seats[getattr(people.cast, person)], to)]
    return people.store.write_at(
        LATER, corrections.correct, people.actor(who), meeting, wanted, "会场签到表为证"
    )


# Counting again


def test_counting_again_on_an_organizer_s_word_says_who_and_why(people: People) -> None:
    meeting = settled(people)
    made = people.store.write_at(LATER, versions.settle_again, people.office, meeting, "补录了签到表")
    assert (made.version, made.by_id, made.reason) == (2, people.cast.office, "补录了签到表")
    assert essence(rows(people.cast, meeting, 1)) == essence(rows(people.cast, meeting, 2))
    with people.store.read() as work:
        newest, first = versions.history(work, people.office, meeting).versions
        assert (newest.by, first.by, newest.people) == ("清河县政协办公室", "", 3)
        assert versions.differences(work, first.settlement, newest.settlement) == []
        assert (
            work.db.scalar(select(func.count()).where(AuditEntry.action == "attendance.settled_again")) == 1
        )


def test_rows_that_came_late_are_counted(people: People) -> None:
    meeting, cast = settled(people), people.cast

    def written_late(work: Work) -> None:
        work.db.add(
            Presence(
                meeting_id=meeting, person_id=cast.zhao, membership_id=cast.seats[cast.zhao],
                channel=Channel.VENUE, joined_at=at(0), seen_at=at(0), left_at=at(60), ended=Ended.LEFT,
                process="",
            )
        )  # fmt: skip

    people.store.write_at(at(600), written_late)
    people.store.write_at(LATER, versions.settle_again, people.office, meeting, "补录")
    zhao = rows(cast, meeting)[cast.zhao]
    assert (zhao.outcome, zhao.mode) == (Verdict.ON_TIME, Way.ON_SITE)
    with people.store.read() as work:
        newest, first = versions.history(work, people.office, meeting).versions
        (found,) = versions.differences(work, first.settlement, newest.settlement)
        assert (found.name, found.before and found.before.outcome, found.after and found.after.outcome) == (
            "赵敏", Verdict.ABSENT, Verdict.ON_TIME
        )  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4), st.lists(st.sampled_from(["wang", "li", "zhao"]), max_size=2, unique=True))
def test_however_often_counted_the_same_rows_come_to_the_same(
    people: People, times: int, corrected: list[str]
) -> None:
    meeting = settled(people)
    for person in corrected:
        put_right(people, meeting, to=Verdict.EXCUSED, person=person)
    before = essence(rows(people.cast, meeting))
    for number in range(times):
        people.store.write_at(
            LATER + timedelta(hours=number), versions.settle_again, people.office, meeting, "核对"
        )
        assert essence(rows(people.cast, meeting)) == before
    with people.store.read() as work:
        holding = select(func.count()).where(
            Settlement.meeting_id == meeting, Settlement.superseded_at.is_(None)
        )
        assert work.db.scalar(holding) == 1


def test_before_it_is_settled_there_is_nothing_to_count_again(people: People) -> None:
    meeting = people.cast.meeting()
    with pytest.raises(NotNow):
        people.store.write_at(at(30), versions.settle_again, people.office, meeting, "核对")


def test_of_two_who_count_again_the_second_is_told(people: People) -> None:
    meeting = settled(people)
    again = versions.settle_again
    people.store.write_at(LATER, again, people.office, meeting, "核对", seen=1)
    with pytest.raises(Stale):
        people.store.write_at(LATER, again, people.office, meeting, "核对", seen=1)


# Corrections


def test_a_correction_makes_the_next_version_and_leaves_the_old_one(people: People) -> None:
    meeting, cast = settled(people), people.cast
    made = put_right(people, meeting)
    assert (made.version, made.by_id, made.reason) == (2, cast.office, "会场签到表为证")
    assert rows(cast, meeting, 1)[cast.zhao].outcome == Verdict.ABSENT
    zhao = rows(cast, meeting)[cast.zhao]
    assert (zhao.outcome, zhao.found) == (Verdict.ON_TIME, Verdict.ABSENT)
    assert zhao.reasons == [Reason.CORRECTED, Reason.NOT_SEEN]
    with people.store.read() as work:
        row = work.db.get_one(Correction, zhao.corrected_id)
        assert (row.old_outcome, row.outcome, row.reason, row.by_id, row.ended_at) == (
            Verdict.ABSENT, Verdict.ON_TIME, "会场签到表为证", cast.office, None
        )  # fmt: skip


def test_several_corrections_in_one_go_are_one_version(people: People) -> None:
    meeting, cast = settled(people), people.cast
    wanted = [
        Wanted(cast.seats[cast.zhao], Verdict.ON_TIME, Way.ON_SITE),
        Wanted(cast.seats[cast.li], Verdict.ON_TIME),
    ]
    made = people.store.write_at(LATER, corrections.correct, people.office, meeting, wanted, "签到表")
    assert made.version == 2
    found = rows(cast, meeting)
    assert {row.outcome for row in found.values()} == {Verdict.ON_TIME}
    assert (found[cast.zhao].mode, found[cast.li].mode) == (Way.ON_SITE, Way.REMOTE)


def test_a_newer_correction_takes_the_place_of_the_one_before(people: People) -> None:
    meeting = settled(people)
    put_right(people, meeting)
    put_right(people, meeting, to=Verdict.EXCUSED)
    assert rows(people.cast, meeting)[people.cast.zhao].outcome == Verdict.EXCUSED
    with people.store.read() as work:
        later, earlier = corrections.of_meeting(work, meeting)
        assert (later.correction.old_outcome, later.correction.ended_at) == (Verdict.ON_TIME, None)
        assert (earlier.correction.ended_at, earlier.ended_by) == (LATER, "清河县政协办公室")


def test_a_withdrawn_correction_lets_what_was_found_count_again(people: People) -> None:
    meeting, cast = settled(people), people.cast
    put_right(people, meeting)
    standing = rows(cast, meeting)[cast.zhao].corrected_id
    made = people.store.write_at(LATER, corrections.withdraw, people.office, standing, "看错了人")
    assert made.version == 3
    assert essence(rows(cast, meeting)) == essence(rows(cast, meeting, 1))
    assert rows(cast, meeting, 2)[cast.zhao].corrected_id == standing
    with pytest.raises(Stale):
        people.store.write_at(LATER, corrections.withdraw, people.office, standing, "看错了人")


@pytest.mark.parametrize(
    ("wanted", "reason", "field"),
    [
        ([], "为证", "outcome"),
        ([("zhao", Verdict.WALK_IN, None)], "为证", "outcome"),
        ([("zhao", Verdict.OBSERVED, None)], "为证", "outcome"),
        ([("zhao", Verdict.ABSENT, None)], "为证", "outcome"),
        ([("zhao", Verdict.ON_TIME, 1)], "为证", "half_days"),
        ([("zhao", Verdict.ON_TIME, None)], "", "reason"),
        ([("zhao", Verdict.ON_TIME, None), ("zhao", Verdict.LATE, None)], "为证", "outcome"),
    ],
)
def test_a_correction_that_can_not_be_is_refused_and_changes_nothing(
    people: People, wanted: Sequence[tuple[str, Verdict, int | None]], reason: str, field: str
) -> None:
    meeting, seats = settled(people), people.cast.seats
    asked = [Wanted(seats[getattr(people.cast, who)], to, half_days=half) for who, to, half in wanted]
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(LATER, corrections.correct, people.office, meeting, asked, reason)
    assert refusal.value.field == field
    assert len(rows(people.cast, meeting, 2)) == 0


def test_half_days_are_corrected_within_those_held(people: People) -> None:
    rule = Rule(half_days=True).as_data()
    meeting, cast = settled(people, rule=rule, closes_at=at(60)), people.cast
    wanted = [Wanted(cast.seats[cast.zhao], Verdict.ON_TIME, Way.ON_SITE, 1)]
    people.store.write_at(LATER, corrections.correct, people.office, meeting, wanted, "签到表")
    zhao = rows(cast, meeting)[cast.zhao]
    assert (zhao.half_days, zhao.half_days_held) == (1, 1)


def test_nobody_corrects_his_own_outcome_but_the_unit_above_may(people: People) -> None:
    meeting, cast = settled(people), people.cast

    def organizer_too(work: Work) -> None:
        work.db.add(
            RoleGrant(person_id=cast.zhao, unit_id=cast.county, role=Role.ORGANIZER, granted_at=work.now)
        )

    people.store.write(organizer_too)
    with pytest.raises(NotAllowed):
        put_right(people, meeting, who="zhao")
    put_right(people, meeting, who="province_office")
    standing = rows(cast, meeting)[cast.zhao].corrected_id
    with pytest.raises(NotAllowed):
        people.store.write_at(LATER, corrections.withdraw, people.actor("zhao"), standing, "不要")


@pytest.mark.parametrize("who", ["other_office", "reader", "wang"])
def test_only_the_host_s_organizers_correct(people: People, who: str) -> None:
    meeting = settled(people)
    with pytest.raises((NotAllowed, Missing)):
        put_right(people, meeting, who=who)


# Objections


def objected(people: People, meeting: int, who: str = "zhao", text: str = "我在分会场，签了到") -> Objection:
    return people.store.write_at(
        LATER, objections.lodge, people.actor(who), meeting, Claim.PRESENT, text, WITHIN
    )


def test_a_member_objects_once_to_a_version(people: People) -> None:
    meeting = settled(people)
    first = objected(people, meeting)
    assert objected(people, meeting).id == first.id  # the same form sent twice
    with pytest.raises(NotNow):
        objected(people, meeting, text="另外一句")
    with people.store.read() as work:
        (one,) = objections.open_to(work, people.office)
        assert (one.name, one.version, one.outcome.outcome) == ("赵敏", 1, Verdict.ABSENT)
        assert objections.open_to(work, people.actor("other_office")) == []


def test_an_accepted_objection_is_a_correction_in_the_same_transaction(people: People) -> None:
    meeting, cast = settled(people), people.cast
    one = objected(people, meeting)
    wanted = Wanted(cast.seats[cast.zhao], Verdict.ON_TIME, Way.ON_SITE)
    done = people.store.write_at(
        LATER, objections.accept, people.office, one.id, wanted, "分会场签到表上有您"
    )
    zhao = rows(cast, meeting)[cast.zhao]
    assert (zhao.outcome, zhao.corrected_id) == (Verdict.ON_TIME, done.correction_id)
    assert (done.accepted, done.answer, done.answered_by) == (True, "分会场签到表上有您", cast.office)
    with pytest.raises(Stale):
        people.store.write_at(LATER, objections.refuse, people.office, one.id, "不对")


def test_what_was_put_right_already_is_accepted_without_another_version(people: People) -> None:
    meeting, cast = settled(people), people.cast
    one = objected(people, meeting)
    put_right(people, meeting)
    wanted = Wanted(cast.seats[cast.zhao], Verdict.ON_TIME)
    done = people.store.write_at(LATER, objections.accept, people.office, one.id, wanted, "已更正")
    assert done.correction_id == rows(cast, meeting)[cast.zhao].corrected_id
    assert rows(cast, meeting, 3) == {}


def test_a_refused_objection_needs_a_reason_and_changes_no_outcome(people: People) -> None:
    meeting = settled(people)
    one = objected(people, meeting)
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(LATER, objections.refuse, people.office, one.id, " ")
    assert refusal.value.field == "answer"
    people.store.write_at(LATER, objections.refuse, people.office, one.id, "签到表上没有您的名字")
    assert rows(people.cast, meeting, 2) == {}
    with pytest.raises(NotNow):  # answered, and still the same version
        objected(people, meeting, text="再看一次")
    people.store.write_at(LATER, versions.settle_again, people.office, meeting, "核对")
    assert objected(people, meeting, text="再看一次").id != one.id


@pytest.mark.parametrize(("days", "refused"), [(14.9, False), (15, True)])
def test_objections_are_taken_until_the_deadline(people: People, days: float, refused: bool) -> None:
    meeting = settled(people)
    then = at(63) + timedelta(days=days)
    said = (objections.lodge, people.actor("zhao"), meeting, Claim.PRESENT, "我在", WITHIN)
    if refused:
        with pytest.raises(NotNow):
            people.store.write_at(then, *said)
    else:
        people.store.write_at(then, *said)


@pytest.mark.parametrize(("claim", "text", "field"), [("x", "我在", "claim"), ("present", "", "text")])
def test_an_objection_says_what_and_why(people: People, claim: str, text: str, field: str) -> None:
    meeting = settled(people)
    with pytest.raises(Invalid) as refusal:
        people.store.write_at(LATER, objections.lodge, people.actor("zhao"), meeting, claim, text, WITHIN)
    assert refusal.value.field == field


def test_who_is_not_in_the_report_has_nothing_to_object_to(people: People) -> None:
    meeting = settled(people)
    with pytest.raises(Missing):
        objected(people, meeting, who="outsider")


def test_nobody_answers_his_own_objection(people: People) -> None:
    meeting, cast = settled(people), people.cast
    one = objected(people, meeting)

    def organizer_too(work: Work) -> None:
        work.db.add(
            RoleGrant(person_id=cast.zhao, unit_id=cast.county, role=Role.ORGANIZER, granted_at=work.now)
        )

    people.store.write(organizer_too)
    with pytest.raises(NotAllowed):
        people.store.write_at(LATER, objections.refuse, people.actor("zhao"), one.id, "不对")
    with people.store.read() as work:
        assert objections.open_to(work, people.actor("zhao")) == []
        assert work.db.get_one(Meeting, meeting)
