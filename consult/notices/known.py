"""What people know of a meeting, and how that differs from what it has become. Pure, but for reading it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from consult.core import clock
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.lifecycle import State
from consult.meetings.models import AgendaItem, Meeting
from consult.members.models import Unit

ON, POSTPONED, CANCELLED, OVER = "on", "postponed", "cancelled", "over"
_STATUS = {
    **dict.fromkeys((State.SCHEDULED, State.LOBBY, State.OPEN), ON),
    State.POSTPONED: POSTPONED,
    State.CANCELLED: CANCELLED,
}
PLAIN = ("title", "mode", "place", "link", "attending", "agenda")


def status_of(state: State) -> str:
    """Whether a meeting in that state (not a draft) takes place, as people see it."""
    return _STATUS.get(state, OVER)


def snapshot(work: Work, meeting: Meeting) -> dict[str, Any]:
    """All that people are told of the meeting, as plain data: what `kinds` makes words of, its status, and a
    digest of its agenda."""
    return {
        **about(work, meeting),
        "status": status_of(moves.state_now(meeting, work.now)),
        "agenda": _agenda(work, meeting.id),
    }


def about(work: Work, meeting: Meeting) -> dict[str, Any]:
    """The part of a notice's data that all about a meeting have."""
    return {
        "meeting": meeting.id,
        "title": meeting.title,
        "host": work.db.get_one(Unit, meeting.host_id).name,
        "opens_at": clock.iso(meeting.opens_at),
        "closes_at": clock.iso(meeting.closes_at),
        "zone": meeting.zone,
        "mode": meeting.mode,
        "place": meeting.place,
        "link": bool(meeting.video_link),
        "attending": meeting.attending,
        "answer_by": clock.iso(meeting.answer_by) if meeting.answer_by else None,
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any], *, is_open: bool) -> list[dict[str, Any]]:
    """What those who know `before` must be told: a list of {what, old, new}. Where the end of an open meeting
    is moved, those in the room see it, and for others it changes nothing."""
    found: list[dict[str, Any]] = []
    if before["status"] == POSTPONED:
        found.append({"what": "held", "old": None, "new": None})
    if _times(before) != _times(now) and not (is_open and before["opens_at"] == now["opens_at"]):
        found.append({"what": "time", "old": _times(before), "new": _times(now)})
    for name in PLAIN:
        if before[name] != now[name]:
            found.append({"what": name, "old": before[name], "new": now[name]})
    if before["answer_by"] != now["answer_by"]:
        found.append({"what": "answer_by", "old": _answer_by(before), "new": _answer_by(now)})
    return found


def _times(known: Mapping[str, Any]) -> list[str]:
    return [known["opens_at"], known["closes_at"], known["zone"]]


def _answer_by(known: Mapping[str, Any]) -> list[str] | None:
    return [known["answer_by"], known["zone"]] if known["answer_by"] else None


def _agenda(work: Work, meeting_id: int) -> str:
    items = work.db.execute(
        select(AgendaItem.title, AgendaItem.minutes, AgendaItem.speaker_id, AgendaItem.speaker)
        .where(AgendaItem.meeting_id == meeting_id)
        .order_by(AgendaItem.position)
    ).all()
    return hashlib.sha256(repr([tuple(item) for item in items]).encode()).hexdigest()[:16] if items else ""
