"""An invitation as its holder sees it wherever that is: what, when, where, how he stands, what he may say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consult.core.errors import NotNow
from consult.core.store import Work
from consult.invitations import leave, queue, standing
from consult.invitations.queue import Asked
from consult.invitations.standing import Invited, deadline_of, remote_instead
from consult.meetings import invited
from consult.meetings.models import Delegation, Meeting
from consult.members.models import Unit


@dataclass(frozen=True)
class Card:
    """His invitation; where his unit sits, who hosts; why he can't answer, if he can't; his requests for
    leave; how many places are left, where one signs up, and his turn if he waits for one."""

    one: Invited
    venue: Delegation | None
    host: str
    refused: NotNow | None
    requests: Sequence[Asked]
    places: int | None
    turn: int | None

    @property
    def meeting(self) -> Meeting:
        return self.one.meeting

    @property
    def deadline(self) -> datetime:
        return deadline_of(self.meeting)

    @property
    def remote(self) -> bool:
        return remote_instead(self.meeting)

    @property
    def may_ask(self) -> bool:
        """Whether he may ask for leave, as far as his answer is open."""
        one = self.one
        return not one.by_sign_up and one.pending is None and len(self.requests) < leave.MOST_REQUESTS


def card_of(work: Work, one: Invited, refused: NotNow | None = None) -> Card:
    """The card of that invitation; with the refusal of what he has just tried, if it was refused."""
    return Card(
        one,
        invited.venues(work, one.row.person_id, [one.meeting.id]).get(one.meeting.id),
        work.db.get_one(Unit, one.meeting.host_id).name,
        refused or _closed(work, one),
        queue.requests_of(work, one.meeting.id, one.row.person_id),
        invited.places_left(work, one.meeting) if one.by_sign_up and not one.row.observer else None,
        queue.turn_of(work, one),
    )


def _closed(work: Work, one: Invited) -> NotNow | None:
    """Why nothing can be answered; None while it can."""
    try:
        standing.require_answerable(work, one)
    except NotNow as refusal:
        return refusal
    return None
