"""What stands around each page: where one can go, who one is, whose site it is."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from consult.core.errors import Busy
from consult.core.web import settings, store
from consult.invitations import waiting
from consult.members import current
from consult.members.access import Actor
from consult.members.models import Unit
from consult.notices import own


def prepare(app: Flask) -> None:
    """Gives every template `nav`, `me`, `unit_name`, `demo`, `zone` and `unread`."""
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    me = current.known()
    return {
        "me": me,
        "nav": _nav(me.actor) if me else [],
        "unit_name": _unit_name(me.actor) if me else "",
        "demo": bool(current_app.extensions.get("consult.demo")),
        "zone": settings().zone,
        "unread": _unread(me.actor) if me else 0,
    }


def _unit_name(actor: Actor) -> str:
    """The unit one belongs to, by a role or else a seat. Empty while it can't be read."""
    paths = [path for _role, path in actor.roles] or [seat.unit_path for seat in actor.seats]
    if not paths:
        return ""
    try:
        with store().read() as work:
            return work.db.scalar(select(Unit.name).where(Unit.path == paths[0])) or ""
    except Busy:
        return ""  # the page that says so needs a letterhead, too


def _unread(actor: Actor) -> int:
    """How many notices one has not read."""
    try:
        with store().read() as work:
            return own.unread(work, actor.person_id)
    except Busy:
        return 0


def _decides(actor: Actor) -> bool:
    """Whether one decides on leave as a member in charge; an office finds that on its first page."""
    if actor.staff:
        return False
    try:
        with store().read() as work:
            return waiting.in_charge(work, actor)
    except Busy:
        return False


def _nav(actor: Actor) -> list[dict[str, Any]]:
    places = [
        ("home.index", "home", _("Today") if actor.staff else _("Home")),
        ("meetings.index", "calendar", _("Meetings")),
    ]
    if actor.staff:
        places += [
            ("topics.index", "topic", _("Topics")),
            ("members.index", "people", _("Members")),
            ("reports.index", "chart", _("Attendance")),
            ("records.index", "edit", _("Records")),
            ("members.units", "settings", _("Units")),
        ]
    else:
        if actor.seats:
            places.append(("topics.index", "topic", _("Topics")))
        places += [("invitations.leave", "check", _("Leave"))] if _decides(actor) else []
        places += [
            ("reports.mine", "chart", _("My attendance")),
            ("members.account", "settings", _("My account")),
        ]
    return [
        {"href": url_for(endpoint), "icon": icon, "label": label, "current": request.endpoint == endpoint}
        for endpoint, icon, label in places
    ]
