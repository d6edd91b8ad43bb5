"""Meetings as one reader's calendar shows them: with his own sub-venue, in the state that holds now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_

from consult.calendars import ics
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings import access, invited, moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Expected, Invitation, Meeting
from consult.members.access import Actor
from consult.members.models import Unit


def called(person_id: int) -> ColumnElement[bool]:
    """The condition on Meeting that the person is called to it: invited and not declined, or expected."""
    invited = exists().where(
        Invitation.meeting_id == Meeting.id,
        Invitation.person_id == person_id,
        Invitation.answer != Answer.DECLINED,
    )
    expected = exists().where(Expected.meeting_id == Meeting.id, Expected.person_id == person_id)
    return or_(invited.correlate(Meeting), expected.correlate(Meeting))


def events(work: Work, person_id: int, meetings: Sequence[tuple[Meeting, str]], site: str) -> list[ics.Event]:
    """The meetings, each with its host's name, as events of that person's; drafts are none."""
    planned = [(meeting, host) for meeting, host in meetings if meeting.state != State.DRAFT]
    ids = [meeting.id for meeting, _host in planned]
    own, sequences = invited.venues(work, person_id, ids), invited.sequences(work, ids)
    return [
        ics.event(
            meeting,
            moves.state_now(meeting, work.now),
            host,
            site,
            sequences[meeting.id],
            own.get(meeting.id),
        )
        for meeting, host in planned
    ]


def one(work: Work, actor: Actor, meeting_id: int, site: str) -> ics.Event:
    """The meeting as an event of the reader's. Refuses: Missing, also for a draft."""
    meeting = access.seen_by(work, actor, meeting_id)
    found = events(work, actor.person_id, [(meeting, work.db.get_one(Unit, meeting.host_id).name)], site)
    if not found:
        raise Missing
    return found[0]
