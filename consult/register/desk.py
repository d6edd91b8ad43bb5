"""Whose attendance somebody may write down at a meeting, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from consult.attendance.intervals import Channel
from consult.attendance.ledger import PresenceChanged
from consult.core.errors import NotAllowed, NotNow
from consult.core.store import Work
from consult.meetings import moves
from consult.meetings.access import seen_by
from consult.meetings.audience import Seat, seats_on
from consult.meetings.changes import not_now
from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Meeting
from consult.meetings.plan import plan_of
from consult.members import audit
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Role, Unit

HOSTS_WRITE = frozenset({State.LOBBY, State.OPEN, State.CLOSED, State.SETTLED})
VENUES_WRITE = HOSTS_WRITE - {State.SETTLED}


@dataclass(frozen=True)
class Desk:
    """A place at which attendance is written down: the host's office for all, or a sub-venue for the units
    of these `paths`. `unit` is the one whose guests are counted there. Who only reads there has no `writes`.
    """

    meeting: Meeting
    state: State
    host: Unit
    unit: Unit
    paths: tuple[str, ...]
    writes: bool

    @property
    def hosting(self) -> bool:
        """Whether it is the host's own office."""
        return self.host.path in self.paths

    @property
    def channel(self) -> Channel:
        """What the ledger calls that which is written down here."""
        return Channel.STAFF if self.hosting else Channel.VENUE

    @property
    def open(self) -> bool:
        """Whether anything can be written down now."""
        return self.writes and self.state in (HOSTS_WRITE if self.hosting else VENUES_WRITE)

    def here(self) -> ColumnElement[bool]:
        """The condition on Unit that its members are written down here."""
        return or_(False, *(Unit.path.startswith(path, autoescape=True) for path in self.paths))

    def seats(self, work: Work) -> list[Seat]:
        """All seats that may be written down here, on the meeting's day."""
        return [
            seat
            for seat in seats_on(work, self.host, plan_of(self.meeting).day)
            if any(seat.unit_path.startswith(path) for path in self.paths)
        ]

    def require_open(self) -> None:
        """Refuses: NotAllowed, to who only reads; NotNow, before the lobby and when the counting is over."""
        if self.open:
            return
        if not self.writes:
            raise NotAllowed
        if self.state in (State.DRAFT, State.SCHEDULED):
            raise NotNow(_l("Attendance can be written down from the lobby on."))
        if self.state == State.SETTLED:
            raise NotNow(
                _l(
                    "The attendance has been settled. Please call the office of %(unit)s.",
                    unit=self.host.name,
                )
            )
        raise not_now(self.state)


def desk_of(work: Work, actor: Actor, meeting_id: int) -> Desk:
    """The actor's desk at the meeting: as the host's office, as the office of units below that take part, or
    as who looks after a sub-venue. Refuses: Missing, NotAllowed."""
    meeting = seen_by(work, actor, meeting_id)
    state = moves.state_now(meeting, work.now)
    host = work.db.get_one(Unit, meeting.host_id)
    for roles in (ORGANIZING, READING):
        writes = roles is ORGANIZING
        if actor.holds(host.path, *roles):
            return Desk(meeting, state, host, host, (host.path,), writes)
        if units := _units(work, actor, meeting, host, roles):
            return Desk(meeting, state, host, units[0], tuple(unit.path for unit in units), writes)
    raise NotAllowed


def writing_desk(work: Work, actor: Actor, meeting_id: int) -> Desk:
    """The actor's desk, where he may write now. Refuses: Missing, NotAllowed, NotNow."""
    desk = desk_of(work, actor, meeting_id)
    desk.require_open()
    moves.catch_up(work, desk.meeting)
    return desk


def note(work: Work, actor: Actor, desk: Desk, action: str, **details: object) -> None:
    """Writes down on the trail what was done at the desk, and tells that who is present may have changed."""
    audit.note(work, actor, action, f"meeting:{desk.meeting.id}", desk.meeting.host_id, **details)
    work.record(PresenceChanged(desk.meeting.id))
    work.db.flush()


def _units(work: Work, actor: Actor, meeting: Meeting, host: Unit, roles: tuple[Role, ...]) -> Sequence[Unit]:
    """The units below the host for which he writes or reads, the highest first."""
    his = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*roles)]
    looked_after = select(Delegation.unit_id).where(
        Delegation.meeting_id == meeting.id, Delegation.operator_id == actor.person_id
    )
    return work.db.scalars(
        select(Unit)
        .where(Unit.path.startswith(host.path, autoescape=True))
        .where(or_(Unit.id.in_(looked_after), *his))
        .order_by(Unit.path)
    ).all()
