"""Signing in by password or by one-time link, and out."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from consult.core.errors import Missing, Refusal, SignInRequired
from consult.core.forms import shown_at_field
from consult.core.store import Work
from consult.core.web import refused, safe_next, settings, store, wants_json
from consult.members import accounts, sign_in_links, sign_ins
from consult.members.access import lasts
from consult.members.current import SignedIn, known, remember, signed_in
from consult.members.devices import device_of
from consult.members.models import Membership, SignIn, Unit
from consult.members.pages.blueprint import pages
from consult.members.sign_in_links import BadLink, Code, Opened

Answer = str | Response | tuple[str, int]

BEFORE = "before"
"""Where this browser keeps which sign-in it had last, after signing out."""


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Account or phone, and password."""

    account = StringField(
        _l("Phone number or account"), render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "current-password"})


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A one-time code as it stands on the sheet."""

    code = StringField(
        _l("One-time code"), render_kw={"autocomplete": "one-time-code", "placeholder": "ABCDE-FGHJK"}
    )


@pages.app_errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Who reads a page is sent to sign in and back; a program is told."""
    if wants_json() or request.method not in ("GET", "HEAD"):
        return refused(refusal)
    return redirect(url_for("members.sign_in", next=request.full_path.rstrip("?")))


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Answer:
    """By account or phone and password."""
    form, status = SignInForm(), 200
    if request.method == "POST":
        try:
            begun = accounts.sign_in(
                store(), form.account.data or "", form.password.data or "", _address(), _device()
            )
        except Refusal as refusal:
            status = shown_at_field(form, refusal, "password")
        else:
            _enter(begun.sign_in, begun.token)
            return redirect(_next())
    return render_template("members/sign_in.html", form=form, code=CodeForm(), next=_next()), status


@pages.get("/s")
def type_code() -> Answer:
    """A code that was typed leads where its link does."""
    form, status = CodeForm(request.args), 200
    if "code" in request.args:
        try:
            code = sign_in_links.read(request.args["code"])
            with store().read() as work:
                sign_in_links.look(work, code)
        except BadLink as refusal:
            return _bad_link(refusal)
        except Missing as refusal:
            status = shown_at_field(form, refusal, "code")
        else:
            return redirect(url_for("members.open_link", code=code.text))
    return render_template("members/type_code.html", form=form), status


@pages.get("/s/<code>")
def open_link(code: str) -> Answer:
    """Shows whose link it is; nothing is used up by looking, for programs look at links, too."""
    try:
        with store().read() as work:
            opened = sign_in_links.look(work, sign_in_links.read(code))
            seats = _seats(work, opened)
    except (BadLink, Missing) as refusal:
        return _bad_link(refusal)
    if opened.destination and _is_signed_in(opened.person.id):
        return redirect(safe_next(opened.destination, url_for("home.index")))
    return render_template(
        "members/open_link.html", opened=opened, seats=seats, code=code, press=secrets.token_urlsafe(16)
    )


@pages.post("/s/<code>")
def use_link(code: str) -> Answer:
    """Uses the link up and signs in; who has no password yet is asked for one, unless a message leads on."""
    try:
        read = sign_in_links.read(code)
        token = _token_of_press(read)
        used = store().write(sign_in_links.use, read, token, _device())
    except (BadLink, Missing) as refusal:
        return _bad_link(refusal)
    _enter(used.sign_in, token)
    if used.destination:
        return redirect(safe_next(used.destination, url_for("home.index")))
    if used.person.password_hash is None:
        return redirect(url_for("members.password", next=_next()))
    return redirect(_next())


@pages.get("/not-me")
def not_me() -> str:
    """What to do with somebody else's link."""
    return render_template("members/not_me.html")


@pages.post("/sign-out")
def sign_out() -> Answer:
    """Signs this browser out."""
    ended = signed_in().sign_in_id
    store().write(sign_ins.end, ended)
    logout_user()
    session[BEFORE] = ended
    return redirect(url_for("members.sign_in"))


def _enter(begun: SignIn, token: str) -> None:
    # Whoever was signed in here before is not any more.
    was = current_user._get_current_object()
    before = was.sign_in_id if isinstance(was, SignedIn) else session.get(BEFORE)
    if before is not None and before != begun.id:
        store().write(sign_ins.follow, begun.id, before)
    remember(token)


def _is_signed_in(person_id: int) -> bool:
    me = known()
    return me is not None and me.actor.person_id == person_id


def _token_of_press(code: Code) -> str:
    # Both halves of a double press carry the same `press`, so they make the same token; nobody else can.
    press = request.form.get("press", "")[:100]
    secret = settings().secret_key.encode()
    return hmac.new(secret, f"{press}|{code.kept}".encode(errors="replace"), hashlib.sha256).hexdigest()


def _bad_link(refusal: BadLink | Missing) -> Answer:
    # An old message is a way to what it is about for whoever is signed in as the one it was for.
    if isinstance(refusal, BadLink) and refusal.destination and _is_signed_in(refusal.person_id):
        return redirect(safe_next(refusal.destination, url_for("home.index")))
    standing = refusal.standing if isinstance(refusal, BadLink) else "unknown"
    page = render_template("members/bad_link.html", refusal=refusal, standing=standing, form=CodeForm())
    return page, refusal.status


def _seats(work: Work, opened: Opened) -> list[tuple[Membership, Unit]]:
    rows = work.db.execute(
        select(Membership, Unit)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == opened.person.id, lasts(work.today))
        .order_by(Unit.path)
    )
    return [(seat, unit) for seat, unit in rows]


def _next() -> str:
    return safe_next(request.args.get("next") or request.form.get("next"), url_for("home.index"))


def _address() -> str:
    return request.remote_addr or ""


def _device() -> str:
    return device_of(request.user_agent.string)
