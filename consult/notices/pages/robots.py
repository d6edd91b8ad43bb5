"""The pages of groups' robots: add one, try it, choose what it is told, remove it."""

from __future__ import annotations

import secrets

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from consult.core.errors import Missing, Refusal
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.web import settings, store
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.notices import groups
from consult.notices.carrying import WORDS, Letter, Undelivered
from consult.notices.kinds import FOR_GROUPS
from consult.notices.outgoing import reach_of
from consult.notices.pages.blueprint import pages
from consult.notices.robots import KIND_NAMES, RobotCarrier, RobotKind, masked

Answer = str | Response | tuple[str, int]


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Choices of which several may be ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class KindsForm(FlaskForm):  # type: ignore[misc]
    """What may be changed of a robot later."""

    name = StringField(_l("Name of the group"))
    kinds = Boxes(
        _l("What the group is told"),
        choices=[SelectChoice(kind.value, kind.label) for kind in FOR_GROUPS],
        validate_choice=False,
    )


class RobotForm(KindsForm):
    """A new robot; `unit` is asked only of who works for several."""

    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    kind = RadioField(
        _l("Whose robot it is"),
        choices=[SelectChoice(kind.value, name) for kind, name in KIND_NAMES.items()],
        validate_choice=False,
    )
    url = StringField(_l("Address of the robot (webhook)"))
    secret = PasswordField(_l("Secret"))

    def said(self) -> groups.Draft:
        """What was typed. Refuses: Invalid."""
        typed = (self.kind.data or "", self.name.data or "", self.url.data or "", self.secret.data or "")
        return groups.draft(*typed, self.kinds.data or [], reach_of(settings()))


@pages.get("/notices/robots")
def robots() -> str:
    """The robots of one's units."""
    actor, units = _organizer()
    with store().read() as work:
        found = groups.listed(work, actor)
    return render_template(
        "notices/robots.html", found=found, several=len(units) > 1, names=KIND_NAMES, masked=masked
    )


@pages.route("/notices/robots/new", methods=["GET", "POST"])
def new_robot() -> Answer:
    """Adds a robot."""
    (actor, units), status = _organizer(), 200
    form = RobotForm(data={"kind": RobotKind.WECOM, "kinds": [kind.value for kind in FOR_GROUPS]})
    if request.method == "POST":
        form.kinds.data = request.form.getlist("kinds")
    form.unit.choices = [SelectChoice(unit.id, unit.name) for unit in units]
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if request.method == "POST":
        unit_id = form.unit.data if form.unit.data in [unit.id for unit in units] else units[0].id
        try:
            robot = store().write(groups.add, actor, unit_id, form.said(), key)
        except Refusal as refusal:
            status = shown_at_field(form, refusal, "name")
        else:
            flash(_("The robot is kept. Please send a test message now."))
            return redirect(url_for("notices.robot", robot_id=robot.id))
    return render_template("notices/new_robot.html", form=form, key=key, units=units), status


@pages.route("/notices/robots/<int:robot_id>", methods=["GET", "POST"])
def robot(robot_id: int) -> Answer:
    """One robot: its name, and what it is told."""
    actor, status = current_actor(), 200
    with store().read() as work:
        found = groups.owned(work, actor, robot_id)
    form = KindsForm(data={"name": found.robot.name, "kinds": found.robot.kinds})
    if request.method == "POST":
        form.kinds.data = request.form.getlist("kinds")
        try:
            said = (version_sent(request.form), form.name.data or "", form.kinds.data)
            store().write(groups.edit, actor, robot_id, *said)
        except Refusal as refusal:
            status = shown_at_field(form, refusal, "name")
        else:
            flash(_("Saved."))
            return redirect(url_for("notices.robots"))
    return render_template(
        "notices/robot.html",
        form=form, robot=found.robot, unit=found.unit, names=KIND_NAMES, masked=masked,
    ), status  # fmt: skip


@pages.post("/notices/robots/<int:robot_id>/test")
def try_robot(robot_id: int) -> Response:
    """Sends a test message to the group at once, and says what came of it."""
    actor = current_actor()
    with store().read() as work:
        found = groups.owned(work, actor, robot_id)
    letter = Letter(
        id=f"test-{secrets.token_hex(8)}",
        to=found.robot.name,
        subject=_("A test message"),
        lines=(_("%(unit)s will tell this group about its meetings here.", unit=found.unit.name),),
        link=settings().site + url_for("meetings.index"),
        kind="test",
    )
    try:
        RobotCarrier(found.robot, reach_of(settings())).carry(letter)
    except Undelivered as failure:
        said = f" ({failure.said})" if failure.said else ""
        flash(_("The test message did not arrive. %(why)s", why=f"{WORDS[failure.reason]}{said}"), "bad")
    else:
        flash(_("The robot took the test message. Please look into the group."))
    return redirect(url_for("notices.robot", robot_id=robot_id))


@pages.post("/notices/robots/<int:robot_id>/remove")
def remove_robot(robot_id: int) -> Response:
    """Removes the robot."""
    store().write(groups.remove, current_actor(), robot_id, version_sent(request.form))
    flash(_("The robot is removed. The group is told nothing more."))
    return redirect(url_for("notices.robots"))


def _organizer() -> tuple[Actor, list[Unit]]:
    actor = current_actor()
    with store().read() as work:
        units = units_under(work, actor, *ORGANIZING)
    if not units:
        raise Missing
    return actor, units
