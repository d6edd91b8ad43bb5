"""Who is in charge of a unit's sectors and committees, for its organizers."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid
from consult.core.forms import shown_at_field
from consult.core.text import line
from consult.core.web import store
from consult.members import charges
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.current import current_actor
from consult.members.pages.blueprint import pages

LONGEST = 60


class ChargeForm(FlaskForm):  # type: ignore[misc]
    """Somebody is put in charge."""

    circle = SelectField(_l("Sector or committee"), validate_choice=False)
    member = StringField(_l("Member"))


@pages.get("/units/<int:unit_id>/charges", endpoint="charges")
def index(unit_id: int) -> str:
    """The unit's sectors and committees, and who is in charge of each."""
    return _page(current_actor(), unit_id, ChargeForm(formdata=None))


@pages.post("/units/<int:unit_id>/charges")
def give_charge(unit_id: int) -> str | Response | tuple[str, int]:
    """Puts a member in charge."""
    actor, form = current_actor(), ChargeForm()
    kind, _, name = (form.circle.data or "").partition(":")
    try:
        member = line(form.member.data or "", "member", longest=LONGEST)
        store().write(charges.give, actor, unit_id, kind, name, member)
    except Invalid as refusal:
        status = shown_at_field(form, refusal)
        return _page(actor, unit_id, form), status
    flash(str(_l("%(name)s now decides on their leave.", name=member)))
    return redirect(url_for("members.charges", unit_id=unit_id))


@pages.post("/charges/<int:charge_id>/take")
def take_charge(charge_id: int) -> Response:
    """Takes a charge away."""
    unit_id = store().write(charges.take, current_actor(), charge_id)
    return redirect(url_for("members.charges", unit_id=unit_id))


def _page(actor: Actor, unit_id: int, form: ChargeForm) -> str:
    with store().read() as work:
        unit = unit_for(work, actor, unit_id, *READING)
        actor.require(unit.path, *ORGANIZING)
        circles = charges.circles(work, unit.id)
    form.circle.choices = [
        SelectChoice(f"{one.kind}:{one.name}", f"{one.name}（{one.members}）") for one in circles
    ]
    return render_template("members/charges.html", unit=unit, circles=circles, form=form)
