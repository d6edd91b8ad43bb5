"""Who has which role where; staff accounts."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.core.errors import Invalid, Message, Missing, NotAllowed
from consult.core.store import Work
from consult.members import audit, passwords, sign_ins, units
from consult.members.access import CONSOLE, Actor
from consult.members.models import Level, Person, Role, RoleGrant, Unit

ROLES: dict[Role, Message] = {
    Role.ORGANIZER: _l("Organizer"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.READER: _l("Reader"),
}


@dataclass(frozen=True)
class Granted:
    """A role somebody has in a unit."""

    grant: RoleGrant
    person: Person


def staff_of(work: Work, unit_id: int) -> list[Granted]:
    """Who has a role in this very unit."""
    rows = work.db.execute(
        select(RoleGrant, Person)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.unit_id == unit_id)
        .order_by(RoleGrant.role, Person.name, RoleGrant.id)
    ).all()
    return [Granted(grant, person) for grant, person in rows]


def create_staff(work: Work, actor: Actor, unit_id: int, account: str, name: str, role: Role) -> Person:
    """A new account with a role in a unit; it has no password until its holder uses a sign-in link.

    Refuses: Missing, NotAllowed, Invalid (field `account`, if it is taken).
    """
    unit = units.administered(work, actor, unit_id)
    if work.db.scalars(select(Person.id).where(Person.account == account)).first() is not None:
        raise Invalid(
            _l("This account name is taken. To give its holder a role, use the form below."), field="account"
        )
    person = Person(name=name, account=account, created_at=work.now)
    work.db.add(person)
    work.db.flush()
    audit.note(work, actor, "account.created", f"person:{person.id}", unit.id, account=account)
    _give(work, actor, unit, person.id, role)
    return person


def grant(work: Work, actor: Actor, unit_id: int, person_id: int, role: Role) -> RoleGrant:
    """Gives a person a role in a unit; giving it twice is the same. Refuses: Missing, NotAllowed."""
    unit = units.administered(work, actor, unit_id)
    if work.db.get(Person, person_id) is None:
        raise Missing
    return _give(work, actor, unit, person_id, role)


def holder_of(work: Work, account: str) -> Person:
    """The person with this account. Refuses: Invalid (field `account`)."""
    person = work.db.scalars(select(Person).where(Person.account == account)).first()
    if person is None:
        raise Invalid(_l("There is no account of this name."), field="account")
    return person


def revoke(work: Work, actor: Actor, grant_id: int) -> int:
    """Takes a role away and signs its holder out, so that what he has open closes; returns the unit's id.

    Refuses: Missing; NotAllowed, also for one's own role as administrator.
    """
    given = work.db.get(RoleGrant, grant_id)
    if given is None:
        raise Missing
    unit = units.administered(work, actor, given.unit_id)
    if given.person_id == actor.person_id and given.role == Role.ADMINISTRATOR:
        raise NotAllowed(_l("You can't take this role from yourself. Another administrator can."))
    audit.note(work, actor, "role.revoked", f"person:{given.person_id}", unit.id, role=str(given.role))
    work.db.delete(given)
    sign_ins.end_all(work, given.person_id)
    return unit.id


def create_admin(
    work: Work, account: str, name: str, password: str, unit_name: str, level: Level = Level.PROVINCE
) -> Person:
    """From the console: an administrator with a password, of the unit of that name.

    Where there is no unit at all, that one is made, of that level. Refuses: Invalid.
    """
    passwords.check(password, account)
    found = work.db.scalars(select(Unit).where(Unit.name == unit_name)).first()
    if found is None and work.db.scalars(select(Unit.id).limit(1)).first() is not None:
        raise Invalid(_l("There is no unit called “%(name)s”.", name=unit_name), field="unit")
    unit = found or units.create(work, unit_name, level, None)
    person = create_staff(work, CONSOLE, unit.id, account, name, Role.ADMINISTRATOR)
    person.password_hash = passwords.hashed(password)
    return person


def _give(work: Work, actor: Actor, unit: Unit, person_id: int, role: Role) -> RoleGrant:
    same = select(RoleGrant).where(
        RoleGrant.person_id == person_id, RoleGrant.unit_id == unit.id, RoleGrant.role == role
    )
    given = work.db.scalars(same).first()
    if given is None:
        given = RoleGrant(person_id=person_id, unit_id=unit.id, role=role, granted_at=work.now)
        work.db.add(given)
        work.db.flush()
        audit.note(work, actor, "role.granted", f"person:{person_id}", unit.id, role=str(role))
    return given
