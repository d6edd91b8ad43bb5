"""How far the telling of a meeting is, counted from the notices themselves, so no restart can lose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from consult.core.store import Work
from consult.meetings.models import Invitation, Meeting
from consult.notices import announce
from consult.notices.models import Delivery, DeliveryState, Notice
from consult.notices.overview import SHOWN


@dataclass(frozen=True)
class Progress:
    """What is being told now: to how many people and groups, how many people have it in the application, for
    how many something is on its way still or has failed on some channel, and how many messages each channel
    has sent. Before the telling has begun, `recipients` are those who are invited."""

    recipients: int
    people: int
    left: int
    failed: int
    sent: Mapping[str, int]

    @property
    def done(self) -> int:
        return self.recipients - self.left


def progress(work: Work, meeting: Meeting) -> Progress | None:
    """How far it is with what is told of the meeting now; None when nothing is on its way."""
    rounds = _under_way(work, meeting)
    if rounds:
        return _counted(work, rounds)
    if announce.pending(work, meeting) and announce.last_announcement(work, meeting.id) is None:
        of_meeting = select(func.count()).select_from(Invitation).where(Invitation.meeting_id == meeting.id)
        people = work.db.scalar(of_meeting) or 0
        return Progress(people, 0, people, 0, {}) if people else None
    return None


def _under_way(work: Work, meeting: Meeting) -> Sequence[ColumnElement[bool]]:
    """The conditions on Notice of the rounds of which something waits to be sent."""
    found = work.db.execute(
        select(Notice.kind, Notice.version)
        .where(Notice.meeting_id == meeting.id, Notice.kind.in_(SHOWN), _has(DeliveryState.WAITING))
        .distinct()
    )
    return [
        and_(Notice.meeting_id == meeting.id, Notice.kind == kind, Notice.version == version)
        for kind, version in found
    ]


def _counted(work: Work, rounds: Sequence[ColumnElement[bool]]) -> Progress:
    recipients, people, left, failed = work.db.execute(
        select(
            func.count(),
            func.count(Notice.person_id),
            func.sum(case((_has(DeliveryState.WAITING), 1), else_=0)),
            func.sum(case((_has(DeliveryState.FAILED), 1), else_=0)),
        )
        .select_from(Notice)
        .where(or_(*rounds))
    ).one()
    sent = work.db.execute(
        select(Delivery.channel, func.count())
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(or_(*rounds), Delivery.state == DeliveryState.SENT)
        .group_by(Delivery.channel)
        .order_by(Delivery.channel)
    )
    return Progress(recipients, people, left, failed, dict(iter(sent)))


def _has(state: DeliveryState) -> ColumnElement[bool]:
    """The condition on Notice that it is in that state on some channel."""
    return exists().where(Delivery.notice_id == Notice.id, Delivery.state == state).correlate(Notice)
