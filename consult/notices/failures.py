"""What could not be delivered: for the organizers, who then ask for the right address or telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import ORGANIZING, Actor, lasts
from consult.members.models import Membership, Person, Unit
from consult.notices.models import Channel, Delivery, DeliveryState, Notice, Robot

PAGE = 50
KEPT = timedelta(days=60)  # how long a failure waits for somebody's hand
LONG = timedelta(minutes=15)  # how long a channel must have been down to be worth a word


@dataclass(frozen=True)
class Failure:
    """A delivery that failed, and whom it concerns: a person or a group."""

    delivery: Delivery
    notice: Notice
    person: Person | None
    robot: Robot | None
    meeting: Meeting | None
    membership_id: int | None  # of a seat in the actor's units: only then his address is shown

    @property
    def address(self) -> str:
        if self.person is None or self.membership_id is None:
            return ""
        return self.person.email if self.delivery.channel == "email" else self.person.phone


def listed(work: Work, actor: Actor, page: int = 1) -> list[Failure]:
    """What failed in the actor's own units and is still of use, the nearest meeting first; PAGE a page."""
    rows = work.db.execute(
        _failed(Delivery, Notice, Person, Robot, Meeting)
        .where(*_open(work, actor))
        .order_by(Meeting.opens_at, Delivery.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    seats = _seats(work, actor, [person.id for _d, _n, person, *_rest in rows if person is not None])
    return [
        Failure(delivery, notice, person, robot, meeting, seats.get(person.id) if person else None)
        for delivery, notice, person, robot, meeting in rows
    ]


def count(work: Work, actor: Actor) -> int:
    """How many such failures wait for a hand."""
    if not actor.paths(*ORGANIZING):
        return 0
    return work.db.scalar(_failed(func.count()).where(*_open(work, actor))) or 0


def try_again(work: Work, actor: Actor, delivery_id: int) -> None:
    """Sends it anew, with all its tries before it. Twice is once. Refuses: Missing."""
    delivery, notice, unit_id = _mine(work, actor, delivery_id)
    won = work.db.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state == DeliveryState.FAILED)
        .values(state=DeliveryState.WAITING, tries=0, due_at=work.now, told_at=None, told_by=None)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is not None:
        audit.note(work, actor, "notice.tried_again", notice.recipient, unit_id, kind=notice.kind)


def told_by_phone(work: Work, actor: Actor, delivery_id: int) -> None:
    """The actor has told the person himself. Twice is once. Refuses: Missing."""
    delivery, notice, unit_id = _mine(work, actor, delivery_id)
    won = work.db.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state == DeliveryState.FAILED)
        .where(Delivery.told_at.is_(None))
        .values(told_at=work.now, told_by=actor.person_id)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is not None:
        audit.note(work, actor, "notice.told_by_phone", notice.recipient, unit_id, kind=notice.kind)


def down(work: Work) -> list[Channel]:
    """The channels that have been down for long."""
    return list(
        work.db.scalars(
            select(Channel).where(Channel.failing_since <= work.now - LONG).order_by(Channel.name)
        )
    )


def _failed(*what: Any) -> Select[Any]:
    return (
        select(*what)
        .select_from(Delivery)
        .join(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(Robot, Robot.id == Notice.robot_id)
        .outerjoin(Meeting, Meeting.id == Notice.meeting_id)
    )


def _open(work: Work, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Failed, still of use, neither read in the application nor told; and the actor's to see to."""
    return (
        Delivery.state == DeliveryState.FAILED,
        Delivery.told_at.is_(None),
        Notice.read_at.is_(None),
        Notice.voided_at.is_(None),
        Notice.made_at > work.now - KEPT,
        or_(Notice.useful_until.is_(None), Notice.useful_until > work.now),
        _whose(work, actor),
    )


def _whose(work: Work, actor: Actor) -> ColumnElement[bool]:
    """That the notice is about a meeting of the actor's units; or else for a robot or a member of theirs."""
    mine = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*ORGANIZING)]
    units = select(Unit.id).where(or_(False, *mine)).correlate(None).scalar_subquery()
    seat = exists().where(
        Membership.person_id == Notice.person_id, Membership.unit_id.in_(units), lasts(work.today)
    )
    return or_(
        Meeting.host_id.in_(units),
        and_(Notice.meeting_id.is_(None), or_(Robot.unit_id.in_(units), seat.correlate(Notice))),
    )


def _mine(work: Work, actor: Actor, delivery_id: int) -> tuple[Delivery, Notice, int | None]:
    row = work.db.execute(
        _failed(Delivery, Notice, Meeting.host_id).where(Delivery.id == delivery_id, _whose(work, actor))
    ).first()
    if row is None:
        raise Missing
    return row[0], row[1], row[2]


def _seats(work: Work, actor: Actor, person_ids: Sequence[int]) -> dict[int, int]:
    """A seat of each of these persons in the actor's units."""
    mine = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*ORGANIZING)]
    rows = work.db.execute(
        select(Membership.person_id, func.min(Membership.id))
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(person_ids), lasts(work.today), or_(False, *mine))
        .group_by(Membership.person_id)
    )
    return {row[0]: row[1] for row in rows}
