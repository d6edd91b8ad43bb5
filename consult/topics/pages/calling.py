"""The pages of calls for topics: the list, one call, opening, editing, extending and closing it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core import clock, times
from consult.core.errors import Invalid, NotAllowed, Refusal, Stale
from consult.core.forms import key_sent, shown_at_field, version_sent
from consult.core.web import settings, store
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics import calls, decisions, proposals
from consult.topics.calls import Terms, Within
from consult.topics.life import State
from consult.topics.models import Call
from consult.topics.pages.blueprint import Answer, as_member, pages, staff

OPEN_FOR = timedelta(days=30)  # what a new call's form offers

LABELS = {
    "title": _l("Title"),
    "text": _l("What members are asked for"),
    "year": _l("For the annual plan of"),
    "within": _l("Who may propose and second"),
    "opens_at": _l("Opens at"),
    "closes_at": _l("Closes at"),
}


class CallForm(FlaskForm):  # type: ignore[misc]
    """What a call says; `unit` is asked only of who works for several."""

    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    title = StringField(LABELS["title"])
    text = TextAreaField(LABELS["text"])
    year = StringField(LABELS["year"])
    within = RadioField(
        LABELS["within"],
        choices=[SelectChoice(one.value, one.label) for one in Within],
        validate_choice=False,
    )
    opens_day = StringField(_l("Opens on"))
    opens_at = StringField(_l("Opens at"))
    closes_day = StringField(_l("Closes on"))
    closes_at = StringField(_l("Closes at"))

    def said(self, was: Call | None) -> Terms:
        """What was typed. Refuses: Invalid."""
        zone, year = ZoneInfo(settings().zone), (self.year.data or "").strip()
        opens_on = times.day(self.opens_day.data, "opens_day")
        closes_on = times.day(self.closes_day.data, "closes_day")
        return calls.terms(
            self.title.data or "",
            self.text.data or "",
            int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
            self.within.data or "",
            times.instant(opens_on, self.opens_at.data, zone, "opens_at", was.opens_at if was else None),
            times.instant(closes_on, self.closes_at.data, zone, "closes_at", was.closes_at if was else None),
        )


@pages.get("/topics/calls")
def call_list() -> str:
    """The calls of one's units."""
    actor = staff()
    with store().read() as work:
        found = calls.listed(work, actor)
        organizing = bool(units_under(work, actor, *ORGANIZING))
    several = len({one.unit for one in found}) > 1
    return render_template("topics/calls.html", found=found, organizing=organizing, several=several)


@pages.get("/topics/calls/<int:call_id>")
def call(call_id: int) -> str:
    """One call with what was proposed, to the office with boxes to tick, to a member to second."""
    return call_page(call_id)[0]


def call_page(
    call_id: int, refusal: Refusal | None = None, ticked: frozenset[int] = frozenset()
) -> tuple[str, int]:
    """The call's page; with the refusal of what was decided on it, and the boxes that were ticked for it."""
    actor = current_actor()
    with store().read() as work:
        row, unit = calls.seen_by(work, actor, call_id)
        phase = calls.phase(row, work.now)
        if as_member(actor, unit.path):
            found = proposals.of_call(work, actor, row)
            own = proposals.own_count(work, actor, call_id)
            return render_template(
                "topics/call_member.html", call=row, unit=unit, phase=phase, found=found, own=own,
                most=proposals.MOST_PROPOSALS, takes_part=calls.takes_part(actor, row, unit, work.now),
            ), 200  # fmt: skip
        rows = decisions.on_call(work, row)
        takes_part = calls.takes_part(actor, row, unit, work.now)
    state = request.args.get("state", "")
    return render_template(
        "topics/call.html",
        call=row,
        unit=unit,
        phase=phase,
        rows=[one for one in rows if state in ("", one.topic.state)],
        all=rows,
        state=state,
        counts={one: sum(each.topic.state == one for each in rows) for one in State},
        organizing=actor.holds(unit.path, *ORGANIZING),
        takes_part=takes_part,
        refusal=refusal,
        ticked=ticked,
    ), refusal.status if refusal else 200


