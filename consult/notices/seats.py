"""Who has a seat: whether a notice leads its reader into the room."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists

from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting
from consult.notices.models import Notice

ON = (State.SCHEDULED, State.LOBBY, State.OPEN)


def seated(now: datetime) -> ColumnElement[bool]:
    """The condition on Notice that it is about a meeting to come, or on, at which its reader is expected.

    Groups and offices have no seat, nor have those who have not signed up, or wait for a place.
    """
    return (
        exists()
        .where(Meeting.id == Notice.meeting_id, Meeting.state.in_(ON), Meeting.closes_at > now)
        .where(Expected.meeting_id == Notice.meeting_id, Expected.person_id == Notice.person_id)
        .correlate(Notice)
    )
