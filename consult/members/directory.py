"""Looking up members: what whom is shown of them, search and filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.core.errors import Message, Missing
from consult.core.store import Work
from consult.members.access import ORGANIZING, READING, Actor, lasts, unit_for
from consult.members.models import Membership, Person, SignIn, SignInLink, Unit

Account = Literal["closed", "active", "invited", "none"]

ACCOUNTS: dict[Account, Message] = {
    "active": _l("Has signed in"),
    "invited": _l("Has a sign-in link"),
    "none": _l("No sign-in link yet"),
    "closed": _l("Account closed"),
}
"""How far an account has come, with words for it."""


@dataclass(frozen=True)
class Private:
    """What only those see who need it: the office of the unit and of those above it."""

    sex: str
    ethnic_group: str
    party: str
    post: str
    phone: str
    email: str
    account: Account


@dataclass(frozen=True)
class Listed:
    """A member as he is shown; `private` is None for readers."""

    membership_id: int
    person_id: int
    unit_id: int
    number: str
    name: str
    sector: str
    committees: tuple[str, ...]
    from_day: date
    to_day: date | None
    private: Private | None


@dataclass(frozen=True)
class Search:
    """What to look for; an empty field leaves all."""

    text: str = ""
    sector: str = ""
    committee: str = ""
    account: str = ""


def members_of(work: Work, actor: Actor, unit_id: int) -> list[Listed]:
    """The unit's present members by number, as far as the actor may see them. Refuses: Missing."""
    unit = unit_for(work, actor, unit_id, *READING)
    rows = work.db.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == unit.id, lasts(work.today))
        .order_by(Membership.number, Membership.id)
    ).all()
    accounts = _accounts(work, [person for _seat, person in rows])
    full = actor.holds(unit.path, *ORGANIZING)
    return [_listed(seat, person, accounts[person.id] if full else None) for seat, person in rows]


def member(work: Work, actor: Actor, membership_id: int) -> tuple[Listed, Unit]:
    """One member, also after the end of his term, and his unit. Refuses: Missing."""
    seat = work.db.get(Membership, membership_id)
    if seat is None:
        raise Missing
    unit = unit_for(work, actor, seat.unit_id, *READING)
    person = work.db.get_one(Person, seat.person_id)
    full = actor.holds(unit.path, *ORGANIZING)
    return _listed(seat, person, _accounts(work, [person])[person.id] if full else None), unit


def other_units(work: Work, person_id: int, unit_id: int) -> list[Unit]:
    """The other units where a person has a seat that lasts."""
    return list(
        work.db.scalars(
            select(Unit)
            .join(Membership, Membership.unit_id == Unit.id)
            .where(Membership.person_id == person_id, Unit.id != unit_id, lasts(work.today))
            .order_by(Unit.path)
        )
    )


def matching(members: Iterable[Listed], search: Search) -> list[Listed]:
    """Those that the search finds; phone numbers are searched where they are shown."""
    text = search.text.casefold()
    return [
        one
        for one in members
        if _has(one, text)
        and search.sector in ("", one.sector)
        and (not search.committee or search.committee in one.committees)
        and search.account in ("", one.private.account if one.private else "")
    ]


def counted(values: Iterable[str]) -> list[tuple[str, int]]:
    """The distinct values, the most frequent first, each with its number."""
    return Counter(value for value in values if value).most_common()


def _has(one: Listed, text: str) -> bool:
    shown = [one.name, one.number, one.sector, *one.committees]
    if one.private:
        shown += [one.private.phone, one.private.post]
    return not text or any(text in part.casefold() for part in shown)


def _listed(seat: Membership, person: Person, account: Account | None) -> Listed:
    private = None
    if account is not None:
        private = Private(
            person.sex, person.ethnic_group, seat.party, seat.post, person.phone, person.email, account
        )
    return Listed(
        seat.id,
        person.id,
        seat.unit_id,
        seat.number,
        person.name,
        seat.sector,
        tuple(seat.committees),
        seat.from_day,
        seat.to_day,
        private,
    )


def _accounts(work: Work, people: Sequence[Person]) -> dict[int, Account]:
    ids = [person.id for person in people]
    signed_in = set(work.db.scalars(select(SignIn.person_id).where(SignIn.person_id.in_(ids)).distinct()))
    invited = set(
        work.db.scalars(
            select(SignInLink.person_id).where(
                SignInLink.person_id.in_(ids),
                SignInLink.used_at.is_(None),
                SignInLink.voided_at.is_(None),
                SignInLink.expires_at > work.now,
            )
        )
    )

    def account(person: Person) -> Account:
        if person.disabled_at is not None:
            return "closed"
        if person.password_hash is not None or person.id in signed_in:
            return "active"
        return "invited" if person.id in invited else "none"

    return {person.id: account(person) for person in people}
