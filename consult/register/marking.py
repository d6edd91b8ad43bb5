"""Writing down who came and who went, for people without a telephone in hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from consult.attendance.intervals import ON_SITE, Ended
from consult.attendance.models import Presence
from consult.core.errors import Invalid, Missing, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.meetings import moves
from consult.meetings.audience import Seat, named
from consult.meetings.lifecycle import Act
from consult.meetings.models import Meeting
from consult.members.access import Actor
from consult.register.desk import Desk, note, writing_desk
from consult.register.models import VenueCount

MOST_HEADS = 100_000
MOST_AT_ONCE = 1000


def arrive(
    work: Work, actor: Actor, meeting_id: int, membership_ids: Collection[int], at: datetime | None = None
) -> int:
    """These were at the venue from `at` on (None: now; the opening, when the meeting is over); says how many
    of them were not noted yet.

    They count until they leave or the meeting closes. Refuses: Missing (also somebody who isn't this desk's),
    NotAllowed, NotNow, Invalid (field `at`, outside the meeting's time; field `people`).
    """
    desk = writing_desk(work, actor, meeting_id)
    since = _since(work, desk.meeting, at)
    seats = _chosen(work, desk, membership_ids)
    return _enter(work, actor, desk, seats, since)


def arrive_by_name(work: Work, actor: Actor, meeting_id: int, typed: str, at: datetime | None = None) -> Seat:
    """Somebody who stands on no list was there from `at` on: a member of this desk's units, by name or member
    number. Refuses as `arrive`; Invalid (field `name`)."""
    desk = writing_desk(work, actor, meeting_id)
    since = _since(work, desk.meeting, at)
    seats = {seat.membership_id: seat for seat in desk.seats(work)}
    (found,) = named(list(seats.values()), [line(typed, "name", longest=80)], "name")
    _enter(work, actor, desk, [seats[found]], since)
    return seats[found]


def depart(
    work: Work, actor: Actor, meeting_id: int, membership_ids: Collection[int], at: datetime | None = None
) -> int:
    """These left the venue at `at` (None: now), however they had been noted there; says how many of them were
    there. Refuses as `arrive`."""
    desk = writing_desk(work, actor, meeting_id)
    until = _instant(work, desk.meeting, at)
    people = {seat.person_id: seat for seat in _chosen(work, desk, membership_ids)}
    rows = work.db.scalars(
        select(Presence).where(
            Presence.meeting_id == meeting_id,
            Presence.person_id.in_(people),
            Presence.channel.in_(ON_SITE),
            Presence.voided_at.is_(None),
            Presence.joined_at < until,
            or_(Presence.left_at.is_(None), Presence.left_at > until),
        )
    ).all()
    for row in rows:
        row.left_at, row.ended = until, Ended.LEFT
    gone = {row.person_id for row in rows}
    if gone:
        told = sorted(people[one].membership_id for one in gone)
        note(work, actor, desk, "attendance.departed", memberships=told, at=until.isoformat())
    return len(gone)


def take_back(work: Work, actor: Actor, meeting_id: int, presence_id: int, reason: str) -> Presence:
    """What staff wrote down by mistake counts no more; the row stays. Refuses: Missing, NotAllowed, NotNow,
    Invalid (field `reason`)."""
    desk = writing_desk(work, actor, meeting_id)
    because = line(reason, "reason", longest=200)
    row = work.db.get(Presence, presence_id)
    if row is None or row.meeting_id != meeting_id or row.entered_by is None or row.voided_at is not None:
        raise Missing
    if not desk.hosting and row.membership_id not in {seat.membership_id for seat in desk.seats(work)}:
        raise Missing
    row.voided_at = work.now
    note(
        work, actor, desk, "attendance.taken_back",
        presence=row.id, membership=row.membership_id, reason=because,
    )  # fmt: skip
    return row


def count_heads(
    work: Work, actor: Actor, meeting_id: int, guests: int, public: int, version: int
) -> VenueCount:
    """So many guests and so many of the public were at this desk's venue; `version` is the one that was read
    (0: there was none). Refuses: Missing, NotAllowed, NotNow, Stale, Invalid (fields `guests`, `public`)."""
    desk = writing_desk(work, actor, meeting_id)
    for field, heads in (("guests", guests), ("public", public)):
        if not 0 <= heads <= MOST_HEADS:
            raise Invalid(_l("Between 0 and %(most)s.", most=MOST_HEADS), field=field)
    work.db.get_one(Meeting, meeting_id, with_for_update=True)  # the first count has no row to wait for
    row = work.db.get(VenueCount, (meeting_id, desk.unit.id), populate_existing=True)
    if (row.version if row else 0) != version:
        raise Stale
    was = (row.guests, row.public) if row else (0, 0)
    if row is None:
        row = VenueCount(meeting_id=meeting_id, unit_id=desk.unit.id, version=0)
        work.db.add(row)
    row.guests, row.public, row.version = guests, public, version + 1
    row.updated_at, row.updated_by = work.now, actor.person_id or None
    note(
        work, actor, desk, "attendance.heads", unit=desk.unit.id, was=list(was), now=[guests, public]
    )  # fmt: skip
    return row


def _since(work: Work, meeting: Meeting, at: datetime | None) -> datetime:
    """When somebody came, if it is not said. Refuses: Invalid (field `at`)."""
    if at is None and not moves.allowed(meeting, work.now, Act.BE_COUNTED):
        return meeting.opened_at or meeting.opens_at
    return _instant(work, meeting, at)


def _instant(work: Work, meeting: Meeting, at: datetime | None) -> datetime:
    """When it happened: at the last instant that the meeting counted, if it is not said. Refuses: Invalid
    (field `at`)."""
    over = None if moves.allowed(meeting, work.now, Act.BE_COUNTED) else meeting.closed_at
    latest = min(work.now, over or work.now)
    if at is None:
        return latest
    lobby = moves.schedule_of(meeting).lobby_at()
    if not min(lobby, meeting.opened_at or lobby) <= at <= latest:
        raise Invalid(
            _l("The time must lie between the lobby and the meeting’s end, and not in the future."),
            field="at",
        )
    return at


def _chosen(work: Work, desk: Desk, membership_ids: Collection[int]) -> list[Seat]:
    if not membership_ids:
        raise Invalid(_l("Please tick somebody first."), field="people")
    if len(membership_ids) > MOST_AT_ONCE:
        raise Invalid(_l("At most %(most)s can be picked one by one.", most=MOST_AT_ONCE), field="people")
    known = {seat.membership_id: seat for seat in desk.seats(work)}
    if not known.keys() >= set(membership_ids):
        raise Missing
    return [known[one] for one in sorted(set(membership_ids))]


def _enter(work: Work, actor: Actor, desk: Desk, seats: Sequence[Seat], since: datetime) -> int:
    counts = moves.allowed(desk.meeting, work.now, Act.BE_COUNTED)
    until = None if counts else desk.meeting.closed_at
    noted = set(
        work.db.scalars(
            select(Presence.person_id).where(
                Presence.meeting_id == desk.meeting.id,
                Presence.channel.in_((desk.channel,)),
                Presence.voided_at.is_(None),
                Presence.joined_at <= since,
                or_(Presence.left_at.is_(None), Presence.left_at > since),
            )
        )
    )
    new = [seat for seat in seats if seat.person_id not in noted]
    work.db.add_all(
        Presence(
            meeting_id=desk.meeting.id,
            person_id=seat.person_id,
            membership_id=seat.membership_id,
            channel=desk.channel,
            joined_at=since,
            seen_at=since,
            left_at=until,
            ended=None if counts else Ended.CLOSED,
            process="",
            entered_by=actor.person_id or None,
        )
        for seat in new
    )
    if new:
        told = [seat.membership_id for seat in new]
        note(work, actor, desk, "attendance.arrived", memberships=told, at=since.isoformat())
    return len(new)
