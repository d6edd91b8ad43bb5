"""The ledger of attendance: a row for each connection and check-in, from when to when, and why it ended.

Nothing here counts minutes: `intervals` makes spans of the rows, `settle` outcomes of the spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, literal, select, update

from consult.attendance import leases
from consult.attendance.intervals import ON_SITE, Channel, Ended
from consult.attendance.models import Lease, Presence
from consult.attendance.rules import Rule
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.access import seen_by
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import Meeting
from consult.meetings.standing import standing_of
from consult.members.access import Actor, require_consent

HTTP_SILENT = timedelta(seconds=30)  # without a request for so long, a browser without a socket has left
SEEN_EVERY = timedelta(seconds=5)  # how exactly we note when such a browser was last seen

# Kept open by a connection that its process watches; the others by signs of life.
CONNECTED = (Channel.BROWSER,)
NO_PROCESS = ""


@dataclass(frozen=True)
class PresenceChanged:
    """Who is present in this meeting may have changed."""

    meeting_id: int


def join(
    work: Work, actor: Actor, meeting_id: int, channel: Channel, process: str, sign_in_id: int | None
) -> int | None:
    """Someone is there, from now on; returns the presence, or None where the meeting counts nobody now.

    He is counted for the seat at which he is expected, else for one that he holds. Refuses: Missing,
    NotAllowed (no consent yet).
    """
    meeting = seen_by(work, actor, meeting_id)
    require_consent(actor)
    moves.catch_up(work, meeting)
    if not moves.allowed(meeting, work.now, Act.BE_COUNTED):
        return None
    seat = standing_of(work, actor.person_id, meeting)
    row = Presence(
        meeting_id=meeting_id,
        person_id=actor.person_id,
        membership_id=seat.membership_id if seat else None,
        channel=channel,
        joined_at=work.now,
        seen_at=work.now,
        process=process,
        sign_in_id=sign_in_id,
    )
    work.db.add(row)
    work.db.flush()
    work.record(PresenceChanged(meeting_id))
    return row.id


def leave(work: Work, presence_id: int, at: datetime, ended: Ended) -> None:
    """The presence ended at that instant; one that has ended already stays as it is."""
    _end(work, Presence.id == presence_id, _not_before_joining(at), ended)


def here(work: Work, actor: Actor, meeting_id: int, channel: Channel, sign_in_id: int | None) -> int | None:
    """A sign of life over a channel that has no connection: keeps the browser's presence, or begins one.

    Returns and refuses as `join`.
    """
    require_consent(actor)
    seen_by(work, actor, meeting_id)  # he may have been let in before, and not be any more
    row = _unconnected(work, actor.person_id, meeting_id, channel, sign_in_id)
    if row is not None:
        last = _last_instant(work, row)
        if last == work.now:
            row.seen_at = work.now
            return row.id
        leave(work, row.id, last, Ended.SILENT)
    return join(work, actor, meeting_id, channel, NO_PROCESS, sign_in_id)


def returned(work: Work, actor: Actor, meeting_id: int, sign_in_id: int | None) -> None:
    """The browser is in sight again: if its video is open, that is a sign of life for it."""
    if _unconnected(work, actor.person_id, meeting_id, Channel.VIDEO, sign_in_id) is not None:
        here(work, actor, meeting_id, Channel.VIDEO, sign_in_id)


def gone(
    work: Work, person_id: int, meeting_id: int, channel: Channel, sign_in_id: int | None, ended: Ended
) -> None:
    """The browser has left, or hidden its page, over a channel that has no connection."""
    row = _unconnected(work, person_id, meeting_id, channel, sign_in_id)
    if row is not None:
        leave(work, row.id, _last_instant(work, row), ended)


def fresh(work: Work, person_id: int, meeting_id: int, channel: Channel, sign_in_id: int | None) -> bool:
    """Whether a sign of life was noted so recently that another one need not be."""
    row = _unconnected(work, person_id, meeting_id, channel, sign_in_id)
    return row is not None and row.seen_at + SEEN_EVERY > work.now


def cut(work: Work, process: str) -> None:
    """The process ends, and with it the connections it held."""
    _end(work, _connections_of(process), work.now, Ended.CUT)


def revive(work: Work, process: str, presence_ids: Sequence[int]) -> None:
    """A process that was taken for dead has these connections still: they never ended."""
    meetings = work.db.scalars(
        update(Presence)
        .where(_connections_of(process), Presence.id.in_(presence_ids), Presence.ended == Ended.CUT)
        .values(left_at=None, ended=None)
        .returning(Presence.meeting_id)
        .execution_options(synchronize_session="fetch")
    )
    _changed(work, meetings.all())


def sweep(work: Work) -> int:
    """Ends what nobody ended: of dead processes, of silent browsers, of closed meetings. Says how many.

    Each row ends when it should have, so it does not matter when the sweep comes, or how often: whoever was
    gone before a meeting ended, because our server was, is not counted up to its end.
    """
    return _dead_processes(work) + _silent(work) + _closed_meetings(work) + _reopened_meetings(work)


def _closed_meetings(work: Work) -> int:
    """What is open in meetings that count nobody (any more) ends with the meeting, or now if it never was."""
    count = 0
    held = select(Presence.meeting_id).where(Presence.left_at.is_(None))
    over = Meeting.state.not_in((State.LOBBY, State.OPEN))
    for meeting in work.db.scalars(select(Meeting).where(Meeting.id.in_(held), over)).all():
        at = _not_before_joining(meeting.closed_at or work.now)
        count += _end(work, Presence.meeting_id == meeting.id, at, Ended.CLOSED)
    return count


def _reopened_meetings(work: Work) -> int:
    """Who was at the venue when the meeting closed is still there when it is open again."""
    again = select(Meeting.id).where(Meeting.state == State.OPEN)
    meetings = work.db.scalars(
        update(Presence)
        .where(Presence.meeting_id.in_(again), Presence.channel.in_(ON_SITE), Presence.ended == Ended.CLOSED)
        .values(left_at=None, ended=None)
        .returning(Presence.meeting_id)
        .execution_options(synchronize_session="fetch")
    ).all()
    _changed(work, meetings)
    return len(meetings)


def _dead_processes(work: Work) -> int:
    count = 0
    held = select(Presence.process).where(Presence.left_at.is_(None), Presence.channel.in_(CONNECTED))
    for lease in work.db.scalars(select(Lease).where(leases.dead(work), Lease.process.in_(held))).all():
        at = _not_before_joining(lease.renewed_at)
        count += _end(work, _connections_of(lease.process), at, Ended.CUT)
    return count


def _silent(work: Work) -> int:
    """Browsers without a socket that stopped asking, and videos without a sign of life."""
    asked_last = (Presence.channel == Channel.HTTP) & (Presence.seen_at < work.now - HTTP_SILENT)
    count = _end(work, asked_last, Presence.seen_at, Ended.SILENT)
    watched = select(Presence.meeting_id).where(Presence.left_at.is_(None), Presence.channel == Channel.VIDEO)
    for meeting in work.db.scalars(select(Meeting).where(Meeting.id.in_(watched))).all():
        lasts = Rule.from_data(meeting.rule).video_lasts
        over = (
            (Presence.meeting_id == meeting.id)
            & (Presence.channel == Channel.VIDEO)
            & (Presence.seen_at < work.now - lasts)
        )
        for row in work.db.scalars(select(Presence).where(over, Presence.left_at.is_(None))).all():
            count += _end(work, Presence.id == row.id, row.seen_at + lasts, Ended.SILENT)
    return count


def _last_instant(work: Work, row: Presence) -> datetime:
    """Up to when the last sign of life counts, at most now. A browser that asks again in time was there all
    along; one that doesn't was there when it last asked."""
    if row.channel == Channel.VIDEO:
        meeting = work.db.get_one(Meeting, row.meeting_id)
        return min(work.now, row.seen_at + Rule.from_data(meeting.rule).video_lasts)
    return work.now if row.seen_at + HTTP_SILENT >= work.now else row.seen_at


