"""Who is asking: the signed-in person of this request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user

from consult.core.errors import Busy, SignInRequired
from consult.core.store import Work
from consult.core.web import away, settings, store
from consult.members import sign_ins
from consult.members.access import Actor, actor_of
from consult.members.models import Person, SignIn


@dataclass
class SignedIn(UserMixin):  # type: ignore[misc]
    """The browser that asks. Flask-Login keeps its token in the session cookie."""

    token: str
    sign_in_id: int
    actor: Actor
    language: str | None
    consented: bool

    def get_id(self) -> str:
        return self.token


def signed_in_as(work: Work, token: str, lasting: timedelta) -> SignedIn | None:
    """The browser of that token with its person's powers as they are now; None when it isn't signed in."""
    row = sign_ins.find(work, token, lasting)
    if row is None:
        return None
    person = work.db.get_one(Person, row.person_id)
    actor = actor_of(work, row.person_id)
    return SignedIn(token, row.id, actor, person.language, person.consented_at is not None)


def prepare(app: Flask) -> None:
    """Has Flask-Login find the signed-in person by the token in the cookie."""
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)  # `known` is what pages go by
    manager.session_protection = None  # a phone changes its address all the time

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SignedIn | None:
        lasting = timedelta(days=settings().sign_in_days)
        with store().read() as work:
            found = signed_in_as(work, token, lasting)
            stale = (
                found and work.db.get_one(SignIn, found.sign_in_id).seen_at + sign_ins.SEEN_EVERY < work.now
            )
        if found and stale:
            store().submit(sign_ins.seen, found.sign_in_id)
        return found

    @manager.unauthorized_handler  # type: ignore[untyped-decorator]
    def unauthorized() -> None:
        raise SignInRequired


def known() -> SignedIn | None:
    """The browser that asks, if it is signed in; None also where the database can't be asked about it."""
    if away():
        return None
    try:
        return current_user._get_current_object() if current_user.is_authenticated else None
    except Busy:
        g.away = True
        return None


def signed_in() -> SignedIn:
    """The browser that asks. Refuses: SignInRequired."""
    if not current_user.is_authenticated:
        raise SignInRequired
    found: SignedIn = current_user._get_current_object()
    return found


def current_actor() -> Actor:
    """The person who asks. Refuses: SignInRequired."""
    return signed_in().actor


def remember(token: str) -> SignedIn:
    """Puts the token of a sign-in that has begun into this browser's cookie; nothing earlier stays in it."""
    with store().read() as work:
        found = signed_in_as(work, token, timedelta(days=settings().sign_in_days))
    if found is None:
        raise SignInRequired
    session.clear()
    session.permanent = True
    login_user(found)
    return found
