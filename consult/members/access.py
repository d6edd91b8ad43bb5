"""Who may do what where. Every verb asks here, each time anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, bindparam, select

from consult.core.errors import Missing, NotAllowed, SignInRequired
from consult.core.store import Work
from consult.members.models import Membership, Person, Role, RoleGrant, Unit


@dataclass(frozen=True)
class Seat:
    """A membership that lasts, as its holder's powers need it."""

    membership_id: int
    unit_id: int
    unit_path: str


@dataclass(frozen=True)
class Actor:
    """A person as the rules see him: the seats he holds, and the paths of the units where he has a role."""

    person_id: int
    name: str
    seats: tuple[Seat, ...] = ()
    roles: tuple[tuple[Role, str], ...] = field(default=())
    consented: bool = False  # to what a meeting records of him

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """The paths of the units where he has one of these roles; he has it in all that is below, too."""
        return tuple(path for role, path in self.roles if role in roles)

    def holds(self, unit_path: str, *roles: Role) -> bool:
        """Whether he has one of these roles over the unit of that path."""
        return any(unit_path.startswith(path) for path in self.paths(*roles))

    def require(self, unit_path: str, *roles: Role) -> None:
        """Refuses (NotAllowed) unless he has one of these roles over the unit of that path."""
        if not self.holds(unit_path, *roles):
            raise NotAllowed

    @property
    def staff(self) -> bool:
        """Whether he has any role at all, and so sees the office's side."""
        return bool(self.roles)


ORGANIZING = (Role.ORGANIZER, Role.ADMINISTRATOR)
READING = (Role.READER, *ORGANIZING)
CONSOLE = Actor(0, "console", roles=((Role.ADMINISTRATOR, "/"),))
"""Whoever may run commands on the server: an administrator of all, and nobody in particular."""


# Asked at every event of every page, so put together once.
_PERSON = select(Person.name, Person.disabled_at, Person.consented_at).where(Person.id == bindparam("id"))
_SEATS = (
    select(Membership.id, Membership.unit_id, Unit.path)
    .join(Unit, Unit.id == Membership.unit_id)
    .where(Membership.person_id == bindparam("id"), Membership.from_day <= bindparam("today"))
    .where(Membership.to_day.is_(None) | (Membership.to_day > bindparam("today")))
    .order_by(Membership.id)
)
_ROLES = (
    select(RoleGrant.role, Unit.path)
    .join(Unit, Unit.id == RoleGrant.unit_id)
    .where(RoleGrant.person_id == bindparam("id"))
)


def actor_of(work: Work, person_id: int) -> Actor:
    """The person's powers as they are now. Refuses: SignInRequired, when there is no such enabled person."""
    asked = {"id": person_id, "today": work.today}
    person = work.db.execute(_PERSON, asked).first()
    if person is None or person.disabled_at is not None:
        raise SignInRequired
    return Actor(
        person_id,
        person.name,
        tuple(Seat(*seat) for seat in work.db.execute(_SEATS, asked)),
        tuple((Role(role), path) for role, path in work.db.execute(_ROLES, asked)),
        consented=person.consented_at is not None,
    )


def require_consent(actor: Actor) -> None:
    """Refuses (NotAllowed) until the person has read what is recorded of him and agreed."""
    if not actor.consented:
        raise NotAllowed(_l("Please read what is recorded in a meeting and agree to it first."))


def lasts(day: date) -> ColumnElement[bool]:
    """The condition on Membership that it has not ended by that day."""
    return Membership.to_day.is_(None) | (Membership.to_day > day)


def unit_for(work: Work, actor: Actor, unit_id: int, *roles: Role) -> Unit:
    """The unit, if the actor has one of these roles over it. Refuses: Missing (he may not know of it)."""
    unit = work.db.get(Unit, unit_id)
    if unit is None or not actor.holds(unit.path, *roles):
        raise Missing
    return unit


def units_under(work: Work, actor: Actor, *roles: Role) -> list[Unit]:
    """All units where the actor has one of these roles, in tree order."""
    units = work.db.scalars(select(Unit).order_by(Unit.path)).all()
    return [unit for unit in units if actor.holds(unit.path, *roles)]


def governed(work: Work, actor: Actor, person_ids: Collection[int]) -> set[int]:
    """Those of these persons whose account is in the actor's hands.

    Who makes somebody's sign-in link can act as that person. So his powers must reach over all that he is:
    each seat that lasts, and each role (an administrator's only under an administrator).
    """
    ties: dict[int, list[bool]] = {person_id: [] for person_id in person_ids}
    for person_id, path in work.db.execute(
        select(Membership.person_id, Unit.path)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(person_ids))
        .where(lasts(work.today))
    ):
        ties[person_id].append(actor.holds(path, *ORGANIZING))
    for person_id, role, path in work.db.execute(
        select(RoleGrant.person_id, RoleGrant.role, Unit.path)
        .join(Unit, Unit.id == RoleGrant.unit_id)
        .where(RoleGrant.person_id.in_(person_ids))
    ):
        over = (Role.ADMINISTRATOR,) if role == Role.ADMINISTRATOR else ORGANIZING
        ties[person_id].append(actor.holds(path, *over))
    return {person_id for person_id, held in ties.items() if held and all(held)}


def paths_above(actor: Actor) -> tuple[str, ...]:
    """The paths of the units where he has a seat and of all above them."""
    return tuple(
        dict.fromkeys(
            seat.unit_path[: end + 1]
            for seat in actor.seats
            for end, char in enumerate(seat.unit_path)
            if char == "/" and end
        )
    )
