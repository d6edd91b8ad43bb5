"""Accounts: signing in by password, choosing a password, closing and opening an account."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, union

from consult.core.errors import Invalid, Missing, NotAllowed, Stale
from consult.core.store import Store, Work
from consult.core.text import clean
from consult.members import audit, passwords, sign_ins, throttle
from consult.members.access import READING, Actor, governed, lasts
from consult.members.models import Membership, Person, RoleGrant, SignIn, Unit
from consult.members.sheet_cells import phones

ACCOUNT = re.compile(r"[a-z][a-z0-9._-]{2,59}")
MOST_ALIKE = 4  # people with one phone number whose passwords are tried

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignedInBy:
    """A sign-in by password, with the token for the browser's cookie."""

    sign_in: SignIn
    token: str


def closed() -> NotAllowed:
    """The refusal of a disabled person who has proved who he is."""
    return NotAllowed(_l("This account has been closed. Please ask the office of your unit."))


def account_name(raw: str) -> str:
    """The account that is meant by what was typed. Refuses: Invalid, field `account`."""
    name = unicodedata.normalize("NFKC", clean(raw)).strip().casefold()
    if not ACCOUNT.fullmatch(name):
        raise Invalid(
            _l("3 to 60 letters a–z, digits, dots, dashes; the first one a letter."),
            field="account",
        )
    return name


def identifier(raw: str) -> str:
    """What somebody typed to sign in, made comparable: a phone number in its plain form, or an account."""
    text = unicodedata.normalize("NFKC", clean(raw[:200])).strip()
    return next(iter(phones(text)), text.casefold())


def sign_in(store: Store, typed: str, password: str, address: str, device: str) -> SignedInBy:
    """Signs in by account or phone. Hashes, so it is no verb: it runs several, in the caller's thread.

    Refuses: TooFast; Invalid, in the same words whatever was wrong; NotAllowed for a closed account.
    """
    wanted = identifier(typed)
    limits = (throttle.for_account(wanted), throttle.for_address(address))
    store.write(throttle.attempt, limits)
    with store.read() as work:
        alike = _alike(work, wanted)
    hashes: list[str | None] = [person.password_hash for person in alike if person.password_hash]
    right = next((kept for kept in hashes or [None] if passwords.matches(kept, password)), None)
    if right is None:
        log.info("sign-in refused: wrong password, or none, of %d account(s)", len(alike))
        raise Invalid(
            _l("Account or password is wrong. If you have lost it, ask the office for a new sign-in link."),
            field="password",
        )
    person = next(person for person in alike if person.password_hash == right)
    renewed = passwords.hashed(password) if passwords.outdated(right) else right
    token = sign_ins.new_token()
    begun = store.write(_begin, person.id, right, renewed, token, device, limits)
    return SignedInBy(begun, token)


def _alike(work: Work, wanted: str) -> list[Person]:
    by_name = select(Person).where(Person.account == wanted)
    by_phone = select(Person).where(
        Person.phone == wanted, Person.phone != "", Person.password_hash.is_not(None)
    )
    found = (
        work.db.scalars(by_name).all()
        or work.db.scalars(by_phone.order_by(Person.id).limit(MOST_ALIKE)).all()
    )
    return list(found)


def _begin(
    work: Work,
    person_id: int,
    seen: str,
    renewed: str,
    token: str,
    device: str,
    limits: tuple[throttle.Limit, ...],
) -> SignIn:
    person = work.db.get_one(Person, person_id, with_for_update=True)
    throttle.succeeded(work, limits)
    if person.disabled_at is not None:
        raise closed()
    if person.password_hash != seen:  # changed since it was looked at
        raise Stale
    person.password_hash = renewed
    return sign_ins.begin(work, person_id, token, device)


def set_password(work: Work, sign_in_id: int, seen: str | None, hashed: str) -> None:
    """Gives the person of this sign-in a new password and signs all his other browsers out.

    `seen` is what the caller has checked the present password against; Refuses: Stale, if it is another now.
    """
    row = work.db.get_one(SignIn, sign_in_id)
    person = work.db.get_one(Person, row.person_id, with_for_update=True)
    if person.password_hash != seen:
        raise Stale
    person.password_hash = hashed
    row.by_link = False  # from now on the present password is asked for
    sign_ins.end_all(work, person.id, but=sign_in_id)


def sign_out_others(work: Work, person_id: int, sign_in_id: int) -> None:
    """Signs a person's other browsers out."""
    sign_ins.end_all(work, person_id, but=sign_in_id)


def choose_language(work: Work, person_id: int, language: str) -> None:
    """Keeps the language a person reads."""
    work.db.get_one(Person, person_id).language = language


def consent(work: Work, person_id: int) -> None:
    """Notes that the person has read what is recorded and agreed; the first time counts."""
    person = work.db.get_one(Person, person_id)
    person.consented_at = person.consented_at or work.now


def in_hand(work: Work, actor: Actor, person_id: int) -> Person:
    """The person, if his account is in the actor's hands. Refuses: Missing; NotAllowed, for one whom the
    actor only reads of."""
    person = work.db.get(Person, person_id)
    if person is None or not _known_to(work, actor, person_id):
        raise Missing
    if person_id not in governed(work, actor, [person_id]):
        raise NotAllowed(
            _l("This person also belongs to a unit that is not yours. Please ask the office above both.")
        )
    return person


def _known_to(work: Work, actor: Actor, person_id: int) -> bool:
    """Whether the actor reads in a unit where the person has a role, or has or had a seat."""
    at = union(
        select(Membership.unit_id).where(Membership.person_id == person_id),
        select(RoleGrant.unit_id).where(RoleGrant.person_id == person_id),
    ).subquery()
    paths = work.db.scalars(select(Unit.path).join(at, at.c.unit_id == Unit.id))
    return any(actor.holds(path, *READING) for path in paths)


def disable(work: Work, actor: Actor, person_id: int) -> None:
    """Closes an account: signs its browsers out and lets nobody in. Refuses: Missing, NotAllowed."""
    if person_id == actor.person_id:
        raise NotAllowed(_l("You can't close your own account."))
    person = in_hand(work, actor, person_id)
    if person.disabled_at is None:
        person.disabled_at = work.now
        sign_ins.end_all(work, person_id)
        audit.note(work, actor, "account.closed", f"person:{person_id}")


def enable(work: Work, actor: Actor, person_id: int) -> None:
    """Opens a closed account again. Refuses: Missing, NotAllowed."""
    person = in_hand(work, actor, person_id)
    if person.disabled_at is not None:
        person.disabled_at = None
        audit.note(work, actor, "account.opened", f"person:{person_id}")


def never_signed_in(work: Work, unit_ids: Collection[int]) -> dict[int, int]:
    """How many of each of these units' present members can't sign in yet (no password, never used a link);
    units where all can are left out."""
    has_signed_in = select(SignIn.person_id).where(SignIn.person_id == Person.id).exists()
    rows = work.db.execute(
        select(Membership.unit_id, func.count())
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id.in_(unit_ids), Person.password_hash.is_(None), ~has_signed_in)
        .where(lasts(work.today), Person.disabled_at.is_(None))
        .group_by(Membership.unit_id)
    )
    return {row[0]: row[1] for row in rows}
