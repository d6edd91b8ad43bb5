"""The list at the venue's door: who has come, who has gone, how many guests."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consult.attendance.intervals import CHANNEL_NAMES
from consult.core.clock import from_local, zone
from consult.core.errors import Invalid, NotNow, Refusal, Stale
from consult.core.forms import NUMBER, number_sent, page_asked
from consult.core.text import clean
from consult.core.web import store
from consult.meetings import moves
from consult.meetings.access import seen_by
from consult.meetings.models import Meeting
from consult.members.current import current_actor
from consult.register import marking, people, video_import
from consult.register.desk import desk_of
from consult.register.pages.blueprint import Answer, pages
from consult.register.people import BEING_NAMES, Being

PER_PAGE = 100
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")


@pages.get("/meetings/<int:meeting_id>/register")
def index(meeting_id: int) -> Answer:
    """Those on this desk's list, and what is known of each."""
    return _page(meeting_id)


@pages.post("/meetings/<int:meeting_id>/register")
def mark(meeting_id: int) -> Answer:
    """Those ticked have come, or have gone."""
    actor, goes = current_actor(), request.form.get("do") == "depart"
    try:
        at = _time_sent(meeting_id)
        ticked = [int(one) for one in request.form.getlist("who") if NUMBER.fullmatch(one)]
        verb = marking.depart if goes else marking.arrive
        count = store().write(verb, actor, meeting_id, ticked, at)
    except (Invalid, NotNow) as refusal:
        return _page(meeting_id, refusal)
    if goes:
        flash(ngettext("%(num)s person is noted as gone.", "%(num)s people are noted as gone.", count))
    else:
        flash(ngettext("%(num)s person is noted as there.", "%(num)s people are noted as there.", count))
    return redirect(_back(meeting_id))


@pages.post("/meetings/<int:meeting_id>/register/other")
def other(meeting_id: int) -> Answer:
    """Somebody has come who is not on the list."""
    try:
        at, name = _time_sent(meeting_id), request.form.get("name", "")
        seat = store().write(marking.arrive_by_name, current_actor(), meeting_id, name, at)
    except (Invalid, NotNow) as refusal:
        return _page(meeting_id, refusal)
    flash(_("%(name)s is noted as there.", name=seat.name))
    return redirect(_back(meeting_id))


@pages.post("/meetings/<int:meeting_id>/register/heads")
def heads(meeting_id: int) -> Answer:
    """So many guests, and so many of the public."""
    try:
        guests, public = (_heads_sent(name) for name in ("guests", "public"))
        version = number_sent(request.form, "version")
        store().write(marking.count_heads, current_actor(), meeting_id, guests, public, version)
    except (Invalid, NotNow, Stale) as refusal:
        return _page(meeting_id, refusal)
    flash(_("The guests are noted."))
    return redirect(_back(meeting_id))


@pages.route("/meetings/<int:meeting_id>/register/<int:presence_id>/take-back", methods=["GET", "POST"])
def take_back(meeting_id: int, presence_id: int) -> Answer:
    """What was noted by mistake."""
    refusal: Invalid | None = None
    if request.method == "POST":
        try:
            reason = request.form.get("reason", "")
            store().write(marking.take_back, current_actor(), meeting_id, presence_id, reason)
        except Invalid as invalid:
            refusal = invalid
        else:
            flash(_("It counts no more."))
            return redirect(_back(meeting_id))
    with store().read() as work:
        desk = desk_of(work, current_actor(), meeting_id)
        one, note = people.noted(work, desk, presence_id)
    page = render_template(
        "register/take_back.html", meeting=desk.meeting, one=one, note=note, refusal=refusal,
        channels=CHANNEL_NAMES,
    )  # fmt: skip
    return page, refusal.status if refusal else 200


def _page(meeting_id: int, refusal: Refusal | None = None) -> Answer:
    actor, asked = current_actor(), request.args
    being = Being(asked["being"]) if asked.get("being") in list(Being) else None
    text, page = clean(asked.get("q", "")[:60]), page_asked(asked)
    with store().read() as work:
        desk = desk_of(work, actor, meeting_id)
        found = people.listing(work, desk, being=being, text=text, page=page, per_page=PER_PAGE)
        counted = people.heads(work, desk)
        sheets = video_import.sheets_of(work, desk) if desk.hosting else []
    own = next((count for unit, count in counted if unit.id == desk.unit.id), None)
    told: dict[str, Any] = {
        "desk": desk, "meeting": desk.meeting, "found": found, "being": being, "text": text, "page": page,
        "last": max(1, -(-found.total // PER_PAGE)), "heads": counted, "own": own, "sheets": sheets,
        "beings": BEING_NAMES, "channels": CHANNEL_NAMES, "refusal": refusal,
        "ticked": set(request.form.getlist("who")) if refusal else set(),
    }  # fmt: skip
    return render_template("register/index.html", **told), refusal.status if refusal else 200


def _back(meeting_id: int) -> str:
    """The list as it was filtered and turned."""
    being, text, page = (request.args.get(name) or None for name in ("being", "q", "page"))
    return url_for("register.index", meeting_id=meeting_id, being=being, q=text, page=page)


def _time_sent(meeting_id: int) -> datetime | None:
    """The time of day that was typed, on the meeting's day and by its clocks; None if nothing was. Refuses:
    Invalid (field `at`), Missing."""
    typed = request.form.get("at", "").strip()
    if not typed:
        return None
    match = _TIME.fullmatch(typed)
    if match is None:
        raise Invalid(_l("Write the time like 09:05."), field="at")
    with store().read() as work:
        return _on_its_day(seen_by(work, current_actor(), meeting_id), int(match[1]), int(match[2]))


def _on_its_day(meeting: Meeting, hour: int, minute: int) -> datetime:
    """The first such time of day from the lobby on: a meeting may go on past midnight."""
    where = zone(meeting.zone)
    lobby = moves.schedule_of(meeting).lobby_at().replace(second=0)
    day = lobby.astimezone(where).date()
    at = from_local(datetime.combine(day, time(hour, minute)), where, "at")
    return at if at >= lobby else at + timedelta(days=1)


def _heads_sent(name: str) -> int:
    typed = request.form.get(name, "").strip() or "0"
    if not NUMBER.fullmatch(typed):
        raise Invalid(_l("Please write a whole number."), field=name)
    return int(typed)
