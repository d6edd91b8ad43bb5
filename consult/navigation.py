"""What stands around each page: where one can go, who one is."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from consult.core.web import settings


def prepare(app: Flask) -> None:
    """Gives every template `nav`, `me`, `demo` and `zone`."""
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    me = current_user._get_current_object() if current_user.is_authenticated else None
    return {
        "me": me,
        "nav": _nav(me.actor.staff) if me else [],
        "demo": bool(current_app.extensions.get("consult.demo")),
        "zone": settings().zone,
    }


def _nav(staff: bool) -> list[dict[str, Any]]:
    places = [
        ("home.index", "home", _("Today") if staff else _("Home")),
        ("meetings.index", "calendar", _("Meetings")),
    ]
    if staff:
        places += [
            ("topics.index", "topic", _("Topics")),
            ("members.index", "people", _("Members")),
            ("reports.index", "chart", _("Attendance")),
            ("members.units", "settings", _("Units")),
        ]
    else:
        places += [
            ("reports.mine", "chart", _("My attendance")),
            ("members.account", "settings", _("My account")),
        ]
    return [
        {"href": url_for(endpoint), "icon": icon, "label": label, "current": request.endpoint == endpoint}
        for endpoint, icon, label in places
    ]
