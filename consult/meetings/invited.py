"""Who is invited to a meeting, and which of them are expected (应到): kept in step with what its organizer
picked, what units below named, and what people answered.

Of a mandatory meeting all who are invited are expected. Of one with sign-up those are who have a place, and
those whom a unit has named, for it has places of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from consult.core.errors import Invalid
from consult.core.store import Work
from consult.meetings.audience import Audience, Resolved
from consult.meetings.models import Answer, Attending, Delegation, Expected, Invitation, Meeting
from consult.members.models import Membership, Unit

WITH_A_PLACE = (Answer.ACCEPTED, Answer.REMOTE)


def invite(work: Work, meeting: Meeting, audience: Audience, found: Resolved) -> int:
    """Invites these people besides those whom units have named, and nobody else; says how many were expected
    before. Answers of those who stay hold, and their leave, unless they become observers.

    Refuses: Invalid (field `naming`), when a unit that has named people is no longer to name any.
    """
    wanted = {seat.person_id: seat.membership_id for seat in (*found.seats, *found.observers)}
    rows = work.db.execute(
        select(Invitation.person_id, Invitation.membership_id, Invitation.named_by_unit).where(
            Invitation.meeting_id == meeting.id
        )
    ).all()
    by_rule = {person: seat for person, seat, named_by in rows if named_by is None}
    before = work.db.scalar(
        select(func.count()).select_from(Expected).where(Expected.meeting_id == meeting.id)
    )
    uninvite(work, meeting, by_rule.keys() - wanted.keys())
    for person_id in by_rule.keys() & wanted.keys():
        if by_rule[person_id] != wanted[person_id]:
            _move_seat(work, meeting, person_id, wanted[person_id])
    new = wanted.keys() - {person_id for person_id, _, _ in rows}
    add(work, meeting, {person_id: wanted[person_id] for person_id in new})
    _mark_observers(work, meeting, {seat.person_id for seat in found.observers})
    _delegate(work, meeting, audience)
    keep_in_step(work, meeting)
    return before or 0


def add(work: Work, meeting: Meeting, seats: dict[int, int], named_by: int | None = None) -> None:
    """Invites these people (by person, the seat), who are not invited yet."""
    if seats:
        values = [
            {
                "meeting_id": meeting.id, "membership_id": membership_id, "person_id": person_id,
                "named_by_unit": named_by, "invited_at": work.now, "answer": Answer.NONE, "observer": False,
            }
            for person_id, membership_id in seats.items()
        ]  # fmt: skip
        work.db.connection().execute(insert(Invitation), values)


def uninvite(work: Work, meeting: Meeting, person_ids: Iterable[int]) -> None:
    """Takes these people's invitations back."""
    gone = set(person_ids)
    for table in (Expected, Invitation):
        work.db.execute(
            delete(table)
            .where(table.meeting_id == meeting.id, table.person_id.in_(gone))
            .execution_options(synchronize_session=False)
        )


def keep_in_step(work: Work, meeting: Meeting) -> None:
    """Gives free places to those who wait, and expects whom the meeting's way of attending expects."""
    work.db.flush()
    if meeting.attending == Attending.SIGN_UP:
        _promote(work, meeting)
    else:
        _ask_anew(work, meeting)
    due = (Invitation.meeting_id == meeting.id) & expected_among(meeting)
    have = select(Expected.membership_id).where(Expected.meeting_id == meeting.id)
    work.db.execute(
        delete(Expected)
        .where(Expected.meeting_id == meeting.id)
        .where(Expected.membership_id.not_in(select(Invitation.membership_id).where(due)))
        .execution_options(synchronize_session=False)
    )
    work.db.execute(
        insert(Expected).from_select(
            ("meeting_id", "membership_id", "person_id", "excused_reason"),
            select(Invitation.meeting_id, Invitation.membership_id, Invitation.person_id, literal(""))
            .where(due, Invitation.membership_id.not_in(have))
            .order_by(Invitation.membership_id),
        )
    )


def answered(work: Work, meeting: Meeting, row: Invitation) -> None:
    """Expects, or no longer, whose answer that is, and whoever gets the place that it leaves free."""
    work.db.flush()
    promoted = _promote(work, meeting) if meeting.attending == Attending.SIGN_UP else []
    for one in (row, *promoted):
        seat = work.db.get(Expected, (meeting.id, one.membership_id))
        due = not one.observer and (
            meeting.attending == Attending.MANDATORY
            or one.named_by_unit is not None
            or one.answer in WITH_A_PLACE
        )
        if due and seat is None:
            work.db.add(
                Expected(meeting_id=meeting.id, membership_id=one.membership_id, person_id=one.person_id)
            )
        elif seat is not None and not due:
            work.db.delete(seat)
    work.db.flush()


def expected_among(meeting: Meeting) -> ColumnElement[bool]:
    """The condition on the meeting's Invitation that whoever it is for is expected."""
    if meeting.attending == Attending.MANDATORY:
        return ~Invitation.observer
    placed = or_(Invitation.named_by_unit.is_not(None), Invitation.answer.in_(WITH_A_PLACE))
    return and_(placed, ~Invitation.observer)


def observing(meeting_id: int) -> Select[int]:
    """Those invited to observe the meeting who have not said that they won't come."""
    return select(Invitation.person_id).where(
        Invitation.meeting_id == meeting_id, Invitation.observer, Invitation.answer != Answer.DECLINED
    )


def places_left(work: Work, meeting: Meeting) -> int | None:
    """How many more may sign up before the others wait; None: as many as like."""
    if meeting.capacity is None:
        return None
    taken = work.db.scalar(
        select(func.count()).where(
            Invitation.meeting_id == meeting.id,
            Invitation.named_by_unit.is_(None),
            Invitation.answer.in_(WITH_A_PLACE),
            ~Invitation.observer,
        )
    )
    return max(meeting.capacity - (taken or 0), 0)


