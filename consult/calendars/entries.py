"""Meetings as one reader's calendar shows them: with his own sub-venue, in the state that holds now."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select

from consult.calendars import ics
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings import access, invited, moves
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Delegation, Expected, Invitation, Meeting
from consult.members.access import Actor
from consult.members.models import Membership, Unit


def called(person_id: int) -> ColumnElement[bool]:
    """The condition on Meeting that the person is called to it: invited and not declined, or expected."""
    invited = exists().where(
        Invitation.meeting_id == Meeting.id,
        Invitation.person_id == person_id,
        Invitation.answer != Answer.DECLINED,
    )
    expected = exists().where(Expected.meeting_id == Meeting.id, Expected.person_id == person_id)
    return or_(invited.correlate(Meeting), expected.correlate(Meeting))


def venues(work: Work, person_id: int, meeting_ids: Collection[int]) -> dict[int, Delegation]:
    """The delegations by which the person takes part in these meetings, by meeting."""
    rows = work.db.scalars(
        select(Delegation)
        .join(Invitation, Invitation.meeting_id == Delegation.meeting_id)
        .join(Membership, Membership.id == Invitation.membership_id)
        .where(Invitation.person_id == person_id, Delegation.meeting_id.in_(meeting_ids))
        .where(
            or_(
                Delegation.unit_id == Invitation.named_by_unit,
                and_(Invitation.named_by_unit.is_(None), Delegation.unit_id == Membership.unit_id),
            )
        )
    )
    return {row.meeting_id: row for row in rows}


def events(work: Work, person_id: int, meetings: Sequence[tuple[Meeting, str]], site: str) -> list[ics.Event]:
    """The meetings, each with its host's name, as events of that person's; drafts are none."""
    planned = [(meeting, host) for meeting, host in meetings if meeting.state != State.DRAFT]
    ids = [meeting.id for meeting, _host in planned]
    own, sequences = venues(work, person_id, ids), invited.sequences(work, ids)
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
