"""What the people of a meeting were told: for its office."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from consult.core.errors import Missing, NotNow
from consult.core.store import Work
from consult.meetings import access
from consult.meetings.models import Invitation, Meeting
from consult.members import audit
from consult.members.access import Actor
from consult.members.models import Person
from consult.notices import known
from consult.notices.announce import last_announcement
from consult.notices.kinds import Kind, worded
from consult.notices.known import CANCELLED, ON, POSTPONED
from consult.notices.models import Delivery, DeliveryState, Notice, Reminder, Unwanted
from consult.notices.outbox import ADDRESS
from consult.notices.wording import Words

SHOWN = (
    Kind.INVITATION, Kind.CHANGE, Kind.SUB_VENUE, Kind.POSTPONED, Kind.CANCELLED, Kind.WITHDRAWN,
    Kind.NAMING, Kind.NUDGE, Kind.REMINDER, Kind.PLACE, Kind.MATERIALS, Kind.OPEN, Kind.REPORT,
    Kind.MINUTES,
)  # fmt: skip
FOR_INVITED = frozenset(SHOWN) - {Kind.CANCELLED, Kind.WITHDRAWN, Kind.NAMING, Kind.REPORT}
PER_PAGE = 100
TROUBLED = (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.VOID)


@dataclass(frozen=True)
class Round:
    """One thing that was told at one time: to how many people and groups, how many have read it, and how far
    it is on each channel."""

    kind: Kind
    version: int
    at: datetime
    people: int
    groups: int
    read: int
    data: Mapping[str, Any]
    channels: Mapping[str, Mapping[str, int]]

    @property
    def words(self) -> Words:
        return worded(self.kind, self.data)


@dataclass(frozen=True)
class Recipient:
    """Somebody who was told something, and how far it is on each channel."""

    notice: Notice
    name: str
    deliveries: Sequence[Delivery]


def rounds(work: Work, meeting: Meeting) -> list[Round]:
    """All that was told of the meeting, the latest first."""
    told = (Notice.meeting_id == meeting.id) & Notice.kind.in_(SHOWN)
    counted = work.db.execute(
        select(
            Notice.kind, Notice.version, func.min(Notice.made_at), func.count(Notice.person_id),
            func.count(Notice.robot_id), func.count(Notice.read_at), func.min(Notice.id),
        )
        .where(told)
        .group_by(Notice.kind, Notice.version)
        .order_by(func.max(Notice.id).desc())
    ).all()  # fmt: skip
    first = select(Notice.id, Notice.data).where(Notice.id.in_([row[-1] for row in counted]))
    data: dict[int, dict[str, Any]] = dict(iter(work.db.execute(first)))
    on_the_way: dict[tuple[str, int], dict[str, dict[str, int]]] = {}
    for kind, version, channel, state, number in work.db.execute(
        select(Notice.kind, Notice.version, Delivery.channel, Delivery.state, func.count())
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(told)
        .group_by(Notice.kind, Notice.version, Delivery.channel, Delivery.state)
    ):
        on_the_way.setdefault((kind, version), {}).setdefault(channel, {})[state] = number
    return [
        Round(
            Kind(kind), version, at, people, groups, read, data[first_id],
            on_the_way.get((kind, version), {}),
        )
        for kind, version, at, people, groups, read, first_id in counted
    ]  # fmt: skip


def recipients(
    work: Work, meeting: Meeting, kind: Kind, version: int, page: int, *, troubled: bool = False
) -> tuple[list[Recipient], int]:
    """A page of those who were told that, by name, and how many they are; `troubled`: those whom it reached
    by no channel but the application."""
    told = [Notice.meeting_id == meeting.id, Notice.kind == kind, Notice.version == version]
    told.append(Notice.person_id.is_not(None))
    if troubled:
        told.append(~_reached())
    rows = work.db.execute(
        select(Notice, Person.name)
        .join(Person, Person.id == Notice.person_id)
        .where(*told)
        .order_by(Person.name, Notice.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    deliveries: dict[int, list[Delivery]] = {}
    ids = [notice.id for notice, _ in rows]
    for one in work.db.scalars(
        select(Delivery).where(Delivery.notice_id.in_(ids)).order_by(Delivery.channel)
    ):
        deliveries.setdefault(one.notice_id, []).append(one)
    total = work.db.scalar(select(func.count()).select_from(Notice).where(*told)) or 0
    return [Recipient(notice, name, deliveries.get(notice.id, [])) for notice, name in rows], total


def reminders_of(work: Work, meeting: Meeting) -> Sequence[Reminder]:
    """The meeting's reminders: to come, given and void."""
    return work.db.scalars(
        select(Reminder)
        .where(Reminder.meeting_id == meeting.id)
        .order_by(case((Reminder.due_at.is_not(None), 0), else_=1), Reminder.due_at, Reminder.id.desc())
    ).all()


