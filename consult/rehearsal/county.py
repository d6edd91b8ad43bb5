"""A made-up county under a city and a province: units, staff, a roster, topics. Its people are invented."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from consult.core.store import Store, Work
from consult.members import imports, passwords, roles, units
from consult.members.access import CONSOLE, Actor, actor_of
from consult.members.models import Level, Membership, Person, Role
from consult.members.roster_sample import make_sheet

PROVINCE, CITY, COUNTY = "临江省政协", "云州市政协", "岭川县政协"
ROSTER = f"{COUNTY}委员名册.xlsx"


@dataclass(frozen=True)
class Account:
    """A made-up account one can sign in with."""

    account: str
    name: str
    password: str
    role: str


@dataclass(frozen=True)
class County:
    """What was made: the units' ids, who organizes, and the seats of the members in the roster's order."""

    province_id: int
    city_id: int
    county_id: int
    administrator_id: int
    organizer_id: int
    accounts: tuple[Account, ...]

    def administrator(self, work: Work) -> Actor:
        return actor_of(work, self.administrator_id)

    def organizer(self, work: Work) -> Actor:
        return actor_of(work, self.organizer_id)


def build(store: Store, members: int, seed: int) -> County:
    """Makes the county in an empty database; its roster goes through the import that offices use."""
    accounts = (
        Account("admin", "林致远", _password(), Role.ADMINISTRATOR),
        Account("chenjing", "陈静", _password(), Role.ORGANIZER),
        Account("reader", "许文博", _password(), Role.READER),
    )
    hashed = [passwords.hashed(one.password) for one in accounts]
    county = store.write(_build, accounts, hashed)
    with store.read() as work:
        organizer = county.organizer(work)
    imports.run(store, organizer, county.county_id, ROSTER, make_sheet(members, seed, COUNTY))
    return county


def seats(work: Work, county: County) -> list[tuple[Membership, Person]]:
    """The county's members in the roster's order."""
    query = (
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == county.county_id)
        .order_by(Membership.id)
    )
    return [(seat, person) for seat, person in work.db.execute(query)]


def _build(work: Work, accounts: tuple[Account, ...], hashed: list[str]) -> County:
    province = units.create(work, PROVINCE, Level.PROVINCE, None)
    city = units.create(work, CITY, Level.CITY, province)
    county = units.create(work, COUNTY, Level.COUNTY, city)
    where = (province.id, county.id, county.id)
    people = []
    for one, secret, unit_id in zip(accounts, hashed, where, strict=True):
        person = roles.create_staff(work, CONSOLE, unit_id, one.account, one.name, Role(one.role))
        person.password_hash = secret
        people.append(person.id)
    return County(province.id, city.id, county.id, people[0], people[1], accounts)


def _password() -> str:
    return f"{secrets.choice('bcdfghjkmnp')}{secrets.token_hex(5)}"
