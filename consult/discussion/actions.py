"""Saying something in a meeting, and the office's moderation of what was said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select

from consult.core import text as texts
from consult.core.errors import Invalid, Missing, NotNow
from consult.core.store import Work
from consult.meetings import access, log, moves
from consult.meetings.lifecycle import Act, State
from consult.meetings.log import Said
from consult.meetings.models import Content, Entry, Kind, LogHead, Meeting
from consult.meetings.standing import standing_of
from consult.members.access import Actor, require_consent
from consult.members.models import Unit

LONGEST = 500  # characters of a comment
LONGEST_REASON = 200
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

_NOT_YET = _l("The meeting has not begun. Your words stay on this device; send them once it is open.")
_OVER = _l("The meeting has ended; comments are closed.")
_REFUSED = {
    State.SCHEDULED: _NOT_YET,
    State.LOBBY: _NOT_YET,
    State.CLOSED: _OVER,
    State.SETTLED: _OVER,
    State.ARCHIVED: _OVER,
}

# Asked for each comment, so put together once.
_HEAD = (
    select(LogHead)
    .where(LogHead.meeting_id == bindparam("meeting"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OF_KEY = (
    select(Entry, Content)
    .outerjoin(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
    .where(Entry.meeting_id == bindparam("meeting"), Entry.key == bindparam("key"))
)


@dataclass(frozen=True)
class Posted:
    """A comment as it stands in the log; `again` when it already did."""

    meeting_id: int
    seq: int
    again: bool

    @property
    def id(self) -> str:
        """The comment's name among all meetings."""
        return f"{self.meeting_id}-{self.seq}"


def post(
    work: Work, actor: Actor, meeting_id: int, key: str, text: str, typed_at: datetime | None = None
) -> Posted:
    """Says something. The same person's retry with the same key and text is the same comment.

    After closing, what was typed before it (`typed_at`, by the caller's clock) is still taken within the
    meeting's grace and marked late. Refuses: Missing, NotAllowed (no consent yet), Invalid, NotNow.
    """
    meeting = access.seen_by(work, actor, meeting_id)
    require_consent(actor)
    said = texts.paragraphs(text, "text", longest=LONGEST)
    if not KEY.fullmatch(key):
        raise Invalid(_l("The key must be 8 to 64 letters, digits, - or _."), field="key")
    moves.catch_up(work, meeting)  # before the log's head is taken, in the order in which all who move do
    _lock(work, meeting_id)
    earlier = _with_key(work, meeting_id, key)
    if earlier is not None:
        return _again(actor, earlier, said)
    work.db.refresh(meeting)  # while we waited for the log, others may have moved it
    entry = log.append(
        work,
        meeting_id,
        Kind.COMMENT,
        at=work.now,
        person_id=actor.person_id,
        key=key,
        late=_is_late(meeting, work.now, typed_at),
        content=_signed(work, actor, meeting, said),
    )
    return Posted(meeting_id, entry.seq, again=False)


def hide(work: Work, actor: Actor, meeting_id: int, seq: int, reason: str) -> int:
    """Takes a comment's words out of everyone's sight, keeping them on file; a pinned one is unpinned.

    Returns the number of the log's last entry about it. Refuses: Missing, NotAllowed, Invalid, NotNow.
    """
    why = texts.line(reason, "reason", longest=LONGEST_REASON)
    said, head = _moderated(work, actor, meeting_id, seq)
    if said.hidden_at is not None:
        return head.seq
    said.hidden_at, said.hidden_by, said.hidden_reason = work.now, actor.person_id, why
    if head.pinned == seq:
        _set_pinned(work, actor, head, None, Kind.UNPIN, seq)
    return _note(work, actor, meeting_id, Kind.HIDE, seq)


def show(work: Work, actor: Actor, meeting_id: int, seq: int) -> int:
    """Brings a hidden comment back. Refuses: Missing, NotAllowed, NotNow."""
    said, head = _moderated(work, actor, meeting_id, seq)
    if said.hidden_at is None:
        return head.seq
    said.hidden_at, said.hidden_by, said.hidden_reason = None, None, ""
    return _note(work, actor, meeting_id, Kind.SHOW, seq)


