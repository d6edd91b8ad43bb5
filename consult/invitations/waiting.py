"""What waits for whom: requests for leave for those who decide, meetings and delegations for offices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from consult.core.store import Work
from consult.invitations import standing
from consult.invitations.leave import CHARGES, Approver, Status
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import ANSWERING
from consult.meetings.conduct import EXCUSING
from consult.meetings.models import Answer, Delegation, Expected, Invitation, Meeting
from consult.members.access import ORGANIZING, Actor
from consult.members.charges import by_a_member
from consult.members.models import Charge, Membership, Person, Unit

MOST_SHOWN = 200  # requests on the page
_HOST = aliased(Unit)

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Waiting:
    """A request for leave that the actor may decide on; `routed` when it is he who is asked."""

    request: LeaveRequest
    meeting: Meeting
    name: str
    unit: str
    sector: str
    host: str
    routed: bool


@dataclass(frozen=True)
class Missing:
    """A meeting and how many have not answered, or how many units have not named anybody."""

    meeting: Meeting
    count: int


def requests(work: Work, actor: Actor) -> list[Waiting]:
    """The undecided requests that the actor may decide on: those he is asked for first, then by the meeting's
    time; at most MOST_SHOWN."""
    mine = _routed(work, actor)
    rows = work.db.execute(
        _undecided(select(LeaveRequest, Meeting, Person.name, Unit.name, Membership.sector, _HOST.name, mine))
        .where(or_(mine, _in_office(actor)), LeaveRequest.person_id != actor.person_id)
        .order_by(mine.desc(), Meeting.opens_at, LeaveRequest.id)
        .limit(MOST_SHOWN)
    )
    return [Waiting(*row[:6], bool(row[6])) for row in rows]


def requests_for(work: Work, actor: Actor) -> int:
    """How many requests the actor is asked to decide."""
    query = _undecided(select(func.count())).where(
        _routed(work, actor), LeaveRequest.person_id != actor.person_id
    )
    return work.db.scalar(query) or 0


def in_charge(work: Work, actor: Actor) -> bool:
    """Whether the actor convenes a sector or heads a committee."""
    charged = exists().where(Charge.person_id == actor.person_id, by_a_member(work.today))
    return bool(work.db.scalar(select(charged)))


def without_names(work: Work, units: Sequence[Unit]) -> list[tuple[Meeting, Unit]]:
    """The meetings for which these units are still to name their participants."""
    rows = work.db.execute(
        select(Meeting, Unit)
        .join(Delegation, Delegation.meeting_id == Meeting.id)
        .join(Unit, Unit.id == Delegation.unit_id)
        .where(Unit.id.in_([unit.id for unit in units]), Delegation.named_at.is_(None), _to_come(work))
        .order_by(Meeting.opens_at, Meeting.id, Unit.path)
    )
    return [(meeting, unit) for meeting, unit in rows]


def units_to_name(work: Work, units: Sequence[Unit]) -> list[Missing]:
    """Of the meetings that these units host, those for which others have not named anybody yet."""
    rows = work.db.execute(
        select(Meeting, func.count())
        .join(Delegation, Delegation.meeting_id == Meeting.id)
        .where(Meeting.host_id.in_([unit.id for unit in units]), Delegation.named_at.is_(None))
        .where(_to_come(work))
        .group_by(Meeting.id)
        .order_by(Meeting.opens_at)
    )
    return [Missing(meeting, count) for meeting, count in rows]


def unanswered(work: Work, units: Sequence[Unit], before: datetime, most: int) -> list[Missing]:
    """Of the meetings that these units host, those where answers are missing whose deadline is before that
    instant, with how many; the first `most`."""
    rows = work.db.execute(
        select(Meeting, func.count())
        .join(Invitation, Invitation.meeting_id == Meeting.id)
        .where(Meeting.host_id.in_([unit.id for unit in units]), _to_come(work))
        .where(_deadline() < before, Invitation.answer == Answer.NONE)
        .where(~standing.excused(), ~standing.asking())
        .group_by(Meeting.id)
        .order_by(Meeting.opens_at)
        .limit(most)
    )
    return [Missing(meeting, count) for meeting, count in rows]


def _to_come(work: Work) -> ColumnElement[bool]:
    return and_(Meeting.state.in_(ANSWERING), _deadline() > work.now)


def _deadline() -> ColumnElement[datetime]:
    return func.coalesce(Meeting.answer_by, Meeting.opens_at)


def _undecided(query: Query) -> Query:
    """The query over the requests that still wait, with who asks and for which meeting."""
    own = and_(
        Expected.meeting_id == LeaveRequest.meeting_id, Expected.membership_id == LeaveRequest.membership_id
    )
    return (
        query.select_from(LeaveRequest)
        .join(Meeting, Meeting.id == LeaveRequest.meeting_id)
        .join(Person, Person.id == LeaveRequest.person_id)
        .join(Membership, Membership.id == LeaveRequest.membership_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(_HOST, _HOST.id == Meeting.host_id)
        .join(Expected, own)
        .where(LeaveRequest.status == Status.ASKED, Meeting.state.in_(EXCUSING))
        .where(Expected.excused_at.is_(None))
    )


def _routed(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The condition on LeaveRequest that it goes to the actor: by a charge of his, or to his office."""
    charged = [
        and_(LeaveRequest.approver == approver, Charge.kind == kind) for approver, kind in CHARGES.items()
    ]
    by_charge = exists().where(
        Charge.person_id == actor.person_id,
        Charge.unit_id == LeaveRequest.unit_id,
        Charge.name == LeaveRequest.approver_name,
        or_(*charged),
        by_a_member(work.today),
    )
    offices = [one for one in Approver if one not in CHARGES]
    to_office = and_(LeaveRequest.approver.in_(offices), _organized(actor, LeaveRequest.unit_id))
    return or_(by_charge.correlate(LeaveRequest), to_office)


def _in_office(actor: Actor) -> ColumnElement[bool]:
    """The condition on a request that an office of the actor's may decide in place of who is asked."""
    return or_(
        *(_organized(actor, column) for column in (LeaveRequest.unit_id, Membership.unit_id, Meeting.host_id))
    )


def _organized(actor: Actor, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    paths = actor.paths(*ORGANIZING)
    if not paths:
        return false()
    other = aliased(Unit)
    mine = select(other.id).where(or_(*(other.path.startswith(path, autoescape=True) for path in paths)))
    return unit_id.in_(mine.scalar_subquery())
