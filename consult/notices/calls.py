"""Calls for topics: told when they open, and when their end is moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, String, cast, exists, func, literal, or_, select

from consult.core import clock
from consult.core.store import Work
from consult.members.access import lasts
from consult.members.models import Membership, Unit
from consult.notices.kinds import Kind
from consult.notices.models import Notice
from consult.notices.outbox import Telling, tell, tell_groups, withdraw
from consult.notices.policy import Policy
from consult.notices.sources import Burst, Source, instant, second
from consult.notices.wording import instant as instant_of
from consult.topics.calls import Within
from consult.topics.models import Call

TOLD = (Kind.CALL, Kind.CALL_MOVED)


def _opened(work: Work, up_to: int) -> Sequence[int]:
    """Those that are open: made after their opening, or opening by themselves."""
    begun = or_(Call.opens_at >= instant(up_to), Call.created_at >= instant(up_to))
    told = exists().where(Notice.subject == _subject(), Notice.kind == Kind.CALL)
    return work.db.scalars(
        select(Call.id).where(begun, Call.opens_at <= work.now, Call.closes_at > work.now, ~told)
    ).all()


def _tell_call(work: Work, policy: Policy, call_id: int) -> None:
    call = work.db.get_one(Call, call_id)
    telling = Telling(
        Kind.CALL, f"call:{call.id}", 1, _about(work, policy, call), useful_until=call.closes_at
    )  # fmt: skip
    tell(work, policy, _asked(work, call), telling)
    tell_groups(work, policy, call.unit_id, telling)


def _moved(work: Work, up_to: int) -> Sequence[Burst]:
    """Those whose end is another than people were last told."""
    edited = work.db.scalars(select(Call).where(Call.updated_at >= instant(up_to), Call.version > 1)).all()
    known = _last_told(work, [call.id for call in edited])
    return [
        Burst(call.id, call.version, call.updated_at, call.updated_at)
        for call in edited
        if call.id in known and known[call.id]["closes_at"] != clock.iso(call.closes_at)
    ]


def _tell_moved(work: Work, policy: Policy, moved: Burst) -> None:
    call = work.db.get_one(Call, moved.of)
    was = _last_told(work, [call.id])[call.id]["closes_at"]
    over = call.closes_at <= work.now
    if over and instant_of(was) <= work.now:
        return  # whoever was told the end knows that it has come
    outdated = TOLD if over else (Kind.CALL_MOVED,)  # what has not gone out yet
    withdraw(work, Notice.subject == f"call:{call.id}", Notice.kind.in_(outdated))
    data = {**_about(work, policy, call), "was": was, "over": over}
    useful_until = instant_of(was) if over else call.closes_at
    telling = Telling(
        Kind.CALL_MOVED, f"call:{call.id}", moved.version, data, useful_until=useful_until
    )  # fmt: skip
    tell(work, policy, _asked(work, call), telling)
    tell_groups(work, policy, call.unit_id, telling)


def _last_told(work: Work, call_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What was last told of each of these calls, if anything was."""
    subjects = [f"call:{call_id}" for call_id in call_ids]
    newest = select(func.max(Notice.id)).where(Notice.subject.in_(subjects), Notice.kind.in_(TOLD))
    rows = work.db.scalars(select(Notice.data).where(Notice.id.in_(newest.group_by(Notice.subject))))
    return {data["call"]: data for data in rows}


def _asked(work: Work, call: Call) -> Select[int]:
    """The members whom the call concerns."""
    unit = work.db.get_one(Unit, call.unit_id)
    below = Unit.path.startswith(unit.path, autoescape=True)
    return (
        select(Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(below if call.within == Within.TREE else Unit.id == unit.id)
        .where(Membership.from_day <= work.today, lasts(work.today))
    )


def _about(work: Work, policy: Policy, call: Call) -> dict[str, Any]:
    host = work.db.get_one(Unit, call.unit_id).name
    return {
        "call": call.id, "title": call.title, "host": host, "closes_at": clock.iso(call.closes_at),
        "zone": policy.zone,
    }  # fmt: skip


def _subject() -> Any:
    return literal("call:") + cast(Call.id, String)


SOURCES = (
    Source("calls", second, _opened, _tell_call),
    Source("calls moved", second, _moved, _tell_moved, bursts=True),
)