def pin(work: Work, actor: Actor, meeting_id: int, seq: int) -> int:
    """Puts a comment above all others, in place of the one there. Refuses: Missing, NotAllowed, NotNow."""
    said, head = _moderated(work, actor, meeting_id, seq)
    if said.hidden_at is not None:
        raise NotNow(_l("This comment is hidden. Please show it again before you pin it."))
    if head.pinned == seq:
        return head.seq
    return _set_pinned(work, actor, head, seq, Kind.PIN, seq)


def unpin(work: Work, actor: Actor, meeting_id: int, seq: int) -> int:
    """Takes the pinned comment down, if it is still that one. Refuses: Missing, NotAllowed, NotNow."""
    _said, head = _moderated(work, actor, meeting_id, seq)
    if head.pinned != seq:
        return head.seq
    return _set_pinned(work, actor, head, None, Kind.UNPIN, seq)


@dataclass(frozen=True)
class OnFile:
    """A hidden comment as its author and the office may read it."""

    text: str
    reason: str


def on_file(work: Work, actor: Actor, meeting_id: int, seq: int) -> OnFile:
    """A hidden comment's words and why they are hidden, for its author and the office. Refuses: Missing."""
    meeting = access.seen_by(work, actor, meeting_id)
    entry, content = _comment(work, meeting_id, seq)
    if entry.person_id != actor.person_id and not access.manages(work, actor, meeting):
        raise Missing
    return OnFile(content.text, content.hidden_reason)


def _is_late(meeting: Meeting, now: datetime, typed_at: datetime | None) -> bool:
    """Whether a comment that comes now comes late but in time. Refuses: NotNow."""
    if moves.allowed(meeting, now, Act.COMMENT):
        return False
    state, closed_at = moves.state_now(meeting, now), meeting.closed_at
    if state is State.CLOSED and closed_at is not None and typed_at is not None:
        in_grace = now <= closed_at + timedelta(seconds=meeting.grace_seconds)
        if in_grace and typed_at < closed_at:
            return True
    raise NotNow(_REFUSED.get(state))


def _signed(work: Work, actor: Actor, meeting: Meeting, said: str) -> Content:
    if access.manages(work, actor, meeting):
        host = work.db.get_one(Unit, meeting.host_id)
        return log.new_content(text=said, name=actor.name, unit=host.name, office=True)
    seat = standing_of(work, actor.person_id, meeting)
    unit, sector = (seat.unit, seat.sector) if seat else ("", "")
    return log.new_content(text=said, name=actor.name, unit=unit, sector=sector)


def _with_key(work: Work, meeting_id: int, key: str) -> Said | None:
    row = work.db.execute(_OF_KEY, {"meeting": meeting_id, "key": key}).first()
    return Said(*row) if row else None


def _again(actor: Actor, earlier: Said, said: str) -> Posted:
    entry, content = earlier.entry, earlier.content
    if entry.person_id != actor.person_id or content is None or content.text != said:
        raise Invalid(_l("This key was used for another comment."), field="key")
    return Posted(entry.meeting_id, entry.seq, again=True)


def _lock(work: Work, meeting_id: int) -> LogHead:
    """The log's head, held until the transaction ends: what is read after it nobody else changes."""
    return work.db.scalars(_HEAD, {"meeting": meeting_id}).one()


def _moderated(work: Work, actor: Actor, meeting_id: int, seq: int) -> tuple[Content, LogHead]:
    meeting = access.managed_by(work, actor, meeting_id)
    moves.catch_up(work, meeting)
    if not moves.allowed(meeting, work.now, Act.READ):
        raise NotNow
    head = _lock(work, meeting_id)
    return _comment(work, meeting_id, seq)[1], head


def _comment(work: Work, meeting_id: int, seq: int) -> tuple[Entry, Content]:
    entry = work.db.get(Entry, (meeting_id, seq))
    content = work.db.get(Content, (meeting_id, seq), populate_existing=True)
    if entry is None or content is None or entry.kind != Kind.COMMENT:
        raise Missing(_l("There is no comment with this number."))
    return entry, content


def _set_pinned(work: Work, actor: Actor, head: LogHead, pinned: int | None, kind: Kind, seq: int) -> int:
    head.pinned = pinned
    return _note(work, actor, head.meeting_id, kind, seq)


def _note(work: Work, actor: Actor, meeting_id: int, kind: Kind, of_seq: int) -> int:
    return log.append(work, meeting_id, kind, at=work.now, person_id=actor.person_id, of_seq=of_seq).seq
