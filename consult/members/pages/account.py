"""One's own account: who one is here, password, signed-in browsers, consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import PasswordField

from consult.core.errors import Invalid, Refusal
from consult.core.forms import shown_at_field
from consult.core.store import Work
from consult.core.web import safe_next, settings, store
from consult.members import accounts, passwords, throttle
from consult.members.current import SignedIn, signed_in
from consult.members.devices import LABELS
from consult.members.models import Membership, Person, RoleGrant, SignIn, Unit
from consult.members.pages.blueprint import pages
from consult.members.roles import ROLES

Answer = str | Response | tuple[str, int]

JUST_NOW = timedelta(hours=1)  # after signing in by a link the old password isn't asked for so long


Tie = TypeVar("Tie", Membership, RoleGrant)


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The present password (where there is one to prove) and the new one twice."""

    present = PasswordField(_l("Present password"), render_kw={"autocomplete": "current-password"})
    password = PasswordField(_l("New password"), render_kw={"autocomplete": "new-password"})
    again = PasswordField(_l("New password again"), render_kw={"autocomplete": "new-password"})


@pages.get("/account")
def account() -> str:
    """What is kept about oneself, and where one is signed in."""
    me = signed_in()
    with store().read() as work:
        person = work.db.get_one(Person, me.actor.person_id)
        seats = _with_units(work, Membership, person.id)
        grants = _with_units(work, RoleGrant, person.id)
        browsers = work.db.scalars(
            select(SignIn)
            .where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
            .where(SignIn.seen_at > work.now - timedelta(days=settings().sign_in_days))
            .order_by(SignIn.seen_at.desc())
        ).all()
    return render_template(
        "members/account.html",
        person=person,
        seats=seats,
        grants=grants,
        browsers=browsers,
        here=me.sign_in_id,
        devices=LABELS,
        roles=ROLES,
    )


@pages.route("/account/password", methods=["GET", "POST"])
def password() -> Answer:
    """Chooses a password: the first one, a forgotten one's successor, or a new one."""
    me = signed_in()
    form, status = PasswordForm(), 200
    with store().read() as work:
        person = work.db.get_one(Person, me.actor.person_id)
        proving = _must_prove(work, me, person)
    if request.method == "POST":
        try:
            _choose(me, person, form, proving)
        except Refusal as refusal:
            status = shown_at_field(form, refusal, "password")
        else:
            return redirect(safe_next(request.args.get("next"), url_for("members.account")))
    after = safe_next(request.args.get("next"), "")
    return render_template(
        "members/password.html", form=form, person=person, proving=proving, later=after
    ), status


@pages.post("/account/sign-out-others")
def sign_out_others() -> Answer:
    """Signs one's other browsers out."""
    me = signed_in()
    store().write(accounts.sign_out_others, me.actor.person_id, me.sign_in_id)
    return redirect(url_for("members.account"))


@pages.route("/consent", methods=["GET", "POST"])
def consent() -> Answer:
    """What is recorded, for how long and who sees it; agreeing to it opens the meetings."""
    me = signed_in()
    target = safe_next(request.values.get("next"), url_for("home.index"))
    if request.method == "POST":
        store().write(accounts.consent, me.actor.person_id)
        return redirect(target)
    return render_template(
        "members/consent.html", consented=me.consented, years=settings().keep_names_years, next=target
    )


def _choose(me: SignedIn, person: Person, form: PasswordForm, proving: bool) -> None:
    new = form.password.data or ""
    limit = throttle.for_account(f"person:{person.id}")
    if proving:
        store().write(throttle.attempt, [limit])
        if not passwords.matches(person.password_hash, form.present.data or ""):
            raise Invalid(_l("This is not your present password."), field="present")
        store().write(throttle.succeeded, [limit])
    passwords.check(new, person.phone, person.account or "")
    if form.again.data != new:
        raise Invalid(_l("The two are not the same."), field="again")
    store().write(accounts.set_password, me.sign_in_id, person.password_hash, passwords.hashed(new))


def _must_prove(work: Work, me: SignedIn, person: Person) -> bool:
    row = work.db.get_one(SignIn, me.sign_in_id)
    just_now = row.by_link and row.began_at + JUST_NOW > work.now
    return person.password_hash is not None and not just_now


def _with_units(work: Work, kind: type[Tie], person_id: int) -> list[tuple[Tie, Unit]]:
    rows = work.db.execute(
        select(kind, Unit)
        .join(Unit, Unit.id == kind.unit_id)
        .where(kind.person_id == person_id)
        .order_by(Unit.path, kind.id)
    )
    return [(row, unit) for row, unit in rows]
