"""Who convenes a sector (界别召集人) or heads a committee (专委会主任) of a unit: they decide on leave."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, select

from consult.core.errors import Invalid, Message, Missing
from consult.core.store import Work
from consult.members import audit
from consult.members.access import ORGANIZING, READING, Actor, lasts, unit_for
from consult.members.models import Charge, Membership, Person, Unit


class ChargeKind(enum.StrEnum):
    """What somebody is in charge of."""

    SECTOR = "sector"
    COMMITTEE = "committee"

    @property
    def label(self) -> Message:
        return _LABELS[self]


_LABELS: dict[ChargeKind, Message] = {
    ChargeKind.SECTOR: _l("Convener of the sector"),
    ChargeKind.COMMITTEE: _l("Head of the committee"),
}


@dataclass(frozen=True)
class Held:
    """A charge, and who has it."""

    charge: Charge
    name: str


@dataclass(frozen=True)
class Circle:
    """A sector or committee of a unit: how many members it has, and who is in charge of it."""

    kind: ChargeKind
    name: str
    members: int
    held: tuple[Held, ...]


def give(work: Work, actor: Actor, unit_id: int, kind: str, name: str, member: str) -> Charge:
    """Puts a member of the unit, by name or number, in charge of one of its sectors or committees.

    Giving it twice is the same. Refuses: Missing, NotAllowed, Invalid (fields `circle`, `member`).
    """
    unit = _organized(work, actor, unit_id)
    circle = next((one for one in circles(work, unit.id) if (one.kind, one.name) == (kind, name)), None)
    if circle is None:
        raise Invalid(_l("Please choose one of these."), field="circle")
    person_id = _member(work, unit, member)
    for held in circle.held:
        if held.charge.person_id == person_id:
            return held.charge
    charge = Charge(unit_id=unit.id, kind=kind, name=name, person_id=person_id, given_at=work.now)
    work.db.add(charge)
    work.db.flush()
    audit.note(work, actor, "charge.given", f"person:{person_id}", unit.id, kind=kind, name=name)
    return charge


def take(work: Work, actor: Actor, charge_id: int) -> int:
    """Takes a charge away; returns the unit's id. Refuses: Missing, NotAllowed."""
    charge = work.db.get(Charge, charge_id)
    if charge is None:
        raise Missing
    unit = _organized(work, actor, charge.unit_id)
    person = f"person:{charge.person_id}"
    audit.note(work, actor, "charge.taken", person, unit.id, kind=charge.kind, name=charge.name)
    work.db.delete(charge)
    return unit.id


def circles(work: Work, unit_id: int) -> list[Circle]:
    """The sectors and then the committees that the unit's present members are in, or that somebody is in
    charge of."""
    counts: dict[tuple[ChargeKind, str], int] = {}
    for sector, committees in work.db.execute(
        select(Membership.sector, Membership.committees)
        .where(Membership.unit_id == unit_id, lasts(work.today))
        .order_by(Membership.id)
    ):
        own = [(ChargeKind.SECTOR, sector)] if sector else []
        for key in [*own, *((ChargeKind.COMMITTEE, one) for one in committees)]:
            counts[key] = counts.get(key, 0) + 1
    held: dict[tuple[ChargeKind, str], list[Held]] = {}
    for charge, name in work.db.execute(
        select(Charge, Person.name)
        .join(Person, Person.id == Charge.person_id)
        .where(Charge.unit_id == unit_id)
        .order_by(Charge.id)
    ):
        held.setdefault((ChargeKind(charge.kind), charge.name), []).append(Held(charge, name))
    order = list(ChargeKind)
    keys = sorted({*counts, *held}, key=lambda key: (order.index(key[0]), -counts.get(key, 0), key[1]))
    return [Circle(*key, counts.get(key, 0), tuple(held.get(key, ()))) for key in keys]


def holders(work: Work, unit_id: int) -> Mapping[tuple[ChargeKind, str], set[int]]:
    """The people in charge of the unit's sectors and committees, as far as they are its members now."""
    found: dict[tuple[ChargeKind, str], set[int]] = {}
    rows = work.db.execute(
        select(Charge.kind, Charge.name, Charge.person_id).where(
            Charge.unit_id == unit_id, by_a_member(work.today)
        )
    )
    for kind, name, person_id in rows:
        found.setdefault((ChargeKind(kind), name), set()).add(person_id)
    return found


def by_a_member(day: date) -> ColumnElement[bool]:
    """The condition on Charge that who has it is a member of its unit that day: with the seat goes what it
    shows of others."""
    seat = exists().where(
        Membership.person_id == Charge.person_id, Membership.unit_id == Charge.unit_id, lasts(day)
    )
    return seat.correlate(Charge)


def _organized(work: Work, actor: Actor, unit_id: int) -> Unit:
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    return unit


def _member(work: Work, unit: Unit, typed: str) -> int:
    """The unit's member of that name or number. Refuses: Invalid (field `member`)."""
    people = set(
        work.db.scalars(
            select(Person.id)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.unit_id == unit.id, lasts(work.today))
            .where((Person.name == typed) | (Membership.number == typed))
        )
    )
    if not people:
        raise Invalid(_l("There is no member “%(name)s” here.", name=typed), field="member")
    if len(people) > 1:
        raise Invalid(
            _l("Several members are called “%(name)s”. Please give the number.", name=typed), field="member"
        )
    return people.pop()
