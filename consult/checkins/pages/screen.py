"""The big screen at the venue. Its script asks for its parts again and again; without one it loads itself."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from consult.checkins import codes, screen
from consult.checkins.pages.blueprint import MEETING, key, pages
from consult.core.web import settings, store
from consult.members.current import current_actor
from consult.members.link_sheet import qr
from consult.topics.forms_of_consultation import Form


@pages.get(MEETING + "/screen")
def big_screen(meeting_id: int) -> str:
    """The whole page, for a projector."""
    return render_template("checkins/screen.html", **_shown(meeting_id))


@pages.get(MEETING + "/screen/now")
def big_screen_now(meeting_id: int) -> str:
    """The parts that change, for the page's script."""
    return render_template("checkins/_screen.html", **_shown(meeting_id))


def _shown(meeting_id: int) -> dict[str, Any]:
    with store().read() as work:
        shown = screen.shown(work, current_actor(), key(), meeting_id)
    link = shown.codes and _site() + url_for("checkins.scanned", token=shown.codes.token)
    return {
        "shown": shown,
        "edge": codes.EDGE,
        "meeting": shown.meeting,
        "form": Form(shown.meeting.form),
        "link": link,
        "qr": link and qr(link),
    }


def _site() -> str:
    """The address at which phones reach this site."""
    return settings().public_url or request.host_url.rstrip("/")
