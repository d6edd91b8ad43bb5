"""What the big screen at the venue shows, read from the same rows as everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from consult.attendance.intervals import ON_SITE
from consult.attendance.models import Presence
from consult.attendance.present import PresentNow, present_now
from consult.checkins import codes
from consult.checkins.venue import CHECKED_IN
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.access import managed_by
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import Meeting
from consult.members.access import Actor
from consult.members.models import Membership, Person, Unit


@dataclass(frozen=True)
class Codes:
    """What one may check in by now: what the QR code carries, the six digits, and how long each is shown."""

    token: str
    until: datetime
    digits: str
    digits_until: datetime


@dataclass(frozen=True)
class Screen:
    """The meeting, who is there, and the codes while it counts who is there."""

    meeting: Meeting
    host: Unit
    state: State
    lobby_at: datetime
    codes: Codes | None
    present: PresentNow
    at_venue: int
    now: datetime


@dataclass(frozen=True)
class CheckIn:
    """Somebody who checked himself in at the venue; `left_at` is None while he is there."""

    name: str
    sector: str
    unit: str
    channel: str
    joined_at: datetime
    left_at: datetime | None


def shown(work: Work, actor: Actor, key: bytes, meeting_id: int) -> Screen:
    """The big screen as it is now. Refuses: Missing, NotAllowed."""
    meeting = managed_by(work, actor, meeting_id)
    counting = moves.allowed(meeting, work.now, Act.BE_COUNTED)
    return Screen(
        meeting,
        work.db.get_one(Unit, meeting.host_id),
        moves.state_now(meeting, work.now),
        meeting.opens_at - timedelta(minutes=meeting.lobby_minutes),
        _codes(key, meeting_id, work.now) if counting else None,
        present_now(work, meeting),
        _at_venue(work, meeting_id),
        work.now,
    )


def check_ins(work: Work, actor: Actor, meeting_id: int) -> list[CheckIn]:
    """Who checked himself in at the venue, the latest first. Refuses: Missing, NotAllowed."""
    managed_by(work, actor, meeting_id)
    rows = work.db.execute(
        select(
            Person.name, Membership.sector, Unit.name, Presence.channel, Presence.joined_at, Presence.left_at
        )
        .join(Person, Person.id == Presence.person_id)
        .outerjoin(Membership, Membership.id == Presence.membership_id)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Presence.meeting_id == meeting_id, Presence.channel.in_(CHECKED_IN))
        .where(Presence.voided_at.is_(None))
        .order_by(Presence.joined_at.desc(), Presence.id.desc())
    )
    return [
        CheckIn(name, sector or "", unit or "", channel, joined_at, left_at)
        for name, sector, unit, channel, joined_at, left_at in rows
    ]


def _codes(key: bytes, meeting_id: int, now: datetime) -> Codes:
    return Codes(
        codes.token(key, meeting_id, now),
        codes.until(now),
        codes.digits(key, meeting_id, now),
        codes.until(now, codes.DIGITS_SLOT),
    )


def _at_venue(work: Work, meeting_id: int) -> int:
    """How many are there by whatever shows them on site, each once."""
    there = (
        select(func.count(Presence.person_id.distinct()))
        .where(Presence.meeting_id == meeting_id, Presence.channel.in_(ON_SITE))
        .where(Presence.left_at.is_(None), Presence.voided_at.is_(None))
    )
    return work.db.scalar(there) or 0
