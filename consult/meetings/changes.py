"""How each change to a meeting begins and ends: claimed in the version its author read, then noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.core.versions import claim
from consult.meetings import access, moves
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Meeting
from consult.members import edits
from consult.members.access import Actor

LONGEST_REASON = 200


@dataclass(frozen=True)
class Changed:
    """Something about a meeting has been changed by its office: its plan, its state, who is expected."""

    meeting_id: int


def claimed(work: Work, actor: Actor, meeting_id: int, version: int) -> Meeting:
    """The meeting, its due moves recorded, as this verb's alone to change.

    Refuses: Missing, NotAllowed; Stale, when somebody has changed it since that version.
    """
    meeting = access.managed_by(work, actor, meeting_id)
    claim(work, meeting, version)
    moves.catch_up(work, meeting)
    return meeting


def require(meeting: Meeting, *steps: Move) -> None:
    """Refuses (NotNow) unless the meeting's state allows one of these moves."""
    state = State(meeting.state)
    if not any((state, step) in MOVES for step in steps):
        raise not_now(state)


def make(work: Work, actor: Actor, meeting: Meeting, step: Move, reason: str = "") -> None:
    """Makes the move now, in the actor's name. Refuses: NotNow; Stale, when another process was first."""
    require(meeting, step)
    if not moves.move(work, meeting, step, at=work.now, by_id=actor.person_id or None, reason=reason):
        raise Stale


def done(
    work: Work,
    actor: Actor,
    meeting: Meeting,
    action: str,
    changed: Mapping[str, tuple[object, object]] | None = None,
    reason: str = "",
) -> Meeting:
    """Writes the change down, has listeners told after COMMIT, and gives the meeting back."""
    moves.set_due(meeting)
    subject = f"meeting:{meeting.id}"
    edits.note(work, actor, action, subject, meeting.host_id, meeting.version, changed or {}, reason)
    work.record(Changed(meeting.id))
    work.db.flush()
    return meeting


def why(reason: str, *, required: bool = True) -> str:
    """The reason as it is kept. Refuses: Invalid (field `reason`)."""
    return line(reason, "reason", longest=LONGEST_REASON, required=required)


def not_now(state: State) -> NotNow:
    """The refusal that says in which state the meeting is."""
    return NotNow(_l("The meeting is now “%(state)s”; this can't be done.", state=state.label))
