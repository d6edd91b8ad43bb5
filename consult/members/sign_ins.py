"""Signed-in browsers as rows: begun with a new token, looked up on each request, ended at once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from consult.core.store import Work
from consult.members.models import Person, SignIn

SEEN_EVERY = timedelta(minutes=5)  # how exactly we note when a browser was last seen


@dataclass(frozen=True)
class SignedOut:
    """These sign-ins have ended: whatever they hold open must close."""

    sign_in_ids: tuple[int, ...]


def token_hash(token: str) -> str:
    """What is kept of a token: who reads the database can't sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(32)


def begin(work: Work, person_id: int, token: str, device: str, *, by_link: bool = False) -> SignIn:
    """Signs a browser in, which shall keep the token in its cookie."""
    row = SignIn(
        person_id=person_id,
        token_hash=token_hash(token),
        device=device,
        by_link=by_link,
        began_at=work.now,
        seen_at=work.now,
    )
    work.db.add(row)
    work.db.flush()
    return row


def find(work: Work, token: str, lasting: timedelta) -> SignIn | None:
    """The sign-in of that token, unless it was ended, lay unused for `lasting`, or its person is disabled."""
    row = work.db.scalars(select(SignIn).where(SignIn.token_hash == token_hash(token))).first()
    if row is None or row.ended_at is not None or row.seen_at + lasting < work.now:
        return None
    person = work.db.get(Person, row.person_id)
    return row if person is not None and person.disabled_at is None else None


def seen(work: Work, sign_in_id: int) -> None:
    """Notes that the browser is in use."""
    work.db.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=work.now))


def end(work: Work, sign_in_id: int) -> None:
    """Signs one browser out."""
    _end(work, SignIn.id == sign_in_id)


def follow(work: Work, sign_in_id: int, before_id: int) -> None:
    """The sign-in was begun in a browser that had an earlier one, which ends."""
    before = work.db.get(SignIn, before_id)
    if before is not None:
        work.db.get_one(SignIn, sign_in_id).browser_id = before.browser_id or before.id
        _end(work, SignIn.id == before_id)


def end_all(work: Work, person_id: int, but: int | None = None) -> None:
    """Signs all of a person's browsers out (`but` one)."""
    _end(work, (SignIn.person_id == person_id) & (SignIn.id != (but or 0)))


def _end(work: Work, which: object) -> None:
    ended = work.db.scalars(
        update(SignIn)
        .where(which, SignIn.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=work.now)
        .returning(SignIn.id)
    ).all()
    if ended:
        work.record(SignedOut(tuple(ended)))
