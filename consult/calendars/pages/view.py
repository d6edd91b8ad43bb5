"""The calendar by month, week and agenda; its data; moving a meeting by dragging it."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from consult.calendars import moving, view
from consult.calendars.pages.blueprint import pages
from consult.calendars.view import Filters, Marked, Shown
from consult.core.errors import Invalid, Refusal, Stale
from consult.core.i18n import local
from consult.core.web import as_error, settings, store
from consult.meetings import scheduling
from consult.meetings.access import managed_by
from consult.meetings.lifecycle import LABELS, State
from consult.meetings.models import Meeting
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, units_under
from consult.members.current import current_actor
from consult.topics.forms_of_consultation import Form

_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")
_INSTANT = re.compile(r"20\d{2}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")
_NUMBER = re.compile(r"\d{1,9}")
OPTIONS = 200  # units in the filter


@pages.get("/calendar")
def calendar() -> str:
    """The calendar; calendar.js fills it and keeps what is chosen in the address."""
    actor, chosen = current_actor(), _filters()
    with store().read() as work:
        units = view.hosts(work, actor)
        organizing = bool(units_under(work, actor, *ORGANIZING))
        today = work.now.astimezone(ZoneInfo(settings().zone)).date()
    return render_template(
        "calendars/calendar.html",
        units=units[:OPTIONS],
        forms=Form,
        states={one: words for one, words in LABELS.items() if organizing or one is not State.DRAFT},
        chosen=chosen,
        organizing=organizing,
        today=today,
    )


@pages.get("/calendar/events")
def events() -> Response:
    """The meetings and the marked days from `start` to before `end`, as the calendar draws them."""
    actor, zone = current_actor(), settings().zone
    first, last = _day("start"), _day("end")
    start, end = view.span(first, last, zone)
    with store().read() as work:
        shown = view.meetings(work, actor, start, end, _filters())
        marked = view.marked(work, actor, first, last)
    return jsonify([*(_event(one) for one in shown), *(_mark(one) for one in marked)])


@pages.get("/calendar/meetings/<int:meeting_id>/move")
def look(meeting_id: int) -> Response:
    """What moving the meeting to `opens_at` and `closes_at` would mean, in words."""
    actor = current_actor()
    opens_at, closes_at = (_instant(request.args, name) for name in ("opens_at", "closes_at"))
    with store().read() as work:
        found = moving.look(work, actor, meeting_id, opens_at, closes_at)
    return jsonify(
        ok=True,
        old=_time(found.meeting, found.meeting.opens_at, found.meeting.closes_at),
        new=_time(found.meeting, opens_at, closes_at),
        told=ngettext("%(num)s person will be told.", "%(num)s people will be told.", found.told),
        again=_("It was postponed and will be on the calendar again.")
        if found.state is State.POSTPONED
        else "",
        warnings=_warnings(found),
    )


@pages.post("/calendar/meetings/<int:meeting_id>/move")
def move(meeting_id: int) -> Any:
    """Puts the meeting elsewhere in time; who was not the first is told who was."""
    actor, sent = current_actor(), request.get_json()
    if not isinstance(sent, dict) or not _NUMBER.fullmatch(json.dumps(sent.get("version"))):
        raise Invalid
    opens_at, closes_at = (_instant(sent, name) for name in ("opens_at", "closes_at"))
    version, reason = sent["version"], str(sent.get("reason", ""))
    try:
        moved = store().write(
            scheduling.reschedule, actor, meeting_id, version, opens_at, closes_at, reason
        )  # fmt: skip
    except Stale as refusal:
        return _stale(actor, meeting_id, version, refusal)
    return jsonify(ok=True, version=moved.version)


def _stale(actor: Actor, meeting_id: int, version: int, refusal: Refusal) -> tuple[Response, int]:
    with store().read() as work:
        meeting = managed_by(work, actor, meeting_id)
        since = edits.since(work, f"meeting:{meeting_id}", meeting.host_id, version)
    error = as_error(refusal)
    if since and since[0].by:
        error["message"] = _(
            "%(name)s has changed this meeting at %(time)s. It stays where that put it; look at it anew.",
            name=since[0].by,
            time=local(since[0].at, settings().zone, "time"),
        )
    return jsonify(ok=False, error=error), refusal.status


def _event(one: Shown) -> dict[str, Any]:
    meeting = one.meeting
    venues = ngettext("%(num)s sub-venue", "%(num)s sub-venues", one.venues) if one.venues else ""
    return {
        "id": str(meeting.id),
        "title": meeting.title,
        "start": meeting.opens_at.isoformat(),
        "end": meeting.closes_at.isoformat(),
        "editable": one.movable,
        "state": one.state.value,
        "word": str(LABELS[one.state]),
        "host": one.host,
        "place": one.venue or meeting.place,
        "venues": venues,
        "series": meeting.series_id is not None,
        "mine": one.mine,
        "page": url_for("meetings.meeting", meeting_id=meeting.id),
        "move": url_for("meetings.act", meeting_id=meeting.id, name="reschedule") if one.movable else "",
        "version": meeting.version,
    }


def _mark(one: Marked) -> dict[str, Any]:
    return {
        "title": str(one.name),
        "start": one.first.isoformat(),
        "end": (one.last + timedelta(days=1)).isoformat(),
        "allDay": True,
        "display": "background",
        "kind": one.kind,
    }


def _warnings(found: moving.Moving) -> list[str]:
    zone = found.meeting.zone
    said = [
        ngettext(
            "%(num)s person is also expected at “%(title)s”, %(time)s.",
            "%(num)s people are also expected at “%(title)s”, %(time)s.",
            people,
            title=other.title or other.host,  # the title is not everybody's to know
            time=f"{local(other.opens_at, zone, 'time')}–{local(other.closes_at, zone, 'time')}",
        )
        for other, people in found.elsewhere()
    ]
    said += [_("“%(title)s” is in the same place.", title=one.title) for one in found.conflicts.same_place]
    said += [_("It is a quiet period: %(reason)s.", reason=one.reason) for one in found.conflicts.quiet]
    if found.conflicts.free_days:
        said.append(_("It is no working day."))
    return said


def _time(meeting: Meeting, opens_at: datetime, closes_at: datetime) -> str:
    first, last = local(opens_at, meeting.zone, "day"), local(closes_at, meeting.zone, "day")
    start, end = local(opens_at, meeting.zone, "time"), local(closes_at, meeting.zone, "time")
    return f"{first} {start}–{end}" if first == last else f"{first} {start} – {last} {end}"


def _filters() -> Filters:
    """What the address asks for; what can't be read asks for nothing."""
    given = request.args
    unit = given.get("unit", "")
    return Filters(
        unit=int(unit) if _NUMBER.fullmatch(unit) else None,
        form=next((one for one in Form if one == given.get("form")), None),
        state=next((one for one in State if one == given.get("state")), None),
        mine=given.get("mine") == "1",
    )


def _day(name: str) -> date:
    sent = request.args.get(name, "")[:10]
    try:
        if _DAY.fullmatch(sent):
            return date.fromisoformat(sent)
    except ValueError:
        pass
    raise Invalid(field=name)


def _instant(sent: Any, name: str) -> datetime:
    text = sent.get(name)
    try:
        if isinstance(text, str) and _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).replace(second=0, microsecond=0)
    except ValueError:
        pass
    raise Invalid(_("The time can't be read."), field=name)
