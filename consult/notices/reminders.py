"""Reminders: set with the announcement, void when the meeting is moved, given when they are due.

A clock that was down over several gives only the nearest, and none once the meeting is open.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from sqlalchemy import Select, and_, or_, select, update

from consult.core.store import Work
from consult.invitations import standing
from consult.meetings import moves
from consult.meetings.invited import WITH_A_PLACE, observing
from consult.meetings.models import Answer, Expected, Invitation, Meeting
from consult.notices.kinds import Kind
from consult.notices.known import ON, about, status_of
from consult.notices.models import Notice, Reminder
from consult.notices.outbox import Telling, tell, tell_groups, withdraw
from consult.notices.policy import Policy

MEETING, ANSWER = "meeting", "answer"
ANSWER_MINUTES = 1440  # before the last instant to answer


def plan(work: Work, policy: Policy, meeting: Meeting, number: int) -> None:
    """Sets the reminders by the times as they are now; those set before are void, and what has been told by
    them goes out no more."""
    work.db.execute(
        update(Reminder)
        .where(Reminder.meeting_id == meeting.id, Reminder.due_at.is_not(None))
        .values(voided_at=work.now, due_at=None)
        .execution_options(synchronize_session=False)
    )
    given = and_(Notice.subject == f"meeting:{meeting.id}", Notice.kind == Kind.REMINDER)
    withdraw(work, given)
    work.db.execute(
        update(Notice)
        .where(given, Notice.voided_at.is_(None), Notice.read_at.is_(None))
        .values(voided_at=work.now)
        .execution_options(synchronize_session=False)
    )
    if status_of(moves.state_now(meeting, work.now)) != ON:
        return
    due = [(MEETING, minutes, meeting.opens_at) for minutes in policy.reminders]
    if meeting.answer_by is not None and policy.reminders:
        due.append((ANSWER, ANSWER_MINUTES, meeting.answer_by))
    work.db.add_all(
        Reminder(meeting_id=meeting.id, number=number, about=what, minutes_before=minutes, due_at=due_at)
        for what, minutes, end in due
        if (due_at := end - timedelta(minutes=minutes)) > work.now
    )
    work.db.flush()


def waiting(work: Work) -> list[int]:
    """The meetings that have reminders to be given now."""
    return list(work.db.scalars(select(Reminder.meeting_id).where(Reminder.due_at <= work.now).distinct()))


def give(work: Work, policy: Policy, meeting_id: int) -> None:
    """Gives the meeting's reminders that are due: of several the nearest, and only while it is of use."""
    due = work.db.scalars(
        select(Reminder)
        .where(Reminder.meeting_id == meeting_id, Reminder.due_at <= work.now)
        .order_by(Reminder.about, Reminder.minutes_before)
        .with_for_update(skip_locked=True)
    ).all()
    meeting = work.db.get_one(Meeting, meeting_id)
    on = status_of(moves.state_now(meeting, work.now)) == ON
    for what, several in groupby(due, lambda reminder: reminder.about):
        nearest, *older = several
        end = meeting.opens_at if what == MEETING else meeting.answer_by
        useful = on and end is not None and work.now < end
        if useful:
            _give(work, policy, meeting, nearest)
        for reminder in (*(() if useful else (nearest,)), *older):
            reminder.voided_at, reminder.due_at = work.now, None


def _give(work: Work, policy: Policy, meeting: Meeting, reminder: Reminder) -> None:
    reminder.given_at, reminder.due_at = work.now, None
    facts = about(work, meeting)
    for_answer = reminder.about == ANSWER
    end = meeting.answer_by if for_answer else meeting.opens_at

    def telling(*, ask: bool) -> Telling:
        return Telling(
            Kind.REMINDER, f"meeting:{meeting.id}", reminder.id, {**facts, "ask": ask}, meeting.id, end, end
        )

    if meeting.answer_by is None or work.now < meeting.answer_by:
        tell(work, policy, unanswered(meeting), telling(ask=True))
    if not for_answer:
        tell(work, policy, coming(meeting), telling(ask=False))
        tell(work, policy, observing(meeting.id), telling(ask=False))
        tell_groups(work, policy, meeting.host_id, telling(ask=False))


def coming(meeting: Meeting) -> Select[int]:
    """Those expected without leave."""
    return select(Expected.person_id).where(Expected.meeting_id == meeting.id, Expected.excused_at.is_(None))


def unanswered(meeting: Meeting) -> Select[int]:
    """Those invited who have said nothing, or only to another time of the meeting; not those who have leave
    or have asked for it."""
    outdated = Invitation.answer.in_(WITH_A_PLACE) & (Invitation.answered_for != meeting.opens_at)
    return select(Invitation.person_id).where(
        Invitation.meeting_id == meeting.id,
        or_(Invitation.answer == Answer.NONE, outdated),
        ~standing.excused(),
        ~standing.asking(),
    )
