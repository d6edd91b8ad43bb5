"""Who has answered what, for the office: counted by unit and sector, and as lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, func, or_, select
from sqlalchemy.orm import aliased

from consult.core.store import Work
from consult.invitations import standing
from consult.invitations.leave import Status
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Stand
from consult.meetings.models import Expected, Invitation, Meeting
from consult.members.access import READING, Actor
from consult.members.models import AuditEntry, Membership, Person, Unit

MOST_NAMES = 500  # in the text to copy

WRITTEN = {"meeting.excused", "meeting.unexcused", "invitation.answered_for"}
"""What an office does to somebody's invitation, in the audit trail."""


@dataclass(frozen=True)
class Group:
    """A unit, or a sector where all are of one unit: how many stand how."""

    name: str
    stands: Counter[Stand]

    @property
    def total(self) -> int:
        return self.stands.total()


@dataclass(frozen=True)
class Counts:
    """How many stand how, in all and by group; how many of the answers are for another time."""

    by: str  # unit or sector
    stands: Counter[Stand]
    groups: list[Group]
    outdated: int


@dataclass(frozen=True)
class Row:
    """Somebody who is invited, with how he stands."""

    invitation: Invitation
    seat: Membership
    name: str
    unit: str
    stand: Stand
    excused_reason: str
    named_by: str
    outdated: bool


@dataclass(frozen=True)
class Filter:
    """What to list; an empty field leaves all."""

    stand: str = ""
    group: str = ""
    text: str = ""


@dataclass(frozen=True)
class Event:
    """Something in one person's history with a meeting: a request and what became of it, or a deed of the
    office's."""

    at: datetime
    by: str
    request: LeaveRequest | None
    action: str = ""
    reason: str = ""
    answer: str = ""


def counts(work: Work, actor: Actor, meeting: Meeting) -> Counts:
    """The counts of those whom the actor may read of."""
    stand, outdated = standing.stand_in_rows(), _outdated(meeting)
    rows = work.db.execute(
        select(Unit.id, Unit.name, Membership.sector, stand, func.count(), func.sum(outdated.cast(Integer)))
        .select_from(Invitation)
        .join(Membership, Membership.id == Invitation.membership_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Invitation.meeting_id == meeting.id, _read_by(work, actor, meeting))
        .group_by(Unit.id, Unit.path, Unit.name, Membership.sector, stand)
        .order_by(Unit.path, Membership.sector)
    ).all()
    by = "unit" if len({row[0] for row in rows}) > 1 else "sector"
    groups: dict[str, Counter[Stand]] = {}
    for _unit_id, unit, sector, stands, count, _late in rows:
        groups.setdefault(unit if by == "unit" else sector, Counter())[Stand(stands)] += count
    total: Counter[Stand] = sum(groups.values(), Counter())
    return Counts(
        by, total, [Group(name, one) for name, one in groups.items()], sum(row[5] or 0 for row in rows)
    )


def listed(
    work: Work, actor: Actor, meeting: Meeting, by: str, wanted: Filter, *, page: int, per_page: int
) -> tuple[list[Row], int]:
    """One page of those whom the actor may read of, by unit and number, and how many there are in all."""
    stand = standing.stand_in_rows()
    namer = aliased(Unit)
    query = (
        select(
            Invitation, Membership, Person.name, Unit.name, stand,
            func.coalesce(Expected.excused_reason, ""), func.coalesce(namer.name, ""), _outdated(meeting),
        )
        .join(Membership, Membership.id == Invitation.membership_id)
        .join(Person, Person.id == Invitation.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(namer, namer.id == Invitation.named_by_unit)
        .outerjoin(
            Expected,
            and_(
                Expected.meeting_id == Invitation.meeting_id,
                Expected.membership_id == Invitation.membership_id,
            ),
        )
        .where(Invitation.meeting_id == meeting.id, _read_by(work, actor, meeting))
        .where(*_matching(stand, by, wanted))
    )  # fmt: skip
    total = work.db.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = query.order_by(Unit.path, Membership.number, Membership.id)
    rows = work.db.execute(order.limit(per_page).offset((page - 1) * per_page))
    return [
        Row(row, seat, name, unit, Stand(stands), reason, named_by, bool(outdated))
        for row, seat, name, unit, stands, reason, named_by, outdated in rows
    ], total


def unanswered_names(work: Work, actor: Actor, meeting: Meeting) -> list[str]:
    """Those of whom no answer has come, by unit and number; at most MOST_NAMES."""
    rows, _total = listed(work, actor, meeting, "unit", Filter(stand=Stand.NONE), page=1, per_page=MOST_NAMES)
    return [row.name for row in rows]


def history(work: Work, meeting: Meeting, membership_id: int, person_id: int) -> list[Event]:
    """What has passed between one person and the offices about a meeting, the earliest first."""
    decider = select(Person.name).where(Person.id == LeaveRequest.decided_by).scalar_subquery()
    requests = work.db.execute(
        select(LeaveRequest, func.coalesce(decider, "")).where(
            LeaveRequest.meeting_id == meeting.id, LeaveRequest.person_id == person_id
        )
    )
    events = [Event(request.asked_at, by, request) for request, by in requests]
    granted = {
        event.request.decided_at
        for event in events
        if event.request and event.request.status in (Status.GRANTED, Status.TAKEN_BACK)
    }
    deeds = work.db.execute(
        select(AuditEntry, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == AuditEntry.by_id)
        .where(AuditEntry.unit_id == meeting.host_id, AuditEntry.subject == f"meeting:{meeting.id}")
        .where(AuditEntry.action.in_(WRITTEN))
        .where(AuditEntry.details["membership"].as_integer() == membership_id)
        .order_by(AuditEntry.id)
    )
    for entry, by in deeds:
        if entry.action != "meeting.excused" or entry.at not in granted:  # said by the request already
            more = entry.details
            events.append(
                Event(entry.at, by, None, entry.action, more.get("reason", ""), more.get("answer", ""))
            )
    return sorted(events, key=lambda event: event.at)


def _outdated(meeting: Meeting) -> ColumnElement[bool]:
    """The condition on Invitation that the answer was given before the meeting was moved."""
    return and_(Invitation.answered_for.is_not(None), Invitation.answered_for != meeting.opens_at)


def _read_by(work: Work, actor: Actor, meeting: Meeting) -> ColumnElement[bool]:
    """The condition on Unit that the actor reads there, or at the host."""
    host = work.db.get_one(Unit, meeting.host_id)
    paths: Sequence[str] = ("",) if actor.holds(host.path, *READING) else actor.paths(*READING)
    return or_(False, *(Unit.path.startswith(path, autoescape=True) for path in paths))


def _matching(stand: ColumnElement[str], by: str, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.stand:
        found.append(stand == wanted.stand)
    if wanted.group:
        found.append((Unit.name if by == "unit" else Membership.sector) == wanted.group)
    if wanted.text:
        has = (Person.name, Membership.number, Membership.sector, Unit.name)
        found.append(
            or_(*(func.lower(one).contains(wanted.text.lower(), autoescape=True) for one in has))
        )  # fmt: skip
    return found
