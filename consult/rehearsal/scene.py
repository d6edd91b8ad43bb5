"""Setting a made-up meeting up, by the verbs that offices use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from consult.config import Settings
from consult.core.store import Store
from consult.meetings import conduct, scheduling
from consult.meetings.audience import Audience
from consult.meetings.plan import Plan
from consult.meetings.rule_data import RuleData
from consult.rehearsal.county import County
from consult.rehearsal.script import Script

LINK_LASTS = timedelta(days=1)
GRACE = 5  # seconds after closing before the attendance is settled


def schedule(
    store: Store, made: County, title: str, expected: Sequence[int], opens: datetime, script: Script
) -> int:
    """Schedules the meeting of a script, hosted by the province, at which these seats are expected."""
    plan = Plan(
        title=title,
        opens_at=opens,
        closes_at=opens + timedelta(seconds=script.length),
        lobby_minutes=script.lobby // 60,
        grace_seconds=GRACE,
        rule=RuleData.from_data(script.rule.as_data()),
        audience=Audience(also=tuple(expected)),
    )
    with store.read() as work:
        administrator = made.administrator(work)
    return store.write(scheduling.schedule, administrator, made.province_id, plan).id


def excuse(store: Store, made: County, meeting_id: int, membership_ids: Sequence[int]) -> None:
    """Gives these seats leave."""
    with store.read() as work:
        administrator = made.administrator(work)
    for membership_id in membership_ids:
        store.write(conduct.excuse, administrator, meeting_id, membership_id, "上级公务")


def clean_environment() -> dict[str, str]:
    """The environment without our settings, for a server of our own."""
    ours = {one.name.upper() + end for one in fields(Settings) for end in ("", "_FILE")}
    return {name: value for name, value in os.environ.items() if name not in ours}
