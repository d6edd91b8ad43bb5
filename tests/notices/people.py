"""What the tests of notices share: the people of the meetings' tests, a policy, and what was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from consult.core.store import Store
from consult.notices import errand
from consult.notices.kinds import PERSONAL, ROBOT
from consult.notices.models import Notice
from consult.notices.policy import Policy

POLICY = Policy(
    channels=frozenset((*PERSONAL, ROBOT)),
    change_quiet=timedelta(minutes=2),
    reminders=(4320, 1440, 30),
    quiet_from=time(22),
    quiet_until=time(7, 30),
    zone="Asia/Shanghai",
)


def turn(store: Store, now: datetime) -> None:
    """One turn of the clock's errand at that instant."""
    errand.turn(store, POLICY, now)


def told(store: Store, *kinds: str) -> dict[int, list[str]]:
    """What each person was told, in order; only of these kinds, if any are given."""
    with store.read() as work:
        rows = work.db.execute(
            select(Notice.person_id, Notice.kind).where(Notice.person_id.is_not(None)).order_by(Notice.id)
        )
        found: dict[int, list[str]] = {}
        for person_id, kind in rows:
            if person_id is not None and (not kinds or kind in kinds):
                found.setdefault(person_id, []).append(kind)
        return found


def last_data(store: Store, kind: str) -> Mapping[str, Any]:
    """The data of the last notice of the kind."""
    with store.read() as work:
        data: Mapping[str, Any] = work.db.scalars(
            select(Notice.data).where(Notice.kind == kind).order_by(Notice.id.desc()).limit(1)
        ).one()
        return data
