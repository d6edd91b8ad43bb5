"""Leave asked for and decided on: all paths by role, and what can no longer be changed."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from sqlalchemy import select

from consult.attendance import settle
from consult.attendance.models import Outcome
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.core.store import Work
from consult.invitations import answering, asking, overview, waiting
from consult.invitations.answering import Wish
from consult.invitations.leave import Approver, Status
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Stand
from consult.meetings import access, conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Expected, Invitation, Meeting, Mode
from consult.members import charges, roles
from consult.members.access import CONSOLE, actor_of
from consult.members.models import Membership, Role
from consult.topics.forms_of_consultation import Form
from tests.invitations.people import SOON, Circle
from tests.support.cast import at

DECIDED = at(-600)


def ask(
    circle: Circle, meeting: Meeting, role: str = "li", kind: str = "illness", reason: str = "",
    now: datetime = SOON,
) -> LeaveRequest:  # fmt: skip
    return circle.store.write_at(now, asking.ask, circle.actor(role), meeting.id, kind, reason)


def decide(
    circle: Circle, role: str, request: LeaveRequest, decision: str = "granted", word: str = "",
    now: datetime = DECIDED,
) -> LeaveRequest:  # fmt: skip
    return circle.store.write_at(
        now, asking.decide, circle.actor(role), request.id, decision, word, "生病"
    )  # fmt: skip


def queue(circle: Circle, role: str) -> list[tuple[int, bool]]:
    with circle.store.read(SOON) as work:
        return [(one.request.id, one.routed) for one in waiting.requests(work, circle.actor(role))]


# Asking


def test_leave_is_asked_for_and_waits(circle: Circle) -> None:
    meeting = circle.meeting()
    request = ask(circle, meeting, kind="away", reason="到省里开会")
    one = circle.stands("li", meeting)
    assert (one.stand, one.unanswered) == (Stand.ASKED, False)
    assert (request.status, request.asked_at, request.reason) == (Status.ASKED, SOON, "到省里开会")
    assert circle.cast.li in circle.expected(meeting)


@pytest.mark.parametrize(
    ("kind", "reason", "field"),
    [("", "", "reason_type"), ("nonsense", "x", "reason_type"), ("other", " ", "reason"),
     ("superior", "", "reason"), ("illness", "长" * 101, "reason")],
)  # fmt: skip
def test_a_reason_is_needed(circle: Circle, kind: str, reason: str, field: str) -> None:
    meeting = circle.meeting()
    with pytest.raises(Invalid) as refused:
        ask(circle, meeting, kind=kind, reason=reason)
    assert refused.value.field == field
    assert circle.requests(meeting) == []


def test_the_same_request_sent_twice_is_one_and_another_waits_for_the_first(circle: Circle) -> None:
    meeting = circle.meeting()
    assert ask(circle, meeting).id == ask(circle, meeting).id
    with pytest.raises(NotNow, match="withdraw"):
        ask(circle, meeting, kind="family")


def test_one_asks_at_most_twice(circle: Circle) -> None:
    meeting = circle.meeting()
    for _ in range(2):
        request = ask(circle, meeting)
        circle.store.write_at(SOON, asking.withdraw, circle.actor("li"), request.id)
    with pytest.raises(NotNow, match="twice"):
        ask(circle, meeting)


def test_not_after_the_deadline_and_not_where_one_signs_up(circle: Circle) -> None:
    late = circle.meeting(answer_by=at(-800))
    with pytest.raises(NotNow):
        ask(circle, late)
    own = circle.sign_up()
    circle.answer("li", own, Wish.COME)
    with pytest.raises(NotNow, match="sign-up"):
        ask(circle, own)


@pytest.mark.parametrize("stranger", ["outsider", "office"])
def test_only_who_is_invited_asks(circle: Circle, stranger: str) -> None:
    with pytest.raises(Missing):
        ask(circle, circle.meeting(), role=stranger)


def test_answering_takes_the_request_back(circle: Circle) -> None:
    meeting = circle.meeting(mode=Mode.HYBRID, place="三楼")
    ask(circle, meeting)
    circle.answer("li", meeting, Wish.REMOTE)
    assert [one.status for one in circle.requests(meeting)] == [Status.WITHDRAWN]
    assert circle.stands("li", meeting).stand is Stand.REMOTE


def test_only_one_s_own_request_is_withdrawn_and_only_while_it_waits(circle: Circle) -> None:
    meeting = circle.meeting()
    request = ask(circle, meeting)
    for other in ("wang", "office", "outsider"):
        with pytest.raises(Missing):
            circle.store.write_at(SOON, asking.withdraw, circle.actor(other), request.id)
    decide(circle, "office", request)
    with pytest.raises(Stale):
        circle.store.write_at(SOON, asking.withdraw, circle.actor("li"), request.id)


# Deciding

ROUTES = {
    Form.SECTOR: (Approver.CONVENER, "农业界", "convener"),
    Form.COUNTERPART: (Approver.COMMITTEE_HEAD, "提案委", "head"),
    Form.PROPOSAL_HANDLING: (Approver.COMMITTEE_HEAD, "提案委", "head"),
    Form.REMOTE: (Approver.OWN_OFFICE, "", "office"),
    Form.STANDING_COMMITTEE: (Approver.OWN_OFFICE, "", "office"),
    Form.ACTIVITY: (Approver.OWN_OFFICE, "", "office"),
}


@pytest.mark.parametrize("form", ROUTES)
def test_each_form_has_its_approver(circle: Circle, form: Form) -> None:
    approver, name, role = ROUTES[form]
    meeting = circle.meeting(form=form)
    request = ask(circle, meeting)
    assert (request.approver, request.approver_name, request.unit_id) == (approver, name, circle.cast.county)
    assert queue(circle, role) == [(request.id, True)]
    assert decide(circle, role, request).status == Status.GRANTED
    assert circle.stands("li", meeting).stand is Stand.LEAVE
    assert queue(circle, role) == []


@pytest.mark.parametrize("role", ["office", "administrator", "province_office"])
def test_an_office_may_decide_in_place_of_who_is_asked(circle: Circle, role: str) -> None:
    request = ask(circle, circle.meeting(form=Form.SECTOR))
    assert queue(circle, role) == [(request.id, False)]
    assert decide(circle, role, request).decided_by == circle.id(role)


@pytest.mark.parametrize(
    ("role", "refusal"),
    [("li", NotAllowed), ("reader", NotAllowed), ("wang", Missing), ("head", Missing),
     ("outsider", Missing), ("other_office", Missing)],
)  # fmt: skip
def test_nobody_else_decides(circle: Circle, role: str, refusal: type[Refusal]) -> None:
    meeting = circle.meeting(form=Form.SECTOR)
    request = ask(circle, meeting)
    assert queue(circle, role) == []
    with pytest.raises(refusal):
        decide(circle, role, request)
    assert circle.stands("li", meeting).stand is Stand.ASKED


def test_who_is_in_charge_does_not_decide_on_his_own(circle: Circle) -> None:
    meeting = circle.meeting(form=Form.SECTOR)
    request = ask(circle, meeting, role="convener")
    assert request.approver == Approver.OWN_OFFICE
    with pytest.raises(NotAllowed, match="own request"):
        decide(circle, "convener", request)
    decide(circle, "office", request)


def test_an_organizer_does_not_decide_on_his_own(circle: Circle) -> None:
    """A member of the county who also keeps its meetings: his colleague decides."""
    circle.store.write(roles.grant, CONSOLE, circle.cast.county, circle.cast.li, Role.ORGANIZER)
    request = ask(circle, circle.meeting())
    assert queue(circle, "li") == []
    with pytest.raises(NotAllowed, match="own request"):
        decide(circle, "li", request)
    decide(circle, "office", request)


def test_who_is_no_member_any_more_reads_no_requests(circle: Circle) -> None:
    meeting = circle.meeting(form=Form.SECTOR)
    request = ask(circle, meeting)
    assert request.approver == Approver.CONVENER

    def reads(now: datetime) -> tuple[int, int, bool]:
        with circle.store.read(now) as work:
            actor = actor_of(work, circle.convener)
            found = waiting.requests(work, actor)
            return len(found), waiting.requests_for(work, actor), waiting.in_charge(work, actor)

    assert reads(DECIDED) == (1, 1, True)

    def end(work: Work) -> None:
        seat = work.db.scalars(select(Membership).where(Membership.person_id == circle.convener)).one()
        seat.to_day = work.now.date()

    circle.store.write_at(DECIDED, end)
    assert reads(DECIDED) == (0, 0, False)


def test_who_is_asked_decides_also_where_he_may_not_see_the_meeting(circle: Circle) -> None:
    meeting = circle.meeting(form=Form.SECTOR, audience=Audience(also=(circle.cast.seats[circle.cast.li],)))
    request = ask(circle, meeting)

    def move(work: Work) -> None:
        work.db.get_one(Meeting, meeting.id).host_id = circle.cast.other_county

    circle.store.write_at(SOON, move)
    with circle.store.read(SOON) as work, pytest.raises(Missing):
        access.seen_by(work, circle.actor("convener"), meeting.id)
    assert queue(circle, "convener") == [(request.id, True)]
    for stranger in ("head", "wang"):
        with pytest.raises(Missing):
            decide(circle, stranger, request)
    assert decide(circle, "convener", request).status == Status.GRANTED


def test_a_charge_that_is_taken_away_decides_no_more(circle: Circle) -> None:
    request = ask(circle, circle.meeting(form=Form.SECTOR))
    with circle.store.read() as work:
        held = [one for circle_ in charges.circles(work, circle.cast.county) for one in circle_.held]
    for one in held:
        circle.store.write(charges.take, circle.people.office, one.charge.id)
    assert queue(circle, "convener") == []
    with pytest.raises(Missing):
        decide(circle, "convener", request)


def test_what_a_higher_tier_calls_is_decided_by_its_office_and_by_one_s_own(circle: Circle) -> None:
    meeting = circle.of_province(audience=circle.people.plan().audience)
    request = ask(circle, meeting)
    assert (request.approver, request.unit_id) == (Approver.HOST_OFFICE, circle.cast.province)
    assert queue(circle, "province_office") == [(request.id, True)]
    assert queue(circle, "office") == [(request.id, False)]
    assert queue(circle, "other_office") == []
    decide(circle, "office", request)


def test_granted_leave_is_kept_with_the_attendance(circle: Circle) -> None:
    meeting = circle.meeting()
    decide(circle, "office", ask(circle, meeting))
    with circle.store.read() as work:
        row = work.db.get_one(Expected, (meeting.id, circle.seat("li", meeting)))
    assert (row.excused_at, row.excused_by, row.excused_reason) == (at(-600), circle.id("office"), "生病")
    circle.store.write_at(at(61), moves.advance_due)
    circle.store.write_at(at(70), settle.settle_due)
    with circle.store.read() as work:
        kinds = {
            row.person_id: row.outcome for row in work.db.scalars(select(Outcome))
        }  # fmt: skip
    assert kinds[circle.cast.li] == "excused"
    assert kinds[circle.cast.wang] == "absent"


def test_a_refusal_needs_a_word_and_leaves_him_expected(circle: Circle) -> None:
    meeting = circle.meeting()
    request = ask(circle, meeting)
    with pytest.raises(Invalid) as refused:
        decide(circle, "office", request, "refused", " ")
    assert refused.value.field == "word"
    decided = decide(circle, "office", request, "refused", "请您务必参加")
    assert (decided.status, decided.decision) == (Status.REFUSED, "请您务必参加")
    assert circle.stands("li", meeting).stand is Stand.NONE
    ask(circle, meeting, now=at(-590))  # and he may ask once more


def test_attending_remotely_is_advised_only_where_that_can_be(circle: Circle) -> None:
    on_site = circle.meeting(mode=Mode.ON_SITE, place="三楼")
    with pytest.raises(Invalid):
        decide(circle, "office", ask(circle, on_site), "remote")
    hybrid = circle.meeting(mode=Mode.HYBRID, place="三楼")
    assert decide(circle, "office", ask(circle, hybrid), "remote").status == Status.REMOTE
    assert circle.answer("li", hybrid, Wish.REMOTE, at(-590)) == "remote"


def test_a_second_decision_is_told_of_the_first(circle: Circle) -> None:
    request = ask(circle, circle.meeting(form=Form.SECTOR))
    decide(circle, "convener", request)
    with pytest.raises(Stale):
        decide(circle, "office", request, "refused", "晚了")


def test_of_two_who_decide_at_once_one_is_told(circle: Circle) -> None:
    request = ask(circle, circle.meeting(form=Form.SECTOR))
    gate, results = threading.Barrier(2), list[object]()

    def run(role: str, decision: str) -> None:
        gate.wait()
        try:
            results.append(decide(circle, role, request, decision, "字"))
        except Stale as refusal:
            results.append(refusal)

    threads = [
        threading.Thread(target=run, args=pair) for pair in (("convener", "granted"), ("office", "refused"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, Stale) for one in results) == [False, True]


def test_nothing_is_decided_once_attendance_is_counted(circle: Circle) -> None:
    meeting = circle.meeting()
    request = ask(circle, meeting)
    circle.store.write_at(at(61), moves.advance_due)
    circle.store.write_at(at(70), settle.settle_due)
    assert queue(circle, "office") == []
    with pytest.raises(NotNow):
        decide(circle, "office", request, now=at(80))
    with pytest.raises(NotNow):
        circle.store.write_at(at(80), asking.withdraw, circle.actor("li"), request.id)


def test_once_attendance_is_counted_a_member_changes_nothing_of_his(circle: Circle) -> None:
    """Neither with leave granted nor refused, nor having answered, nor having said nothing."""
    meeting = circle.meeting(mode=Mode.HYBRID, place="三楼")
    decide(circle, "office", ask(circle, meeting))
    refused = decide(circle, "office", ask(circle, meeting, role="wang"), "refused", "请参加")
    circle.answer("zhao", meeting, Wish.COME)
    circle.store.write_at(at(61), moves.advance_due)
    circle.store.write_at(at(70), settle.settle_due)

    def rows() -> list[tuple[object, ...]]:
        with circle.store.read() as work:
            outcomes = select(Outcome.person_id, Outcome.outcome, Outcome.excused_reason)
            seats = select(Expected.person_id, Expected.excused_at, Expected.excused_reason)
            stands = select(Invitation.person_id, Invitation.answer, Invitation.answered_at)
            requests = select(LeaveRequest.person_id, LeaveRequest.status, LeaveRequest.decided_at)
            return [
                tuple(row) for query in (outcomes, seats, stands, requests) for row in work.db.execute(query)
            ]

    before = rows()
    for role in ("li", "wang", "zhao", "head"):
        for wish in (Wish.COME, Wish.REMOTE):
            with pytest.raises(NotNow):
                circle.answer(role, meeting, wish, at(80))
        with pytest.raises(NotNow):
            ask(circle, meeting, role=role, kind="family", now=at(80))
    with pytest.raises(Stale):
        circle.store.write_at(at(80), asking.withdraw, circle.actor("wang"), refused.id)
    assert rows() == before


@pytest.mark.parametrize("role", ["office", "administrator", "province_office"])
def test_once_attendance_is_counted_an_office_changes_no_leave_or_answer_either(
    circle: Circle, role: str
) -> None:
    meeting = circle.meeting()
    seat = circle.seat("li", meeting)
    circle.store.write_at(at(61), moves.advance_due)
    circle.store.write_at(at(70), settle.settle_due)
    actor = circle.actor(role)
    with pytest.raises(NotNow):
        circle.store.write_at(at(80), asking.give, actor, meeting.id, seat, "补假")
    with pytest.raises(NotNow):
        circle.store.write_at(at(80), asking.take_back, actor, meeting.id, seat)
    with pytest.raises(NotNow):
        circle.store.write_at(at(80), answering.answer_for, actor, meeting.id, seat, Wish.COME)


def test_the_deadline_binds_the_member_and_not_his_office(circle: Circle) -> None:
    meeting = circle.meeting(answer_by=at(-800))
    with pytest.raises(NotNow):
        ask(circle, meeting)
    asking_for = (circle.people.office, meeting.id, circle.seat("li", meeting), "电话请假")
    circle.store.write_at(SOON, asking.give, *asking_for)
    assert circle.stands("li", meeting).stand is Stand.LEAVE
    with pytest.raises(NotNow, match="granted"):
        circle.answer("li", meeting, Wish.COME)


def test_a_request_that_waits_may_be_decided_after_the_deadline(circle: Circle) -> None:
    meeting = circle.meeting(answer_by=at(-650))
    request = ask(circle, meeting)
    decide(circle, "office", request, now=at(-600))
    assert circle.stands("li", meeting).stand is Stand.LEAVE


def test_a_request_outlives_a_meeting_that_moves(circle: Circle) -> None:
    meeting = circle.meeting()
    request = ask(circle, meeting)
    office = circle.people.office
    circle.store.write_at(at(-650), scheduling.reschedule, office, meeting.id, 1, at(2000), at(2060))
    decide(circle, "office", request)
    assert circle.stands("li", meeting).stand is Stand.LEAVE


# Leave that the office gives by itself


def test_the_office_s_own_leave_settles_what_was_asked(circle: Circle) -> None:
    meeting = circle.meeting(form=Form.SECTOR)
    request = ask(circle, meeting)
    seat = circle.seat("li", meeting)
    circle.store.write_at(at(-600), asking.give, circle.people.office, meeting.id, seat, "电话请假")
    assert [one.status for one in circle.requests(meeting)] == [Status.GRANTED]
    assert queue(circle, "convener") == []
    with pytest.raises(Stale):
        decide(circle, "convener", request)


@pytest.mark.parametrize(
    ("role", "refusal"), [("reader", NotAllowed), ("li", NotAllowed), ("other_office", Missing)]
)
def test_only_the_host_s_office_gives_leave_by_itself(
    circle: Circle, role: str, refusal: type[Refusal]
) -> None:
    meeting = circle.meeting()
    with pytest.raises(refusal):
        circle.store.write_at(
            SOON, asking.give, circle.actor(role), meeting.id, circle.seat("li", meeting), "电话请假"
        )


@pytest.mark.parametrize(
    ("role", "refusal"), [("reader", NotAllowed), ("li", NotAllowed), ("other_office", Missing)]
)
def test_leave_that_is_taken_back_is_granted_no_longer(
    circle: Circle, role: str, refusal: type[Refusal]
) -> None:
    meeting = circle.meeting()
    decide(circle, "office", ask(circle, meeting))
    seat = circle.seat("li", meeting)
    with pytest.raises(refusal):
        circle.store.write_at(at(-500), asking.take_back, circle.actor(role), meeting.id, seat)
    circle.store.write_at(at(-500), asking.take_back, circle.people.office, meeting.id, seat)
    [request] = circle.requests(meeting)
    assert (request.status, request.decided_at) == (Status.TAKEN_BACK, at(-600))
    assert circle.stands("li", meeting).stand is Stand.NONE
    with circle.store.read() as work:
        events = overview.history(work, work.db.get_one(Meeting, meeting.id), seat, circle.cast.li)
    assert [event.action for event in events] == ["", "meeting.unexcused"]


def test_both_ways_stand_in_one_history(circle: Circle) -> None:
    meeting = circle.meeting()
    office, seat = circle.people.office, circle.seat("li", meeting)
    decide(circle, "office", ask(circle, meeting), "refused", "请参加")
    circle.store.write_at(at(-500), asking.give, office, meeting.id, seat, "住院")
    circle.store.write_at(at(-400), conduct.unexcuse, office, meeting.id, seat)
    circle.store.write_at(at(-300), answering.answer_for, office, meeting.id, seat, Wish.COME)
    decide(circle, "office", ask(circle, meeting, now=at(-200)), now=at(-100))
    with circle.store.read() as work:
        events = overview.history(work, work.db.get_one(Meeting, meeting.id), seat, circle.cast.li)
    assert [(event.at, event.action, event.reason or event.answer) for event in events] == [
        (SOON, "", ""), (at(-500), "meeting.excused", "住院"), (at(-400), "meeting.unexcused", ""),
        (at(-300), "invitation.answered_for", "accepted"), (at(-200), "", ""),
    ]  # fmt: skip
