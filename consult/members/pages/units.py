"""The tree of units, and for administrators: names, units below, who has which role."""

from __future__ import annotations

from typing import TypeVar

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, Missing, Refusal
from consult.core.forms import shown_at_field
from consult.core.text import clean, line
from consult.core.web import store
from consult.members import accounts, directory, roles, seats, units
from consult.members.access import ORGANIZING, READING, Actor, governed, unit_for
from consult.members.current import current_actor
from consult.members.models import Level, Role
from consult.members.pages.blueprint import pages
from consult.members.pages.links import sheet

Answer = str | Response | tuple[str, int]

LONGEST_NAME = 80
ROLES = [SelectChoice(role.value, words) for role, words in roles.ROLES.items()]

Chosen = TypeVar("Chosen", Level, Role)


class RenameForm(FlaskForm):  # type: ignore[misc]
    """A unit's name."""

    name = StringField(_l("Name of the unit"))


class BelowForm(FlaskForm):  # type: ignore[misc]
    """A new unit below."""

    name = StringField(_l("Name of the unit"))
    level = SelectField(_l("Level"), validate_choice=False)


class StaffForm(FlaskForm):  # type: ignore[misc]
    """A new staff account."""

    name = StringField(_l("Name"))
    account = StringField(_l("Account"))
    role = SelectField(_l("Role"), choices=ROLES, validate_choice=False)


class GrantForm(FlaskForm):  # type: ignore[misc]
    """A role for somebody who has an account."""

    account = StringField(_l("Account"))
    role = SelectField(_l("Role"), choices=ROLES, validate_choice=False)


@pages.get("/units", endpoint="units")
def tree() -> str:
    """All units where one has a role."""
    actor = current_actor()
    with store().read() as work:
        branches = units.tree(work, actor)
    if not branches:
        raise Missing
    return render_template("members/units.html", tree=branches, levels=units.LEVELS)


@pages.get("/units/<int:unit_id>")
def unit(unit_id: int) -> str:
    """One unit and who works for it."""
    return _page(current_actor(), unit_id)


@pages.post("/units/<int:unit_id>/rename")
def rename(unit_id: int) -> Answer:
    """Gives a unit another name."""
    actor, form = current_actor(), RenameForm()
    try:
        store().write(units.rename, actor, unit_id, line(form.name.data, "name", longest=LONGEST_NAME))
    except Refusal as refusal:
        return _page(actor, unit_id, rename=form, refusal=refusal), refusal.status
    return redirect(url_for("members.unit", unit_id=unit_id))


@pages.post("/units/<int:unit_id>/add")
def add_below(unit_id: int) -> Answer:
    """Adds a unit below this one."""
    actor, form = current_actor(), BelowForm()
    try:
        name = line(form.name.data, "name", longest=LONGEST_NAME)
        added = store().write(units.add, actor, unit_id, name, _one_of(Level, form.level.data, "level"))
    except Refusal as refusal:
        return _page(actor, unit_id, below=form, refusal=refusal), refusal.status
    return redirect(url_for("members.unit", unit_id=added.id))


@pages.post("/units/<int:unit_id>/staff")
def add_staff(unit_id: int) -> Answer:
    """Makes a staff account and shows the card with its first sign-in link."""
    actor, form = current_actor(), StaffForm()
    try:
        account = accounts.account_name(form.account.data or "")
        name = str(seats.parse("name", clean(form.name.data or "")[:200]))
        role = _one_of(Role, form.role.data, "role")
        made = store().write(roles.create_staff, actor, unit_id, account, name, role)
    except Refusal as refusal:
        return _page(actor, unit_id, staff=form, refusal=refusal), refusal.status
    return _card(actor, unit_id, made.id)


@pages.post("/units/<int:unit_id>/staff/<int:person_id>/link")
def make_staff_link(unit_id: int, person_id: int) -> str:
    """Makes a new link for somebody with a role here."""
    return _card(current_actor(), unit_id, person_id)


@pages.post("/units/<int:unit_id>/grants")
def grant(unit_id: int) -> Answer:
    """Gives a role to somebody who has an account."""
    actor, form = current_actor(), GrantForm()
    try:
        role = _one_of(Role, form.role.data, "role")
        with store().read() as work:
            units.administered(work, actor, unit_id)
            holder = roles.holder_of(work, accounts.account_name(form.account.data or ""))
        store().write(roles.grant, actor, unit_id, holder.id, role)
    except Refusal as refusal:
        return _page(actor, unit_id, grant=form, refusal=refusal), refusal.status
    return redirect(url_for("members.unit", unit_id=unit_id))


@pages.post("/members/<int:membership_id>/grant")
def grant_member(membership_id: int) -> Answer:
    """Gives a member a role in the unit of his seat."""
    actor = current_actor()
    role = _one_of(Role, request.form.get("role"), "role")
    with store().read() as work:
        one, unit = directory.member(work, actor, membership_id)
    store().write(roles.grant, actor, unit.id, one.person_id, role)
    return redirect(url_for("members.unit", unit_id=unit.id))


@pages.post("/grants/<int:grant_id>/revoke")
def revoke(grant_id: int) -> Answer:
    """Takes a role away."""
    return redirect(url_for("members.unit", unit_id=store().write(roles.revoke, current_actor(), grant_id)))


def _page(actor: Actor, unit_id: int, refusal: Refusal | None = None, **sent: FlaskForm) -> str:
    """The page of a unit; the form that was sent shows the refusal, the others are as at first."""
    for form in sent.values():
        if refusal is not None:
            shown_at_field(form, refusal)
    with store().read() as work:
        unit = unit_for(work, actor, unit_id, *READING)
        administering = actor.holds(unit.path, Role.ADMINISTRATOR)
        staff = roles.staff_of(work, unit.id) if administering else []
        in_hand = governed(work, actor, [one.person.id for one in staff])
        branches = [branch for branch in units.tree(work, actor) if branch.unit.path.startswith(unit.path)]
    levels = units.levels_below(unit.level)
    forms = {
        "rename": RenameForm(formdata=None, data={"name": unit.name}),
        "below": BelowForm(formdata=None),
        "staff": StaffForm(formdata=None),
        "grant": GrantForm(formdata=None),
        **sent,
    }
    forms["below"].level.choices = [SelectChoice(level.value, units.LEVELS[level]) for level in levels]
    return render_template(
        "members/unit.html",
        unit=unit,
        branches=branches[1:],
        staff=staff,
        in_hand=in_hand,
        administering=administering,
        organizing=actor.holds(unit.path, *ORGANIZING),
        me_id=actor.person_id,
        forms=forms,
        levels=units.LEVELS,
        roles=roles.ROLES,
    )


def _card(actor: Actor, unit_id: int, person_id: int) -> str:
    with store().read() as work:
        unit = units.administered(work, actor, unit_id)
        if person_id not in {one.person.id for one in roles.staff_of(work, unit.id)}:
            raise Missing
    return sheet(actor, unit, [person_id])


def _one_of(kind: type[Chosen], raw: str | None, field: str) -> Chosen:
    try:
        return kind(raw or "")
    except ValueError as error:
        raise Invalid(_l("Please choose one of these."), field=field) from error