def _unconnected(
    work: Work, person_id: int, meeting_id: int, channel: Channel, sign_in_id: int | None
) -> Presence | None:
    return work.db.scalars(
        select(Presence).where(
            Presence.person_id == person_id,
            Presence.meeting_id == meeting_id,
            Presence.channel == channel,
            Presence.sign_in_id == sign_in_id,
            Presence.left_at.is_(None),
        )
    ).first()


def _connections_of(process: str) -> ColumnElement[bool]:
    return (Presence.process == process) & Presence.channel.in_(CONNECTED)


def _not_before_joining(at: datetime) -> ColumnElement[datetime]:
    return case((Presence.joined_at > at, Presence.joined_at), else_=literal(at, Presence.left_at.type))


def _end(work: Work, which: ColumnElement[bool], at: object, ended: Ended) -> int:
    """Ends those of these rows that are open; says how many."""
    meetings = work.db.scalars(
        update(Presence)
        .where(which, Presence.left_at.is_(None))
        .values(left_at=at, ended=ended)
        .returning(Presence.meeting_id)
        .execution_options(synchronize_session="fetch")
    ).all()
    _changed(work, meetings)
    return len(meetings)


def _changed(work: Work, meeting_ids: Iterable[int]) -> None:
    for meeting_id in set(meeting_ids):
        work.record(PresenceChanged(meeting_id))
