"""Repeating a meeting: first how, then which days, each with what is in its way."""

from __future__ import annotations

import secrets
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid
from consult.core.forms import NUMBER, key_sent, shown_at_field
from consult.core.times import day as day_typed
from consult.core.web import store
from consult.meetings import access, moves, series
from consult.meetings.conflicts import Conflicting
from consult.meetings.pages.blueprint import Answer, pages
from consult.meetings.plan import plan_of
from consult.meetings.repeat import MOST, Every, Pattern, days
from consult.members.current import current_actor

CHOICES = ("keep", "next", "skip")


class RepeatForm(FlaskForm):  # type: ignore[misc]
    """How a meeting repeats."""

    every = RadioField(
        _l("How it repeats"),
        choices=[
            SelectChoice(Every.WEEKS.value, _l("Every so many weeks on its weekday")),
            SelectChoice(Every.DAY.value, _l("Each month on the same day")),
            SelectChoice(
                Every.WEEKDAY.value, _l("Each month on the same weekday, such as the second Tuesday")
            ),
        ],
        validate_choice=False,
    )
    weeks = StringField(_l("Every how many weeks"))
    times = StringField(_l("How many times more"))
    until = StringField(_l("Until this day"))
    despite = BooleanField(_l("Schedule all the same"))

    def pattern(self) -> Pattern:
        """What was typed. Refuses: Invalid, naming the field."""
        if self.every.data not in list(Every):
            raise Invalid(_l("Please choose one of these."), field="every")
        until = day_typed(self.until.data, "until") if self.until.data else None
        times = _number(self.times.data, "times") if self.times.data else None
        return Pattern(Every(self.every.data), _number(self.weeks.data, "weeks"), times, until)


@pages.route("/meetings/<int:meeting_id>/repeat", methods=["GET", "POST"])
def repeat(meeting_id: int) -> Answer:
    """Asks how, shows the days with what is in the way of each, and makes the meetings."""
    actor, status = current_actor(), 200
    form = RepeatForm(data={"every": Every.WEEKS.value, "weeks": "1", "times": "4"})
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    found: list[series.Foreseen] = []
    if request.method == "POST":
        try:
            if request.form.get("do") in ("draft", "schedule"):
                draft = request.form["do"] == "draft"
                chosen = _chosen()
                made = store().write(
                    series.repeat, actor, meeting_id, chosen, draft=draft, form_key=key,
                    careful=not form.despite.data,
                )  # fmt: skip
                flash(ngettext("%(num)s meeting is made.", "%(num)s meetings are made.", len(made)))
                return redirect(url_for("meetings.meeting", meeting_id=meeting_id))
            with store().read() as work:
                first = plan_of(access.managed_by(work, actor, meeting_id)).day
                found = series.foresee(work, actor, meeting_id, days(first, form.pattern()))
        except Conflicting as refusal:
            status = shown_at_field(form, refusal)
            with store().read() as work:
                found = series.foresee(work, actor, meeting_id, sorted(set(chosen)))
        except Invalid as refusal:
            status = shown_at_field(form, refusal, "until")
    with store().read() as work:
        meeting = access.managed_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
    return render_template(
        "meetings/repeat.html", meeting=meeting, state=state, form=form, key=key, found=found, most=MOST,
        next_working=series.next_working,
        to_decide=bool(form.despite.errors) or any(one.conflicts.open for one in found),
    ), status  # fmt: skip


def _chosen() -> list[date]:
    """The days that were kept, and for those put off the next working day. Refuses: Invalid."""
    named = [name for name in request.form if name.startswith("on-")]
    if len(named) > MOST:
        raise Invalid(_l("A meeting is repeated at most %(most)s times.", most=MOST), field="until")
    chosen = []
    for name in named:
        day, choice = day_typed(name.removeprefix("on-"), "until"), request.form[name]
        if choice not in CHOICES:
            raise Invalid(_l("Please choose one of these."), field="until")
        if choice != "skip":
            chosen.append(day if choice == "keep" else series.next_working(day))
    return chosen


def _number(text: str | None, field: str) -> int:
    text = (text or "").strip()
    if not NUMBER.fullmatch(text):
        raise Invalid(_l("Please give a whole number."), field=field)
    return int(text)
