"""One-time sign-in links: made by the office, looked at freely, used once by pressing a button.

Messages to one person carry such links, too. Whoever has any role gets none that way: a mailbox is read by
deputies and programs, and a link is all of what its owner may do. A member's is worth his own seat; an
organizer's would be worth everybody's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CursorResult, select, update

from consult.core.errors import Message, Missing, NotAllowed, Refusal
from consult.core.store import Work
from consult.core.web import safe_next
from consult.members import audit, sign_ins
from consult.members.access import Actor, governed
from consult.members.models import Person, RoleGrant, SignIn, SignInLink

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 10
PRESSED_AGAIN = timedelta(minutes=2)  # an impatient finger presses twice; both presses mean the same

_MISREAD = str.maketrans("OIL", "011")

Standing = Literal["good", "expired", "used", "replaced"]


class BadLink(Refusal):
    """This link is no longer good; `standing` says why, the rest whose it was and where it led."""

    code, status = "bad_link", 410
    default = _l("This link is no longer good. Your account is fine.")
    _messages: Mapping[Standing, Message] = {
        "expired": _l("This link has expired. Your account is fine."),
        "used": _l("This link has been used already. Your account is fine."),
        "replaced": _l("A newer link has been made for you, and this one is no longer good."),
    }

    def __init__(self, standing: Standing, link: SignInLink) -> None:
        super().__init__(self._messages.get(standing))
        self.standing = standing
        self.person_id, self.destination = link.person_id, link.destination


@dataclass(frozen=True)
class Code:
    """A code as it is handed out (`ABCDE-FGHJK`), and what is kept of it."""

    text: str
    kept: str


@dataclass(frozen=True)
class Opened:
    """A good link, before it is used: whose it is."""

    link_id: int
    person: Person
    expires_at: datetime
    destination: str


@dataclass(frozen=True)
class Used:
    """A sign-in begun by a link."""

    sign_in: SignIn
    person: Person
    destination: str


@dataclass(frozen=True)
class Carried:
    """A link that a message to a person carries: where it leads, a path of ours, and how long it is good."""

    person_id: int
    code: Code
    destination: str
    expires_at: datetime


def mint() -> Code:
    """A new code. Takes a moment on purpose, so not in a verb."""
    return _code("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def derived(secret: str, message: str) -> Code:
    """The code that this message (or a card of this sheet) carries, the same at each try, so that no try need
    keep it anywhere.

    Takes a moment on purpose, so not in a verb.
    """
    key = hmac.new(secret.encode(), b"consult link in message|" + message.encode(), hashlib.sha256).digest()
    return _code("".join(ALPHABET[byte % len(ALPHABET)] for byte in key[:LENGTH]))


def read(raw: str) -> Code:
    """The code that somebody typed: small or large, with or without the dash, O for 0. Refuses: Missing."""
    letters = "".join(
        char for char in unicodedata.normalize("NFKC", raw[:40]).upper() if char.isalnum()
    ).translate(_MISREAD)
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        raise unknown_code()
    return _code(letters)


def unknown_code() -> Missing:
    """The refusal of a code that never was one of ours."""
    return Missing(_l("There is no such code. Please compare it with your sheet, letter by letter."))


def make(
    work: Work, actor: Actor, person_ids: Sequence[int], codes: Sequence[Code], lasting: timedelta
) -> datetime:
    """Gives each person the code at the same place, voids earlier ones, and tells when they expire.

    Refuses: NotAllowed, if one person's account is not in the actor's hands or is disabled.
    """
    allowed = governed(work, actor, person_ids)
    disabled = select(Person.id).where(Person.id.in_(person_ids), Person.disabled_at.is_not(None))
    if allowed != set(person_ids) or work.db.scalars(disabled).first() is not None:
        raise NotAllowed
    work.db.execute(
        update(SignInLink)
        .where(SignInLink.person_id.in_(person_ids))
        .where(SignInLink.used_at.is_(None), SignInLink.voided_at.is_(None))
        .values(voided_at=work.now)
    )
    expires_at = work.now + lasting
    for person_id, code in zip(person_ids, codes, strict=True):
        work.db.add(
            SignInLink(
                person_id=person_id,
                token_hash=code.kept,
                made_by=actor.person_id or None,
                made_at=work.now,
                expires_at=expires_at,
            )
        )
        audit.note(work, actor, "sign_in_link.made", f"person:{person_id}")
    return expires_at


def issue(work: Work, links: Sequence[Carried]) -> set[str]:
    """Makes those links good that messages may carry, beside whatever other links their persons have; one
    that was issued before stays as it is. Returns the texts of the codes that are good now: none of a closed
    account, none of who has a role, none that was used or voided."""
    if any(not safe_next(one.destination, "") for one in links):
        raise ValueError("a link in a message leads to a path of ours")
    barred = select(RoleGrant.person_id).where(RoleGrant.person_id == Person.id).exists()
    people = select(Person.id).where(Person.id.in_({one.person_id for one in links}))
    able = set(work.db.scalars(people.where(Person.disabled_at.is_(None), ~barred)))
    hashes = [one.code.kept for one in links]
    made = select(SignInLink).where(SignInLink.token_hash.in_(hashes))
    before = {link.token_hash: link for link in work.db.scalars(made)}
    good = set()
    for one in links:
        if one.person_id not in able:
            continue
        link = before.get(one.code.kept)
        if link is None:
            link = before[one.code.kept] = SignInLink(
                person_id=one.person_id,
                token_hash=one.code.kept,
                made_at=work.now,
                expires_at=one.expires_at,
                destination=one.destination,
            )
            work.db.add(link)
        if _standing(link, work.now) == "good":
            good.add(one.code.text)
    return good


def look(work: Work, code: Code) -> Opened:
    """Whose code it is, without using it up. Refuses: Missing, BadLink."""
    link = _found(work, code)
    standing = _standing(link, work.now)
    if standing != "good":
        raise BadLink(standing, link)
    return Opened(link.id, work.db.get_one(Person, link.person_id), link.expires_at, link.destination)


def use(work: Work, code: Code, token: str, device: str) -> Used:
    """Uses the code up and begins a sign-in with the token.

    The same press arriving again (same code and token, within PRESSED_AGAIN) has the same sign-in, so that
    a double press is one sign-in and harms nobody. Refuses: Missing, BadLink, NotAllowed (closed account).
    """
    link = _found(work, code)
    person = work.db.get_one(Person, link.person_id)
    if person.disabled_at is not None:
        raise NotAllowed(_l("This account has been closed. Please ask the office of your unit."))
    used: CursorResult[object] = work.db.execute(  # type: ignore[assignment]
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None), SignInLink.voided_at.is_(None))
        .where(SignInLink.expires_at > work.now)
        .values(used_at=work.now)
    )
    if used.rowcount == 1:
        begun = sign_ins.begin(work, person.id, token, device, by_link=True)
        return Used(begun, person, link.destination)
    work.db.refresh(link)
    if link.used_at is not None and link.used_at + PRESSED_AGAIN > work.now:
        same = select(SignIn).where(
            SignIn.token_hash == sign_ins.token_hash(token), SignIn.ended_at.is_(None)
        )
        if (row := work.db.scalars(same).first()) is not None:
            return Used(row, person, link.destination)
    raise BadLink(_standing(link, work.now), link)


def _found(work: Work, code: Code) -> SignInLink:
    link = work.db.scalars(select(SignInLink).where(SignInLink.token_hash == code.kept)).first()
    if link is None:
        raise unknown_code()
    return link


def _standing(link: SignInLink, now: datetime) -> Standing:
    if link.used_at is not None:
        return "used"
    if link.voided_at is not None:
        return "replaced"
    return "good" if link.expires_at > now else "expired"


def _code(letters: str) -> Code:
    return Code(f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}", _kept(letters))


def _kept(letters: str) -> str:
    # Fifty bits are plenty against guessing over the network, but a plain hash of them could be tried out by
    # who has a copy of the database; this makes each try some thousand times as dear.
    return hashlib.pbkdf2_hmac("sha256", letters.encode(), b"consult sign-in link", 5_000).hex()
