"""Quiet periods (静默期): days on which a unit and those below it plan no meetings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.core.text import line
from consult.meetings.models import QuietPeriod
from consult.members import audit
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit

LONGEST = timedelta(days=120)
LONGEST_REASON = 120
MOST = 100  # of one unit that are not over


@dataclass(frozen=True)
class Period:
    """A quiet period with the name of the unit that made it."""

    id: int
    unit_id: int
    unit: str
    from_day: date
    to_day: date
    reason: str


def listed(work: Work, actor: Actor, unit_id: int) -> list[Period]:
    """The periods that hold for the unit, its own and those of units above it, as far as they are not over.

    Refuses: Missing.
    """
    return over(work, unit_for(work, actor, unit_id, *READING), work.today, date.max)


def over(work: Work, unit: Unit, first: date, last: date) -> list[Period]:
    """The periods that hold for the unit and have days between these two."""
    line_of_units = [int(part) for part in unit.path.split("/") if part]
    rows = work.db.execute(
        select(QuietPeriod, Unit.name)
        .join(Unit, Unit.id == QuietPeriod.unit_id)
        .where(QuietPeriod.unit_id.in_(line_of_units))
        .where(QuietPeriod.from_day <= last, QuietPeriod.to_day >= first)
        .order_by(QuietPeriod.from_day, QuietPeriod.id)
    )
    return [Period(one.id, one.unit_id, name, one.from_day, one.to_day, one.reason) for one, name in rows]


def add(work: Work, actor: Actor, unit_id: int, from_day: date, to_day: date, reason: str) -> QuietPeriod:
    """A new quiet period of the unit. Refuses: Missing, NotAllowed, Invalid (fields `from_day`, `to_day`,
    `reason`)."""
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    because = line(reason, "reason", longest=LONGEST_REASON)
    if to_day < from_day:
        raise Invalid(_l("The last day must not come before the first."), field="to_day")
    if to_day - from_day >= LONGEST:
        raise Invalid(_l("A quiet period lasts at most %(days)s days.", days=LONGEST.days), field="to_day")
    counted = select(func.count()).where(QuietPeriod.unit_id == unit.id, QuietPeriod.to_day >= work.today)
    if (work.db.scalar(counted) or 0) >= MOST:
        raise Invalid(_l("There are too many quiet periods. Please remove some first."), field="from_day")
    period = QuietPeriod(
        unit_id=unit.id, from_day=from_day, to_day=to_day, reason=because,
        made_by=actor.person_id, made_at=work.now,
    )  # fmt: skip
    work.db.add(period)
    work.db.flush()
    audit.note(work, actor, "quiet.added", f"unit:{unit.id}", unit.id, **_told(period))
    return period


def remove(work: Work, actor: Actor, period_id: int) -> int:
    """Takes a quiet period away; says whose it was. Refuses: Missing, NotAllowed."""
    period = work.db.get(QuietPeriod, period_id)
    if period is None:
        raise Missing
    unit = unit_for(work, actor, period.unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    audit.note(work, actor, "quiet.removed", f"unit:{unit.id}", unit.id, **_told(period))
    work.db.delete(period)
    return unit.id


def _told(period: QuietPeriod) -> dict[str, str]:
    return {
        "from_day": period.from_day.isoformat(), "to_day": period.to_day.isoformat(), "reason": period.reason
    }  # fmt: skip
