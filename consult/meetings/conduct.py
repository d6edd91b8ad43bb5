"""Holding a meeting: opened early, extended, closed early, reopened; and leave for those expected."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid, Missing, NotNow
from consult.core.store import Work
from consult.meetings import access, moves
from consult.meetings.changes import Changed, claimed, done, make, not_now, require, why
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import Expected, Meeting
from consult.meetings.plan import LONGEST, check_times
from consult.members import audit
from consult.members.access import Actor

EARLY = timedelta(days=1)  # how long before its time a meeting may be opened

EXCUSING = frozenset(
    {State.DRAFT, State.SCHEDULED, State.LOBBY, State.OPEN, State.CLOSED, State.POSTPONED}
)  # fmt: skip
"""The states in which leave can be given and taken back."""


def open_early(work: Work, actor: Actor, meeting_id: int, version: int) -> Meeting:
    """Opens the meeting now; it ends as planned, and late is counted from the planned opening.

    Refuses: Missing, NotAllowed, Stale, NotNow (also more than EARLY before its time).
    """
    meeting = claimed(work, actor, meeting_id, version)
    require(meeting, Move.OPEN)
    if meeting.opens_at - work.now > EARLY:
        raise NotNow(_l("It is still more than a day until then. Please reschedule the meeting instead."))
    make(work, actor, meeting, Move.OPEN)
    return done(work, actor, meeting, "meeting.opened_early")


def extend(work: Work, actor: Actor, meeting_id: int, version: int, by: timedelta) -> Meeting:
    """Moves the end of an open meeting that much later. Refuses: Missing, NotAllowed, Stale, NotNow,
    Invalid (fields `by`, `closes_at`)."""
    _positive(by)
    meeting = claimed(work, actor, meeting_id, version)
    require(meeting, Move.EXTEND)
    before, after = meeting.closes_at, meeting.closes_at + by
    check_times(meeting.opens_at, after)
    meeting.closes_at = after
    make(work, actor, meeting, Move.EXTEND)
    return done(work, actor, meeting, "meeting.extended", {"closes_at": (before, after)})


def close_early(work: Work, actor: Actor, meeting_id: int, version: int) -> Meeting:
    """Ends the open meeting now. Refuses: Missing, NotAllowed, Stale, NotNow."""
    meeting = claimed(work, actor, meeting_id, version)
    make(work, actor, meeting, Move.CLOSE)
    return done(work, actor, meeting, "meeting.closed_early")


def reopen(
    work: Work, actor: Actor, meeting_id: int, version: int, reason: str, lasting: timedelta
) -> Meeting:
    """Opens a meeting that has ended again, from now for so long, until it is settled.

    Refuses: Missing, NotAllowed, Stale, NotNow, Invalid (fields `reason`, `by`, `closes_at`).
    """
    because = why(reason)
    _positive(lasting)
    meeting = claimed(work, actor, meeting_id, version)
    require(meeting, Move.REOPEN)
    before, after = meeting.closes_at, work.now + lasting
    check_times(meeting.opens_at, after)
    meeting.closes_at = after
    make(work, actor, meeting, Move.REOPEN, because)
    return done(work, actor, meeting, "meeting.reopened", {"closes_at": (before, after)}, because)


def excuse(work: Work, actor: Actor, meeting_id: int, membership_id: int, reason: str) -> Expected:
    """Gives a member who is expected leave, until the meeting is settled.

    Refuses: Missing (also when he isn't expected), NotAllowed, Invalid (field `reason`), NotNow.
    """
    because = why(reason)
    return give_leave(work, actor, _expected(work, actor, meeting_id, membership_id), because)


def give_leave(work: Work, actor: Actor, row: Expected, because: str) -> Expected:
    """Writes down leave that the actor may give, asking nobody."""
    row.excused_at, row.excused_by, row.excused_reason = work.now, actor.person_id or None, because
    return _noted(work, actor, row, "meeting.excused")


def unexcuse(work: Work, actor: Actor, meeting_id: int, membership_id: int) -> Expected:
    """Takes a member's leave back. Refuses: Missing, NotAllowed, NotNow."""
    row = _expected(work, actor, meeting_id, membership_id)
    row.excused_at, row.excused_by, row.excused_reason = None, None, ""
    return _noted(work, actor, row, "meeting.unexcused")


def _expected(work: Work, actor: Actor, meeting_id: int, membership_id: int) -> Expected:
    meeting = access.managed_by(work, actor, meeting_id)
    state = moves.state_now(meeting, work.now)
    if state not in EXCUSING:
        raise not_now(state)
    row = work.db.get(Expected, (meeting_id, membership_id))
    if row is None:
        raise Missing(_l("This member is not expected at the meeting."))
    return row


def _noted(work: Work, actor: Actor, row: Expected, action: str) -> Expected:
    meeting = work.db.get_one(Meeting, row.meeting_id)
    subject = f"meeting:{row.meeting_id}"
    audit.note(
        work, actor, action, subject, meeting.host_id, membership=row.membership_id, reason=row.excused_reason
    )
    work.record(Changed(row.meeting_id))
    return row


def _positive(length: timedelta) -> None:
    if not timedelta(0) < length <= LONGEST:
        raise Invalid(_l("Please choose a time."), field="by")
