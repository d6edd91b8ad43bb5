"""The queue of deliveries: taken in hand by lease, and what became of them written down."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update

from consult.core.store import Work
from consult.meetings.models import Meeting
from consult.members.models import Person
from consult.notices import retry
from consult.notices.carrying import Reason, Refused, Undelivered
from consult.notices.letters import overtaken
from consult.notices.models import Channel, Delivery, DeliveryState, Notice, Robot, Unwanted

PROBE = timedelta(minutes=1)  # how long the one that asks whether a channel is back has before another asks


class Fate(enum.Enum):
    """Whether a delivery in hand is still to be sent."""

    WANTED = enum.auto()
    VOID = enum.auto()
    LOST = enum.auto()  # another sender has it in hand, or it is sent


def something_waits(work: Work, channel: str) -> bool:
    """Whether there is anything to take in hand."""
    due = select(Delivery.id).where(Delivery.channel == channel, Delivery.due_at <= work.now, *_free(work))
    return work.db.execute(due.limit(1)).first() is not None


def take(work: Work, channel: str, holder: str, most: int, hold: timedelta) -> list[int]:
    """Takes deliveries that are due in hand, the urgent first; returns their ids. Of a channel that is down
    none, or one, if it is time to ask whether it is back."""
    state = work.db.get(Channel, channel)
    probing = state is not None and state.failing_since is not None
    if state is not None and state.paused_until is not None and state.paused_until > work.now:
        return []
    free = _free(work)
    ids = work.db.scalars(
        select(Delivery.id)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.channel == channel, Delivery.due_at <= work.now, *free)
        .order_by(Notice.urgent.desc(), Delivery.due_at, Delivery.id)
        .limit(1 if probing else most)
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    if ids and state is not None and probing and not _may_ask(work, state):
        return []
    taken = set(
        work.db.scalars(
            update(Delivery)
            .where(Delivery.id.in_(ids), *free)
            .values(held_by=holder, held_until=work.now + hold)
            .returning(Delivery.id)
        )
    )
    return [one for one in ids if one in taken]


def still_wanted(work: Work, delivery_id: int, holder: str) -> Fate:
    """Whether the delivery in hand is to be sent, as things are at this instant: not to a closed account, nor
    by a channel that its person has given up, nor what was overtaken."""
    unwanted = exists().where(Unwanted.person_id == Notice.person_id, Unwanted.channel == Delivery.channel)
    gone = or_(Robot.removed_at.is_not(None), Person.disabled_at.is_not(None), unwanted)
    row = work.db.execute(
        select(Delivery, Notice, Meeting, gone)
        .join(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(Meeting, Meeting.id == Notice.meeting_id)
        .outerjoin(Robot, Robot.id == Notice.robot_id)
        .outerjoin(Person, Person.id == Notice.person_id)
        .where(Delivery.id == delivery_id)
    ).one()
    delivery, notice, meeting, nobody = row
    if delivery.state != DeliveryState.WAITING or delivery.held_by != holder:
        return Fate.LOST
    return Fate.VOID if nobody or overtaken(notice, meeting, work.now) else Fate.WANTED


def sent(work: Work, delivery_id: int) -> None:
    """It was sent; that holds whoever has it in hand by now, and whatever has overtaken it."""
    row = work.db.get_one(Delivery, delivery_id)
    if row.state != DeliveryState.SENT:
        row.state, row.sent_at, row.tries = DeliveryState.SENT, work.now, row.tries + 1
        row.held_by = row.held_until = None
        row.reason = row.error = ""


def failed(work: Work, delivery_id: int, holder: str, why: Undelivered, chance: float) -> None:
    """It was not: it is tried again later, or given up."""
    row = _in_hand(work, delivery_id, holder)
    if row is None:
        return
    row.tries += 1
    row.held_by = row.held_until = None
    row.reason, row.error = why.reason, why.said
    wait = None if isinstance(why, Refused) else retry.wait(row.tries, chance, why.after)
    if wait is None:
        row.state = DeliveryState.FAILED
    else:
        row.due_at = work.now + wait


def void(work: Work, delivery_id: int, holder: str) -> None:
    """It is no longer to be sent."""
    _end(work, delivery_id, holder, state=DeliveryState.VOID)


def skip(work: Work, delivery_id: int, holder: str, reason: Reason) -> None:
    """It can't be sent by this channel at all."""
    _end(work, delivery_id, holder, state=DeliveryState.SKIPPED, reason=reason)


def put_back(work: Work, delivery_ids: Sequence[int], holder: str) -> None:
    """Those of them that are still in hand are not any more."""
    work.db.execute(
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids), Delivery.held_by == holder)
        .values(held_by=None, held_until=None)
    )


def down(work: Work, channel: str, why: Undelivered, chance: float) -> None:
    """The channel is down: it is left alone for a while."""
    row = work.db.get(Channel, channel, with_for_update=True) or Channel(name=channel, failures=0)
    work.db.add(row)
    row.failing_since = row.failing_since or work.now
    row.failures += 1
    row.reason, row.error = why.reason, why.said
    row.paused_until = work.now + max(retry.pause(row.failures, chance), timedelta(seconds=why.after))


def up(work: Work, channel: str) -> None:
    """Something got through."""
    row = work.db.get(Channel, channel, with_for_update=True) or Channel(name=channel)
    work.db.add(row)
    row.sent_at, row.failing_since, row.paused_until = work.now, None, None
    row.failures, row.reason, row.error = 0, "", ""


def _free(work: Work) -> tuple[ColumnElement[bool], ...]:
    in_no_hand = or_(Delivery.held_until.is_(None), Delivery.held_until <= work.now)
    return Delivery.state == DeliveryState.WAITING, in_no_hand


def _may_ask(work: Work, state: Channel) -> bool:
    """Whether we are the one that asks if the channel is back: one sender at a time."""
    won = work.db.execute(
        update(Channel)
        .where(Channel.name == state.name, Channel.paused_until == state.paused_until)
        .values(paused_until=work.now + PROBE)
        .returning(Channel.name)
        .execution_options(synchronize_session=False)
    )
    return won.first() is not None


def _in_hand(work: Work, delivery_id: int, holder: str) -> Delivery | None:
    return work.db.scalars(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.held_by == holder)
        .where(Delivery.state == DeliveryState.WAITING)
        .with_for_update()
    ).first()


def _end(work: Work, delivery_id: int, holder: str, **values: Any) -> None:
    row = _in_hand(work, delivery_id, holder)
    if row is not None:
        row.held_by = row.held_until = None
        for name, value in values.items():
            setattr(row, name, value)