def to_copy(work: Work, meeting: Meeting) -> list[tuple[Kind, Words]]:
    """What can be copied into a group by hand: the last change that was told, and the invitation as it would
    be now; or that the meeting is off."""
    state, last = known.snapshot(work, meeting), last_announcement(work, meeting.id)
    facts = known.about(work, meeting)
    off = {POSTPONED: Kind.POSTPONED, CANCELLED: Kind.CANCELLED}.get(state["status"])
    kinds = (off,) if off else (Kind.CHANGE,) if last and state["status"] == ON else ()
    said = [
        (kind, data)
        for kind in kinds
        if (data := _last_said(work, meeting, kind, last.number if last else 0)) is not None
    ]
    if state["status"] == ON:
        said.append((Kind.INVITATION, facts))
    return [(kind, worded(kind, data)) for kind, data in said]


def resend(work: Work, actor: Actor, meeting_id: int, notice_id: int) -> str:
    """Sends a notice to its person once more, by each channel that reaches him now; says his name.

    Refuses: Missing, NotAllowed; NotNow, when no channel reaches him, it is of no use any more or was
    withdrawn, or he is invited no longer.
    """
    meeting = access.managed_by(work, actor, meeting_id)
    notice = work.db.get(Notice, notice_id)
    if notice is None or notice.meeting_id != meeting_id or notice.person_id is None:
        raise Missing
    if notice.useful_until is not None and notice.useful_until <= work.now:
        raise NotNow(_l("It is too late for this message. Please call the person instead."))
    if notice.voided_at is not None:
        raise NotNow(_l("This message was withdrawn, so it is not sent again."))
    person = work.db.get_one(Person, notice.person_id)
    if not _concerned(work, notice):
        raise NotNow(
            _l("%(name)s is no longer invited, so this message is not sent again.", name=person.name)
        )
    again = [
        one
        for one in work.db.scalars(select(Delivery).where(Delivery.notice_id == notice_id))
        if _reaches(work, person, one.channel)
    ]
    if not again:
        raise NotNow(
            _l("Neither mail nor text messages reach %(name)s. Please call him or her.", name=person.name)
        )
    for one in again:
        one.state, one.tries, one.error, one.due_at = DeliveryState.WAITING, 0, "", work.now
        one.held_until, one.held_by = None, None
        # It is meant to arrive again, so it must not pass for the message that came before.
        one.message_id = f"{secrets.token_hex(8)}.{notice_id}.{one.channel}"
    notice.read_at = None
    audit.note(
        work, actor, "notice.resent", f"meeting:{meeting.id}", meeting.host_id, person=person.id,
        kind=notice.kind,
    )  # fmt: skip
    return person.name


def _concerned(work: Work, notice: Notice) -> bool:
    """Whether its person is invited still, if it is for those who are."""
    if notice.kind not in FOR_INVITED:
        return True
    invited = (Invitation.meeting_id == notice.meeting_id) & (Invitation.person_id == notice.person_id)
    return work.db.scalar(select(exists().where(invited))) or False


def _reaches(work: Work, person: Person, channel: str) -> bool:
    address = ADDRESS[channel].key if channel in ADDRESS else ""
    unwanted = work.db.get(Unwanted, (person.id, channel)) is not None
    return bool(address and getattr(person, address)) and not unwanted


def _reached() -> ColumnElement[bool]:
    """The condition on Notice that some channel has brought it, or may yet, or that it was read."""
    on_its_way = and_(Delivery.notice_id == Notice.id, Delivery.state.not_in(TROUBLED))
    return or_(Notice.read_at.is_not(None), exists().where(on_its_way).correlate(Notice))


def _last_said(work: Work, meeting: Meeting, kind: Kind, version: int) -> Mapping[str, Any] | None:
    """The data of the notice of that kind that was told with that announcement."""
    data: Mapping[str, Any] | None = work.db.scalar(
        select(Notice.data)
        .where(Notice.subject == f"meeting:{meeting.id}", Notice.kind == kind, Notice.version == version)
        .limit(1)
    )
    return data