def edits_below() -> ScalarSelect[int]:
    """How often units have been at work on the names and sub-venues of a Meeting."""
    return (
        select(func.coalesce(func.sum(Delegation.version), 0))
        .where(Delegation.meeting_id == Meeting.id)
        .correlate(Meeting)
        .scalar_subquery()
    )


def venues(work: Work, person_id: int, meeting_ids: Collection[int]) -> dict[int, Delegation]:
    """The delegations by which the person takes part in these meetings, by meeting."""
    rows = work.db.scalars(
        select(Delegation)
        .join(Invitation, Invitation.meeting_id == Delegation.meeting_id)
        .join(Membership, Membership.id == Invitation.membership_id)
        .where(Invitation.person_id == person_id, Delegation.meeting_id.in_(meeting_ids), takes_part_by())
    )
    return {row.meeting_id: row for row in rows}


def takes_part_by() -> ColumnElement[bool]:
    """The condition that by that Delegation takes part who has the Invitation, for that Membership: that of
    the unit which named him, else of his own. There is at most one."""
    unit_id = func.coalesce(Invitation.named_by_unit, Membership.unit_id)
    return (Delegation.meeting_id == Invitation.meeting_id) & (Delegation.unit_id == unit_id)


def sub_venue() -> ColumnElement[str]:
    """Where those sit who take part by that Delegation, in one line; empty if at the meeting's own place."""
    where = func.trim(Delegation.venue + " " + Delegation.address)
    return case((func.coalesce(Delegation.venue, "") == "", ""), else_=where)


def sequence() -> ColumnElement[int]:
    """How often a Meeting has changed for anybody, by its office or by a unit below. It never shrinks, so
    calendars know by it which of two messages is the newer."""
    return Meeting.version + edits_below()


def sequences(work: Work, meeting_ids: Collection[int]) -> dict[int, int]:
    """The `sequence` of each of these meetings."""
    rows = work.db.execute(select(Meeting.id, sequence()).where(Meeting.id.in_(meeting_ids)))
    return {row[0]: row[1] for row in rows}


def _promote(work: Work, meeting: Meeting) -> Sequence[Invitation]:
    """Gives free places to those who waited longest; returns who got one."""
    waiting = (
        select(Invitation)
        .where(Invitation.meeting_id == meeting.id, Invitation.answer == Answer.WAITING)
        .order_by(Invitation.answered_at, Invitation.membership_id)
        .limit(places_left(work, meeting))
    )
    promoted = work.db.scalars(waiting).all()
    for row in promoted:
        row.answer, row.placed_at = Answer.ACCEPTED, work.now
    work.db.flush()
    return promoted


def _ask_anew(work: Work, meeting: Meeting) -> None:
    """Where all are expected, nobody waits, and not signing up is no answer; observers may always decline."""
    for was, becomes in ((Answer.WAITING, Answer.ACCEPTED), (Answer.DECLINED, Answer.NONE)):
        work.db.execute(
            update(Invitation)
            .where(Invitation.meeting_id == meeting.id, Invitation.answer == was, ~Invitation.observer)
            .values(answer=becomes)
            .execution_options(synchronize_session="fetch")
        )


def _mark_observers(work: Work, meeting: Meeting, person_ids: Collection[int]) -> None:
    """Of those whom the office invites these are observers, and nobody else."""
    for observer in (True, False):
        who = Invitation.person_id.in_(person_ids)
        work.db.execute(
            update(Invitation)
            .where(Invitation.meeting_id == meeting.id, Invitation.named_by_unit.is_(None))
            .where(who if observer else ~who, Invitation.observer != observer)
            .values(observer=observer)
            .execution_options(synchronize_session="fetch")
        )


def _move_seat(work: Work, meeting: Meeting, person_id: int, membership_id: int) -> None:
    """Another seat of the same person counts at the meeting."""
    for table in (Expected, Invitation):
        work.db.execute(
            update(table)
            .where(table.meeting_id == meeting.id, table.person_id == person_id)
            .values(membership_id=membership_id)
            .execution_options(synchronize_session=False)
        )


def _delegate(work: Work, meeting: Meeting, audience: Audience) -> None:
    """Lets the audience's units name people, and others no longer."""
    host = work.db.get_one(Unit, meeting.host_id)
    wanted = set(
        work.db.scalars(
            select(Unit.id).where(
                Unit.id.in_(audience.naming), Unit.id != host.id, Unit.path.startswith(host.path)
            )
        )
    )
    rows = {
        row.unit_id: row
        for row in work.db.scalars(select(Delegation).where(Delegation.meeting_id == meeting.id))
    }
    _check_none_has_named(work, meeting, rows.keys() - wanted)
    for unit_id in rows.keys() - wanted:
        meeting.version += rows[unit_id].version  # so that `sequence` does not go back
        work.db.delete(rows[unit_id])
    work.db.add_all(
        Delegation(meeting_id=meeting.id, unit_id=unit_id, updated_at=work.now)
        for unit_id in sorted(wanted - rows.keys())
    )
    work.db.flush()


def _check_none_has_named(work: Work, meeting: Meeting, unit_ids: Iterable[int]) -> None:
    names = work.db.scalars(
        select(Unit.name)
        .join(Invitation, Invitation.named_by_unit == Unit.id)
        .where(Invitation.meeting_id == meeting.id, Unit.id.in_(unit_ids))
        .distinct()
    ).all()
    if names:
        which = "、".join(names)
        raise Invalid(
            _l("%(units)s has named participants already. Take their names back first.", units=which),
            field="naming",
        )
