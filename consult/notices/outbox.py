"""The outbox: a notice is a row before it is a message.

`tell` and `tell_groups` write notices and what is to carry them, in the verb's own transaction and in a
number of statements that does not grow with that of the people. A notice is unique by recipient, subject,
kind and version, so telling twice tells once: after a crash, and when two clocks do it at the same moment.
What is waiting (Delivery) is sent by others, who must look at `Notice.useful_until` and `voided_at`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    String,
    case,
    cast,
    exists,
    false,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from consult.core.store import Base, UtcDateTime, Work
from consult.members.models import Person
from consult.notices.kinds import EMAIL, ROBOT, SMS, Kind
from consult.notices.models import Delivery, DeliveryState, Notice, Robot, Unwanted
from consult.notices.policy import Policy
from consult.notices.wording import Data

ADDRESS = {EMAIL: Person.email, SMS: Person.phone}


@dataclass(frozen=True)
class Told:
    """People have been told something new, or have read it."""


@dataclass(frozen=True)
class Telling:
    """What is told: `data` as kinds says, `subject` such as `meeting:9`.

    `begins_at` is when that begins which it is about: what can't wait for the morning goes out in the night.
    `useful_until` is when it is of no use any more.
    """

    kind: Kind
    subject: str
    version: int
    data: Data
    meeting_id: int | None = None
    begins_at: datetime | None = None
    useful_until: datetime | None = None
    urgent: bool = False


def tell(work: Work, policy: Policy, recipients: Select[int] | Collection[int], telling: Telling) -> int:
    """Tells these people, each once, whatever is told again; says how many had not been told.

    `recipients` are person ids, or a query for them. Closed accounts are told nothing. Each channel that the
    kind goes by and that is set up gets a Delivery: waiting, or skipped where the person has no address or
    wants none.
    """
    wanted = Person.id.in_(recipients) & Person.disabled_at.is_(None)
    people = select((literal("person:") + cast(Person.id, String)), Person.id, null()).where(wanted)
    made = _write(work, policy, people, telling)
    for channel in telling.kind.channels if made else ():
        if channel in policy.channels:
            _carry(work, policy, telling, channel)
    return made


def tell_groups(work: Work, policy: Policy, unit_id: int, telling: Telling) -> int:
    """Tells the groups of the unit whose robots want this kind; says how many had not been told."""
    if not telling.kind.for_groups:
        return 0
    robots = work.db.execute(
        select(Robot.id, Robot.kinds).where(Robot.unit_id == unit_id, Robot.removed_at.is_(None))
    )
    wanting = [robot_id for robot_id, kinds in robots if telling.kind in kinds]
    if not wanting:
        return 0
    groups = select((literal("robot:") + cast(Robot.id, String)), null(), Robot.id).where(
        Robot.id.in_(wanting)
    )
    made = _write(work, policy, groups, telling)
    if made:
        _carry(work, policy, telling, ROBOT)
    return made


def withdraw(work: Work, *where: ColumnElement[bool]) -> None:
    """Has what is still waiting of these notices sent no more, also what a sender has in hand: it looks once
    more before it sends, and must not try again later what is out of date by then."""
    notices = select(Notice.id).where(*where)
    work.db.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.WAITING, Delivery.notice_id.in_(notices))
        .values(state=DeliveryState.VOID)
        .execution_options(synchronize_session=False)
    )


def too_late(work: Work) -> bool:
    """Whether anything is waiting that is of no use any more."""
    late = select(Delivery.id).join(Notice, Notice.id == Delivery.notice_id)
    waiting = Delivery.state == DeliveryState.WAITING
    return work.db.execute(late.where(waiting, Notice.useful_until <= work.now).limit(1)).first() is not None


def drop_late(work: Work) -> None:
    """Has what is of no use any more not sent."""
    withdraw(work, Notice.useful_until <= work.now)


def put(work: Work, table: type[Base], columns: Sequence[str], rows: Select[*tuple[Any, ...]]) -> int:
    """Inserts what the query finds, but for rows that are there already; says how many were new."""
    dialect = postgresql if work.db.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).from_select(columns, rows).on_conflict_do_nothing()
    work.db.flush()
    done = work.db.connection().execute(statement.execution_options(preserve_rowcount=True))
    return done.rowcount


def _write(work: Work, policy: Policy, recipients: Select[*tuple[Any, ...]], telling: Telling) -> int:
    urgent = policy.send_at(work.now, telling.begins_at, urgent=telling.urgent) == work.now
    columns = {
        "meeting_id": literal(telling.meeting_id) if telling.meeting_id else null(),
        "subject": literal(telling.subject),
        "kind": literal(telling.kind.value),
        "version": literal(telling.version),
        "data": literal(dict(telling.data), JSON),
        "urgent": literal(urgent),
        "made_at": literal(work.now, UtcDateTime),
        "useful_until": literal(telling.useful_until, UtcDateTime) if telling.useful_until else null(),
    }
    names = ["recipient", "person_id", "robot_id", *columns]
    made = put(work, Notice, names, recipients.add_columns(*columns.values()))
    if made:
        work.record(Told())
    return made


def _carry(work: Work, policy: Policy, telling: Telling, channel: str) -> None:
    """Puts what was told on its way by the channel."""
    reached = false() if channel == ROBOT else or_(ADDRESS[channel] == "", _unwanted(channel))
    batch = secrets.token_hex(8)  # so that no other installation, or one restored, has the same names
    columns = {
        "notice_id": Notice.id,
        "channel": literal(channel),
        "state": case((reached, DeliveryState.SKIPPED.value), else_=DeliveryState.WAITING.value),
        "message_id": literal(f"{batch}.") + cast(Notice.id, String) + literal(f".{channel}"),
        "tries": literal(0),
        "due_at": literal(policy.send_at(work.now, telling.begins_at, urgent=telling.urgent), UtcDateTime),
        "error": literal(""),
    }
    told = (
        select(*columns.values())
        .outerjoin(Person, Person.id == Notice.person_id)
        .where(Notice.subject == telling.subject, Notice.kind == telling.kind)
        .where(Notice.version == telling.version)
        .where(Notice.robot_id.is_not(None) if channel == ROBOT else Notice.person_id.is_not(None))
    )
    put(work, Delivery, list(columns), told)


def _unwanted(channel: str) -> ColumnElement[bool]:
    return exists().where(Unwanted.person_id == Person.id, Unwanted.channel == channel).correlate(Person)
