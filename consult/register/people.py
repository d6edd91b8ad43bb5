"""Who stands on a desk's list, and what the ledger knows of each."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, or_, select

from consult.attendance.intervals import Channel
from consult.attendance.models import Presence
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings.models import Expected, Invitation
from consult.members.models import Membership, Person, Unit
from consult.register.desk import Desk
from consult.register.models import VenueCount


class Being(enum.StrEnum):
    """Where somebody is, as far as the ledger knows."""

    HERE = "here"
    GONE = "gone"
    AWAY = "away"
    LEAVE = "leave"


BEING_NAMES = {
    Being.AWAY: _l("Not seen yet"),
    Being.HERE: _l("Has come"),
    Being.GONE: _l("Has left"),
    Being.LEAVE: _l("On leave"),
}


@dataclass(frozen=True)
class Note:
    """A row of the ledger: how somebody was there, from when to when (None: still)."""

    id: int
    channel: Channel
    since: datetime
    until: datetime | None
    entered: bool


@dataclass(frozen=True)
class Listed:
    """A member on the list, with what was noted of him, the earliest first."""

    membership_id: int
    name: str
    number: str
    unit: str
    sector: str
    expected: bool
    being: Being
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Listing:
    """The page of the list that was asked for; how many it has in all, and how many are where."""

    rows: list[Listed]
    total: int
    beings: Counter[Being]


def listing(
    work: Work, desk: Desk, *, being: Being | None = None, text: str = "", page: int = 1, per_page: int = 100
) -> Listing:
    """Those invited whom this desk writes down, and who came without being invited; by unit and number.

    A constant number of queries, however many there are.
    """
    rows = work.db.execute(_members(desk, text)).all()
    notes = _notes(work, desk, [person for _membership, person, *_more in rows])
    everybody = [
        Listed(membership, name, number, unit, sector, bool(expected), _being(notes[person], excused), ())
        for membership, person, name, number, unit, sector, expected, excused in rows
    ]
    people = {membership: person for membership, person, *_more in rows}
    wanted = [one for one in everybody if being is None or one.being == being]
    shown = wanted[(page - 1) * per_page : page * per_page]
    return Listing(
        [
            Listed(
                one.membership_id, one.name, one.number, one.unit, one.sector, one.expected, one.being,
                tuple(notes[people[one.membership_id]]),
            )
            for one in shown
        ],
        len(wanted),
        Counter(one.being for one in everybody),
    )  # fmt: skip


def heads(work: Work, desk: Desk) -> list[tuple[Unit, VenueCount]]:
    """The guests and the public counted at this desk, and at those below it."""
    rows = work.db.execute(
        select(Unit, VenueCount)
        .join(VenueCount, VenueCount.unit_id == Unit.id)
        .where(VenueCount.meeting_id == desk.meeting.id, desk.here())
        .order_by(Unit.path)
    )
    return [(unit, count) for unit, count in rows]


def _members(desk: Desk, text: str) -> Select[Any, Any, Any, Any, Any, Any, Any, Any]:
    mine = (Invitation.membership_id == Membership.id) & (Invitation.meeting_id == desk.meeting.id)
    called = (Expected.membership_id == Membership.id) & (Expected.meeting_id == desk.meeting.id)
    came = select(Presence.membership_id).where(
        Presence.meeting_id == desk.meeting.id,
        Presence.membership_id.is_not(None),
        Presence.voided_at.is_(None),
    )
    query = (
        select(
            Membership.id, Person.id, Person.name, Membership.number, Unit.name, Membership.sector,
            Expected.membership_id, Expected.excused_at,
        )
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Invitation, mine)
        .outerjoin(Expected, called)
        .where(desk.here(), or_(Invitation.membership_id.is_not(None), Membership.id.in_(came)))
        .order_by(Unit.path, Membership.number, Membership.id)
    )  # fmt: skip
    return query.where(_matching(text)) if text else query


def _matching(text: str) -> ColumnElement[bool]:
    columns = (Person.name, Membership.number, Membership.sector, Unit.name)
    return or_(*(func.lower(column).contains(text.lower(), autoescape=True) for column in columns))


def _notes(work: Work, desk: Desk, people: Sequence[int]) -> defaultdict[int, list[Note]]:
    wanted = set(people)
    rows = work.db.execute(
        select(
            Presence.person_id, Presence.id, Presence.channel, Presence.joined_at, Presence.left_at,
            Presence.entered_by,
        )
        .where(Presence.meeting_id == desk.meeting.id, Presence.voided_at.is_(None))
        .order_by(Presence.joined_at, Presence.id)
    )  # fmt: skip
    notes: defaultdict[int, list[Note]] = defaultdict(list)
    for person, presence, channel, since, until, entered_by in rows:
        if person in wanted:
            notes[person].append(Note(presence, Channel(channel), since, until, entered_by is not None))
    return notes


def _being(notes: Sequence[Note], excused: datetime | None) -> Being:
    if any(note.until is None for note in notes):
        return Being.HERE
    if notes:
        return Being.GONE
    return Being.LEAVE if excused else Being.AWAY


def noted(work: Work, desk: Desk, presence_id: int) -> tuple[Listed, Note]:
    """Something that staff noted of a member of this desk's, and the member. Refuses: Missing."""
    row = work.db.get(Presence, presence_id)
    if row is None or row.entered_by is None or row.voided_at is not None:
        raise Missing
    rows = work.db.execute(_members(desk, "").where(Membership.id == row.membership_id)).all()
    if row.meeting_id != desk.meeting.id or not rows:
        raise Missing
    membership, person, name, number, unit, sector, expected, excused = rows[0]
    notes = _notes(work, desk, [person])[person]
    one = Listed(membership, name, number, unit, sector, bool(expected), _being(notes, excused), tuple(notes))
    return one, next(note for note in notes if note.id == presence_id)
