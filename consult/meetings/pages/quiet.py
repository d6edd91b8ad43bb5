"""The quiet periods of a unit: listed with those of units above, added, removed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from consult.core.errors import Invalid
from consult.core.forms import shown_at_field
from consult.core.times import day
from consult.core.web import store
from consult.meetings import quiet
from consult.meetings.pages.blueprint import Answer, pages
from consult.members.access import ORGANIZING, READING, unit_for
from consult.members.current import current_actor


class QuietForm(FlaskForm):  # type: ignore[misc]
    """A new quiet period."""

    from_day = StringField(_l("First day"))
    to_day = StringField(_l("Last day"))
    reason = StringField(_l("Reason"))


@pages.route("/units/<int:unit_id>/quiet", methods=["GET", "POST"], endpoint="quiet")
def show(unit_id: int) -> Answer:
    """The quiet periods that hold for a unit; its office adds its own."""
    actor, form, status = current_actor(), QuietForm(), 200
    if request.method == "POST":
        try:
            first, last = (day(form[name].data, name) for name in ("from_day", "to_day"))
            store().write(quiet.add, actor, unit_id, first, last, form.reason.data or "")
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The quiet period is kept. The editor warns of it from now on."))
            return redirect(url_for("meetings.quiet", unit_id=unit_id))
    with store().read() as work:
        unit = unit_for(work, actor, unit_id, *READING)
        periods = quiet.listed(work, actor, unit_id)
    return render_template(
        "meetings/quiet.html",
        unit=unit,
        periods=periods,
        form=form,
        organizes=actor.holds(unit.path, *ORGANIZING),
        longest=quiet.LONGEST_REASON,
    ), status


@pages.post("/quiet/<int:period_id>/remove")
def remove_quiet(period_id: int) -> Answer:
    """Takes a quiet period away."""
    unit_id = store().write(quiet.remove, current_actor(), period_id)
    flash(_("The quiet period is removed."))
    return redirect(url_for("meetings.quiet", unit_id=unit_id))
