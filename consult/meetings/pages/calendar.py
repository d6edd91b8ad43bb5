"""The list of meetings: by month, or found by their words."""

from __future__ import annotations

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import gettext as _

from consult.core import clock
from consult.core.errors import Invalid
from consult.core.text import clean
from consult.core.web import settings, store
from consult.meetings import listing
from consult.meetings.lifecycle import LABELS, State
from consult.meetings.pages.blueprint import pages
from consult.members.access import ORGANIZING, units_under
from consult.members.current import current_actor

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")


@pages.get("/meetings")
def index() -> str:
    """The meetings of a month that one may see; with `q` those of all time that have the words."""
    actor, zone = current_actor(), settings().zone
    text, state = clean(request.args.get("q", "")[:60]), request.args.get("state", "")
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    first = _month(request.args.get("month"), today)
    with store().read() as work:
        found = (
            listing.search(work, actor, text) if text else listing.in_month(work, actor, first, zone)
        )  # fmt: skip
        organizing = bool(units_under(work, actor, *ORGANIZING))
    shown = [one for one in found if state in ("", one.state)]
    return render_template(
        "meetings/index.html",
        found=shown,
        hidden=len(found) - len(shown),
        q=text,
        state=state,
        states={one: words for one, words in LABELS.items() if organizing or one is not State.DRAFT},
        first=listing.month_bounds(first, zone)[0],
        earlier=_name(first - timedelta(days=1)),
        later=_name(first + timedelta(days=31)),
        this_month=_name(today),
        month=_name(first),
        staff=actor.staff,
        organizing=organizing,
        most=listing.MOST_FOUND,
        several=len({one.host for one in shown}) > 1,
    )


def _month(named: str | None, today: date) -> date:
    """The month's first day. Refuses: Invalid, for what is no month."""
    if not named:
        return today.replace(day=1)
    if not _MONTH.fullmatch(named):
        raise Invalid(_("There is no such month."), field="month")
    return date.fromisoformat(f"{named}-01")


def _name(day: date) -> str:
    return f"{day:%Y-%m}"
