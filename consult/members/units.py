"""The tree of units: province, city, county; each is administered from above or by its own administrator."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.core.errors import Invalid, Message, Missing
from consult.core.store import Work
from consult.members import audit
from consult.members.access import READING, Actor, lasts, units_under
from consult.members.models import Level, Membership, Role, Unit

LEVELS: dict[Level, Message] = {
    Level.PROVINCE: _l("Province"),
    Level.CITY: _l("City"),
    Level.COUNTY: _l("County"),
}
"""The tiers from above to below, with their names."""


@dataclass(frozen=True)
class Branch:
    """A unit as the tree shows it: `depth` below the highest that is shown, its present members counted."""

    unit: Unit
    depth: int
    members: int
    administered: bool


def tree(work: Work, actor: Actor) -> list[Branch]:
    """All units where the actor has a role, each below its parent."""
    units = units_under(work, actor, *READING)
    present = select(Membership.unit_id, func.count()).where(lasts(work.today)).group_by(Membership.unit_id)
    counted = dict(iter(work.db.execute(present)))
    shown = {unit.path for unit in units}
    return [
        Branch(
            unit,
            sum(path != unit.path and unit.path.startswith(path) for path in shown),
            counted.get(unit.id, 0),
            actor.holds(unit.path, Role.ADMINISTRATOR),
        )
        for unit in sorted(units, key=lambda unit: [int(part) for part in unit.path.split("/") if part])
    ]


def levels_below(level: Level) -> list[Level]:
    """The tiers that a unit of this one may have below it."""
    order = list(LEVELS)
    return order[order.index(level) + 1 :]


def administered(work: Work, actor: Actor, unit_id: int) -> Unit:
    """The unit, for its administrator. Refuses: Missing, if he has no role there at all; NotAllowed."""
    unit = work.db.get(Unit, unit_id)
    if unit is None or not actor.holds(unit.path, *READING):
        raise Missing
    actor.require(unit.path, Role.ADMINISTRATOR)
    return unit


def add(work: Work, actor: Actor, parent_id: int, name: str, level: Level) -> Unit:
    """A new unit below that one. Refuses: Missing, NotAllowed, Invalid (fields `name`, `level`)."""
    parent = administered(work, actor, parent_id)
    if level not in levels_below(parent.level):
        raise Invalid(_l("A unit can only stand below one of a higher level."), field="level")
    _free(work, name, parent.id)
    unit = create(work, name, level, parent)
    audit.note(work, actor, "unit.added", f"unit:{unit.id}", unit.id, name=name)
    return unit


def create(work: Work, name: str, level: Level, parent: Unit | None) -> Unit:
    """A new unit, asking nobody."""
    unit = Unit(parent_id=parent.id if parent else None, path="", name=name, level=level, created_at=work.now)
    work.db.add(unit)
    work.db.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    work.db.flush()
    return unit


def rename(work: Work, actor: Actor, unit_id: int, name: str) -> Unit:
    """Gives a unit another name. Refuses: Missing, NotAllowed, Invalid (field `name`)."""
    unit = administered(work, actor, unit_id)
    if name != unit.name:
        _free(work, name, unit.parent_id)
        audit.note(work, actor, "unit.renamed", f"unit:{unit.id}", unit.id, old=unit.name, new=name)
        unit.name = name
    return unit


def _free(work: Work, name: str, parent_id: int | None) -> None:
    same = select(Unit.id).where(Unit.name == name, Unit.parent_id == parent_id)
    if work.db.scalars(same).first() is not None:
        raise Invalid(_l("There is a unit of this name already."), field="name")
