"""Units that name their own participants: all of a meeting's for its host, one unit's for its office."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, NotNow, Stale
from consult.core.forms import NUMBER, shown_at_field, version_sent
from consult.core.text import line
from consult.core.web import store
from consult.invitations import delegations
from consult.invitations.delegations import Venue
from consult.invitations.pages.blueprint import Answer, pages, staff_actor
from consult.invitations.standing import deadline_of
from consult.meetings import access, conflicts, moves
from consult.meetings.conflicts import Conflicting, Conflicts
from consult.members import roles
from consult.members.access import ORGANIZING
from consult.members.current import current_actor
from consult.members.models import Unit

LONGEST_NAME = 120
_BETWEEN = re.compile(r"[\n,，、;；]+")


class NamingForm(FlaskForm):  # type: ignore[misc]
    """Whom a unit names, and where they sit."""

    names = TextAreaField(_l("Participants"))
    venue = StringField(_l("Sub-venue"))
    address = StringField(_l("Address"))
    operator = SelectField(_l("Who looks after it"), validate_choice=False)
    despite = BooleanField(_l("Name them all the same"))


@pages.get("/meetings/<int:meeting_id>/delegations", endpoint="delegations")
def index(meeting_id: int) -> str:
    """The units that name participants, as far as one reads there."""
    actor = staff_actor()
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        found = delegations.of_meeting(work, actor, meeting)
        host = work.db.get_one(Unit, meeting.host_id)
        state = moves.state_now(meeting, work.now)
    return render_template(
        "invitations/delegations.html",
        meeting=meeting,
        state=state,
        found=found,
        manages=actor.holds(host.path, *ORGANIZING),
        naming={one.unit.id for one in found if actor.holds(one.unit.path, *ORGANIZING)},
        deadline=deadline_of(meeting),
    )


@pages.route("/meetings/<int:meeting_id>/delegations/<int:unit_id>", methods=["GET", "POST"])
def naming(meeting_id: int, unit_id: int) -> Answer:
    """A unit names its participants and gives its sub-venue."""
    actor, form, status, stale = current_actor(), NamingForm(), 200, False
    in_the_way: Conflicts | None = None
    if request.method == "POST":
        try:
            people = [
                line(part, "names", longest=LONGEST_NAME) for part in _BETWEEN.split(form.names.data or "")
                if part.strip()
            ]  # fmt: skip
            store().write(
                delegations.name, actor, meeting_id, unit_id, version_sent(request.form), people,
                _venue(form), careful=not form.despite.data,
            )  # fmt: skip
        except Stale as refusal:
            status, stale = refusal.status, True
        except NotNow as refusal:
            status = shown_at_field(form, refusal, "names")
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
            in_the_way = refusal.conflicts if isinstance(refusal, Conflicting) else None
        else:
            flash(str(_l("The participants are named.")))
            return redirect(url_for("invitations.delegations", meeting_id=meeting_id))
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        delegation, unit = delegations.looked_up(work, actor, meeting, unit_id)
        actor.require(unit.path, *ORGANIZING)
        seats = delegations.seats_of(work, meeting, unit)
        named = delegations.named_by(work, meeting, unit, seats)
        clashes = conflicts.of_naming(work, actor, meeting, unit, seats)
        staff = roles.staff_of(work, unit_id)
        host = work.db.get_one(Unit, meeting.host_id)
    if request.method == "GET":
        form = NamingForm(
            formdata=None,
            data={
                "names": "、".join(named), "venue": delegation.venue, "address": delegation.address,
                "operator": str(delegation.operator_id or ""),
            },
        )  # fmt: skip
    people_here = {one.person.id: one.person.name for one in staff}
    form.operator.choices = [
        SelectChoice("", _l("Nobody yet")),
        *(SelectChoice(str(person_id), name) for person_id, name in people_here.items()),
    ]
    page = render_template(
        "invitations/naming.html",
        meeting=meeting, unit=unit, host=host.name, delegation=delegation, form=form, stale=stale,
        named=named, seats=seats, places=delegations.places_of(meeting, delegation),
        deadline=deadline_of(meeting), longest=LONGEST_NAME, in_the_way=in_the_way, quiet=clashes.quiet,
        taken={one.membership_id: one for one in clashes.people},
    )  # fmt: skip
    return page, status


@pages.post("/meetings/<int:meeting_id>/delegations/<int:unit_id>/places")
def places(meeting_id: int, unit_id: int) -> Answer:
    """Gives one unit a number of places of its own."""
    typed = request.form.get("places", "").strip()
    if typed and not NUMBER.fullmatch(typed):
        raise Invalid(_l("Please give a whole number."))
    number = int(typed) if typed else None
    store().write(
        delegations.give_places, current_actor(), meeting_id, unit_id, version_sent(request.form), number
    )
    flash(str(_l("The change is kept.")))
    return redirect(url_for("invitations.delegations", meeting_id=meeting_id))


def _venue(form: NamingForm) -> Venue:
    operator = form.operator.data or ""
    if operator and not NUMBER.fullmatch(operator):
        raise Invalid(_l("Please choose one of these."), field="operator")
    return Venue(form.venue.data or "", form.address.data or "", int(operator) if operator else None)
