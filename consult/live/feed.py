"""What someone in the room is told, by whatever line he is connected: read from the log and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from consult.attendance import ledger
from consult.attendance.intervals import Channel
from consult.attendance.present import PresentNow, present_now
from consult.checkins import prompts
from consult.core import clock
from consult.core.errors import SignInRequired
from consult.core.store import Work
from consult.live import wire
from consult.meetings import access, log, moves
from consult.meetings.log import Said
from consult.meetings.models import Content, Entry, Kind, Meeting
from consult.meetings.standing import standing_of
from consult.members.access import Actor, actor_of, require_consent
from consult.members.models import SignIn, Unit

_SIGN_IN = select(SignIn.person_id, SignIn.ended_at).where(SignIn.id == bindparam("id"))
WITH_COMMENT = (Kind.SHOW, Kind.PIN)  # entries whose readers may not have the comment they are about


@dataclass(frozen=True)
class Opening:
    """What everybody is told at a look into the room. `seq` is the number up to which the reader now has the
    log, and `whole` whether that is all of it."""

    seq: int
    whole: bool
    message: dict[str, Any]


@dataclass(frozen=True)
class Entered:
    """Someone is in the room: his presence, if he is counted from now on, and what `me` tells him."""

    presence_id: int | None
    me: dict[str, Any]


def actor_at(work: Work, sign_in_id: int) -> Actor:
    """The person at this signed-in browser, with his powers as they are now. Refuses: SignInRequired."""
    sign_in = work.db.execute(_SIGN_IN, {"id": sign_in_id}).first()
    if sign_in is None or sign_in.ended_at is not None:
        raise SignInRequired
    return actor_of(work, sign_in.person_id)


def enter(work: Work, sign_in_id: int, meeting_id: int, process: str, *, count: bool) -> Entered:
    """Lets someone in over a live connection. Refuses: SignInRequired, Missing, NotAllowed (no consent)."""
    actor = actor_at(work, sign_in_id)
    meeting = access.seen_by(work, actor, meeting_id)
    require_consent(actor)
    moves.catch_up(work, meeting)
    presence_id = None
    if count:
        presence_id = ledger.join(work, actor, meeting_id, Channel.BROWSER, process, sign_in_id)
    return Entered(presence_id, me(work, actor, meeting))


def look(work: Work, actor: Actor, meeting_id: int, after: int | None, before: int | None) -> dict[str, Any]:
    """The whole answer to one look. Refuses: Missing, NotAllowed (no consent yet)."""
    meeting = access.seen_by(work, actor, meeting_id)
    require_consent(actor)
    found = opening(work, meeting_id, after, before)
    return {**found.message, "now": clock.iso(work.now), "me": me(work, actor, meeting)}


def opening(
    work: Work,
    meeting_id: int,
    after: int | None = None,
    before: int | None = None,
    present: PresentNow | None = None,
) -> Opening:
    """What the room looks like: the entries after a number, before one, or the newest; state, pin, presence
    (counted anew if it is not given). The caller has made sure that it may be told."""
    meeting = work.db.get_one(Meeting, meeting_id)
    head = log.head(work, meeting_id)
    if after is not None:
        said = log.after(work, meeting_id, after)
        more = bool(said) and said[-1].entry.seq < head.seq
    else:
        said = log.before(work, meeting_id, before)
        more = bool(said) and said[0].entry.seq > 1
    whole = after is None or not more
    seq = head.seq if whole else said[-1].entry.seq
    message = {
        "ok": True,
        "meeting": meeting_id,
        "state": moves.state_now(meeting, work.now),
        "opens_at": clock.iso(meeting.opens_at),
        "closes_at": clock.iso(meeting.closes_at),
        "seq": seq,
        "entries": entries(work, said),
        "more": more,
        "pinned": _comment(work, meeting_id, head.pinned) if head.pinned is not None else None,
        "presence": wire.presence(present or present_now(work, meeting)),
    }
    return Opening(seq, whole, message)


def entries(work: Work, said: Sequence[Said]) -> list[dict[str, object]]:
    """Log entries as they are sent. Those that bring a comment back, or up, have it with them."""
    told = []
    for one in said:
        entry = log.plain(one)
        if one.entry.kind in WITH_COMMENT and one.entry.of_seq is not None:
            entry["comment"] = _comment(work, one.entry.meeting_id, one.entry.of_seq)
        told.append(entry)
    return told


def _comment(work: Work, meeting_id: int, seq: int) -> dict[str, object] | None:
    row = work.db.execute(
        select(Entry, Content)
        .join(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
        .where(Entry.meeting_id == meeting_id, Entry.seq == seq)
    ).first()
    return log.plain(Said(*row)) if row else None


def me(work: Work, actor: Actor, meeting: Meeting) -> dict[str, Any]:
    """Whom the room takes the reader for."""
    manages = access.manages(work, actor, meeting)
    seat = standing_of(work, actor.person_id, meeting)
    unit = work.db.get_one(Unit, meeting.host_id).name if manages else seat.unit if seat else ""
    return {
        "id": actor.person_id,
        "name": actor.name,
        "unit": unit,
        "sector": seat.sector if seat and not manages else "",
        "manages": manages,
        "expected": bool(seat and seat.expected),
        "hidden": _own_hidden(work, actor, meeting),
        "asked": wire.asked(prompts.waiting_for(work, actor.person_id, meeting.id)),
    }


def _own_hidden(work: Work, actor: Actor, meeting: Meeting) -> list[int]:
    """The numbers of the reader's own comments that were hidden: he may read them, and why."""
    return list(
        work.db.scalars(
            select(Entry.seq)
            .join(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
            .where(Entry.meeting_id == meeting.id, Entry.person_id == actor.person_id)
            .where(Content.hidden_at.is_not(None))
            .order_by(Entry.seq)
        )
    )
