"""The attendance rule that a unit's new meetings begin with."""

from __future__ import annotations

from sqlalchemy import select

from consult.core.errors import Stale
from consult.core.store import Work
from consult.meetings.models import UnitRule
from consult.meetings.rule_data import RuleData
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit


def usual(work: Work, unit_id: int, otherwise: RuleData) -> RuleData:
    """The unit's own rule, or `otherwise` where its office has set none."""
    row = work.db.get(UnitRule, unit_id)
    return RuleData.from_data(row.rule) if row else otherwise


def shown(work: Work, actor: Actor, unit_id: int) -> tuple[Unit, UnitRule | None]:
    """The unit and its own rule, if it has one. Refuses: Missing."""
    unit = unit_for(work, actor, unit_id, *READING)
    return unit, work.db.get(UnitRule, unit.id)


def keep(work: Work, actor: Actor, unit_id: int, version: int, rule: RuleData) -> UnitRule:
    """Sets the unit's own rule; meetings that there are already keep theirs. `version` is 0 for the first.

    Refuses: Missing, NotAllowed; Stale, when somebody else has set it in the meantime.
    """
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    work.db.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    row = work.db.get(UnitRule, unit.id, populate_existing=True)
    if (row.version if row else 0) != version:
        raise Stale
    before = row.rule if row else {}
    if row is None:
        row = UnitRule(unit_id=unit.id)
        work.db.add(row)
    row.rule, row.version = rule.as_data(), version + 1
    row.updated_at, row.updated_by = work.now, actor.person_id
    work.db.flush()
    changed = edits.differences({name: before.get(name, "") for name in row.rule}, row.rule)
    edits.note(work, actor, "unit.rule_set", f"unit:{unit.id}", unit.id, row.version, changed)
    return row
