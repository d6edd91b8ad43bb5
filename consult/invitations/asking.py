"""Asking for leave (请假), and deciding on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.invitations import leave, standing
from consult.invitations.leave import CHARGES, DECISIONS, LONGEST_REASON, Approver, Asker, ReasonType, Status
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Invited
from consult.meetings import conduct
from consult.meetings.changes import LONGEST_REASON as LONGEST_WORD
from consult.meetings.changes import not_now
from consult.meetings.conduct import EXCUSING
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting, Mode
from consult.members import audit, charges
from consult.members.access import Actor
from consult.topics.forms_of_consultation import Form

WITHDRAWING = (State.SCHEDULED, State.LOBBY, State.OPEN, State.POSTPONED)


def ask(work: Work, actor: Actor, meeting_id: int, reason_type: str, reason: str) -> LeaveRequest:
    """Asks for the actor's own leave; the request goes to whom `leave.route` says. Sent twice it is one.

    Refuses: Missing, when he isn't invited; Invalid (fields `reason_type`, `reason`); NotNow, after the
    deadline, when it was granted already, for the third time, and where one signs up.
    """
    kind = _reason_type(reason_type)
    text = line(reason, "reason", longest=LONGEST_REASON, required=kind.needs_text)
    meeting = standing.locked(work, actor, meeting_id)
    one = standing.invited_to(work, meeting, actor.person_id)
    standing.require_answerable(work, one)
    if one.by_sign_up:
        raise NotNow(_l("You sign up for this meeting yourself: if you can't come, cancel your sign-up."))
    if one.pending is not None:
        if (one.pending.reason_type, one.pending.reason) == (kind, text):
            return one.pending
        raise NotNow(_l("You have asked already. To say it differently, withdraw your request first."))
    if asked_so_far(work, meeting_id, actor.person_id) >= leave.MOST_REQUESTS:
        raise NotNow(_l("You have asked twice for leave from this meeting. Please call the office."))
    to = leave.route(Form(meeting.form), meeting.host_id, _asker(meeting, one), _in_charge(work, one))
    request = LeaveRequest(
        meeting_id=meeting_id, membership_id=one.seat.id, person_id=actor.person_id, asked_at=work.now,
        reason_type=kind, reason=text, status=Status.ASKED, approver=to.approver, approver_name=to.name,
        unit_id=to.unit_id,
    )  # fmt: skip
    work.db.add(request)
    work.db.flush()
    return request


def asked_so_far(work: Work, meeting_id: int, person_id: int) -> int:
    """How often the person has asked for leave from the meeting, also where he withdrew it."""
    return (
        work.db.scalar(
            select(func.count()).where(
                LeaveRequest.meeting_id == meeting_id, LeaveRequest.person_id == person_id
            )
        )
        or 0
    )


def withdraw(work: Work, actor: Actor, request_id: int) -> LeaveRequest:
    """Takes one's own request back while it is undecided. Refuses: Missing, Stale, when it was decided
    meanwhile; NotNow, once the meeting is over."""
    request = work.db.get(LeaveRequest, request_id)
    if request is None or request.person_id != actor.person_id:
        raise Missing
    meeting = standing.locked(work, actor, request.meeting_id)
    _require_undecided(work, request)
    one = standing.invited_to(work, meeting, actor.person_id)
    if one.state not in WITHDRAWING:
        raise not_now(one.state)
    request.status, request.decided_at = Status.WITHDRAWN, work.now
    return request


def decide(work: Work, actor: Actor, request_id: int, decision: str, word: str, kept_as: str) -> LeaveRequest:
    """Grants leave, refuses it, or advises to attend remotely instead; `word` is for who asked, and needed
    for a refusal. Granted leave is kept with the attendance, for the reason `kept_as`.

    Refuses: Missing, also for who may not know of it; NotAllowed, for who only reads of it, and for one's own
    request; Stale, when it was decided or withdrawn meanwhile; NotNow, once attendance is counted; Invalid
    (fields `decision`, `word`).
    """
    request = work.db.get(LeaveRequest, request_id)
    if request is None:
        raise Missing
    one = _to_decide(work, actor, request)
    status = _decision(decision, one.meeting)
    said = line(word, "word", longest=LONGEST_WORD, required=status is Status.REFUSED)
    _require_undecided(work, request)
    if one.state not in EXCUSING:
        raise not_now(one.state)
    if status is Status.GRANTED:
        seat = work.db.get(Expected, (request.meeting_id, request.membership_id))
        if seat is None or seat.excused_at is not None:
            raise Stale
        conduct.give_leave(work, actor, seat, kept_as[:LONGEST_WORD])
    _settle(work, actor, request, status, said)
    audit.note(
        work, actor, f"leave.{status}", f"meeting:{request.meeting_id}", one.meeting.host_id,
        membership=request.membership_id,
    )  # fmt: skip
    return request


def give(work: Work, actor: Actor, meeting_id: int, membership_id: int, reason: str) -> Expected:
    """Leave from the host's office without being asked, or in place of whoever was: a request that waits is
    granted by it. Refuses: as `conduct.excuse`."""
    standing.locked(work, actor, meeting_id)
    seat = conduct.excuse(work, actor, meeting_id, membership_id, reason)
    waiting = select(LeaveRequest).where(
        LeaveRequest.meeting_id == meeting_id, LeaveRequest.person_id == seat.person_id,
        LeaveRequest.status == Status.ASKED,
    )  # fmt: skip
    for request in work.db.scalars(waiting):
        _settle(work, actor, request, Status.GRANTED, "")
    return seat


def take_back(work: Work, actor: Actor, meeting_id: int, membership_id: int) -> Expected:
    """Takes leave back, and marks the request by which it was granted, if it was asked for; when and by whom
    it had been granted stays written there. Refuses: as `conduct.unexcuse`."""
    standing.locked(work, actor, meeting_id)
    seat = conduct.unexcuse(work, actor, meeting_id, membership_id)
    granted = select(LeaveRequest).where(
        LeaveRequest.meeting_id == meeting_id, LeaveRequest.person_id == seat.person_id,
        LeaveRequest.status == Status.GRANTED,
    )  # fmt: skip
    for request in work.db.scalars(granted):
        request.status = Status.TAKEN_BACK
    work.db.flush()
    return seat


def may_decide(work: Work, actor: Actor, request: LeaveRequest, one: Invited) -> bool:
    """Whether the actor is who is asked, or an office that may decide in place; nobody decides on his own."""
    if actor.person_id == request.person_id:
        return False
    return standing.speaks_for(work, actor, one) or _is_in_charge(work, actor, request)


def _to_decide(work: Work, actor: Actor, request: LeaveRequest) -> Invited:
    """The invitation behind the request, for whoever may decide on it. Refuses: Missing, NotAllowed."""
    # Who is asked may decide, also where he may not see the meeting otherwise: it is in his list.
    if _is_in_charge(work, actor, request):
        meeting = standing.held(work, request.meeting_id)
    else:
        meeting = standing.locked(work, actor, request.meeting_id)
    one = standing.invited_to(work, meeting, request.person_id)
    if not standing.knows_of(work, actor, one) and not _is_in_charge(work, actor, request):
        raise Missing
    if not may_decide(work, actor, request, one):
        own = actor.person_id == request.person_id
        raise NotAllowed(_l("Somebody else decides on your own request.") if own else None)
    return one


def _is_in_charge(work: Work, actor: Actor, request: LeaveRequest) -> bool:
    """Whether the request goes to the actor as who convenes the sector or heads the committee."""
    kind = CHARGES.get(Approver(request.approver))
    if kind is None:
        return False
    return actor.person_id in charges.holders(work, request.unit_id).get((kind, request.approver_name), ())


def _require_undecided(work: Work, request: LeaveRequest) -> None:
    work.db.refresh(request)
    if request.status != Status.ASKED:
        raise Stale(_l("This request has been decided on or withdrawn in the meantime."))


def _settle(work: Work, actor: Actor, request: LeaveRequest, status: Status, said: str) -> None:
    request.status, request.decision = status, said
    request.decided_at, request.decided_by = work.now, actor.person_id or None
    work.db.flush()


def _asker(meeting: Meeting, one: Invited) -> Asker:
    """Who asks; of his committees, those that the meeting's office picked go first."""
    picked = meeting.audience.get("committees", ())
    committees = sorted(one.seat.committees, key=lambda name: name not in picked)
    return Asker(one.row.person_id, one.seat.unit_id, one.seat.sector, committees, one.row.named_by_unit)


def _in_charge(work: Work, one: Invited) -> dict[tuple[charges.ChargeKind, str], set[int]]:
    return dict(charges.holders(work, one.seat.unit_id))


def _reason_type(sent: str) -> ReasonType:
    try:
        return ReasonType(sent)
    except ValueError as error:
        raise Invalid(_l("Please choose a reason."), field="reason_type") from error


def _decision(sent: str, meeting: Meeting) -> Status:
    if sent not in DECISIONS or (sent == Status.REMOTE and not advisable(meeting)):
        raise Invalid(_l("Please choose one of these."), field="decision")
    return Status(sent)


def advisable(meeting: Meeting) -> bool:
    """Whether somebody who asks for leave can be advised to attend from where he is."""
    return meeting.mode == Mode.REMOTE or standing.remote_instead(meeting)