@pages.route("/topics/calls/new", methods=["GET", "POST"])
def new_call() -> Answer:
    """Opens a call for topics."""
    actor, status = staff(), 200
    with store().read() as work:
        units = units_under(work, actor, *ORGANIZING)
    if not units:
        raise NotAllowed
    form = CallForm(data=_offered())
    form.unit.choices = [SelectChoice(unit.id, unit.name) for unit in units]
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if request.method == "POST":
        unit_id = form.unit.data if form.unit.data in [unit.id for unit in units] else units[0].id
        try:
            made = store().write(calls.create, actor, unit_id, form.said(None), key)
        except Refusal as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The call for topics is kept."))
            return redirect(url_for("topics.call", call_id=made.id))
    return render_template("topics/call_edit.html", form=form, key=key, units=units, call=None), status


@pages.route("/topics/calls/<int:call_id>/edit", methods=["GET", "POST"])
def edit_call(call_id: int) -> Answer:
    """Edits a call; who comes second is shown what the first has changed, his own text stays."""
    return _changing(call_id, "edit")


@pages.route("/topics/calls/<int:call_id>/extend", methods=["GET", "POST"])
def extend_call(call_id: int) -> Answer:
    """Gives members longer to propose."""
    return _changing(call_id, "extend")


@pages.post("/topics/calls/<int:call_id>/close")
def close_call(call_id: int) -> Response:
    """Ends a call now."""
    store().write(calls.close, staff(), call_id, version_sent(request.form))
    flash(_("The call is closed. Now decide which topics are taken up."))
    return redirect(url_for("topics.call", call_id=call_id))


def _changing(call_id: int, how: str) -> Answer:
    actor, status = staff(), 200
    row, unit = _managed(actor, call_id)
    form = CallForm(data=_typed(row))
    version = version_sent(request.form) if request.method == "POST" else row.version
    changed: list[edits.Edit] = []
    if request.method == "POST":
        try:
            said = form.said(row)
            if how == "extend":
                store().write(calls.extend, actor, call_id, version, said.closes_at)
            else:
                store().write(calls.edit, actor, call_id, version, said)
        except Stale as refusal:
            status = refusal.status
            row, unit = _managed(actor, call_id)
            with store().read() as work:
                changed = edits.since(work, f"call:{call_id}", unit.id, version)
            version = row.version
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(_("The call for topics is kept."))
            return redirect(url_for("topics.call", call_id=call_id))
    kept = {name: value for name, value in _typed(row).items() if value != _plain(form[name].data)}
    return render_template(
        "topics/call_extend.html" if how == "extend" else "topics/call_edit.html",
        form=form, call=row, units=[unit], version=version, changed=changed, labels=LABELS,
        now=kept if status == Stale.status else {}, within={one.value: one.label for one in Within},
    ), status  # fmt: skip


def _managed(actor: Actor, call_id: int) -> tuple[Call, Unit]:
    with store().read() as work:
        return calls.managed_by(work, actor, call_id)


def _offered() -> Mapping[str, object]:
    """What the form of a new call holds: from now on for a month, for next year's plan."""
    now = clock.now().astimezone(ZoneInfo(settings().zone))
    return {
        "year": str(now.year + 1),
        "within": Within.UNIT,
        "opens_day": f"{now:%Y-%m-%d}",
        "opens_at": f"{now:%H:%M}",
        "closes_day": f"{now + OPEN_FOR:%Y-%m-%d}",
        "closes_at": "18:00",
    }


def _typed(row: Call) -> dict[str, str]:
    zone = ZoneInfo(settings().zone)
    opens_at, closes_at = row.opens_at.astimezone(zone), row.closes_at.astimezone(zone)
    return {
        "title": row.title,
        "text": row.text,
        "year": str(row.year),
        "within": row.within,
        "opens_day": f"{opens_at:%Y-%m-%d}",
        "opens_at": f"{opens_at:%H:%M}",
        "closes_day": f"{closes_at:%Y-%m-%d}",
        "closes_at": f"{closes_at:%H:%M}",
    }


def _plain(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()
