"""One's own notices, how one wants to be told, and the way out for whoever has a link from a mail."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.core.forms import number_sent, page_asked
from consult.core.web import csrf, settings, store
from consult.members.current import current_actor
from consult.members.models import Person
from consult.notices import own
from consult.notices.kinds import EMAIL, PERSONAL, SMS, Kind, worded
from consult.notices.models import Notice
from consult.notices.pages.blueprint import pages
from consult.notices.policy import lasting, policy_of

CHANNELS = {EMAIL: _l("Email"), SMS: _l("Text messages")}


@pages.get("/notices")
def index() -> str:
    """One's notices: those not read yet, then the others, by day."""
    actor = current_actor()
    page = page_asked(request.args)
    with store().read() as work:
        found = own.listed(work, actor, page)
        now = work.now
    fresh = [notice for notice in found.notices if notice.read_at is None]
    older = groupby((one for one in found.notices if one.read_at is not None), _day)
    return render_template(
        "notices/index.html",
        fresh=fresh,
        days=[(day, list(notices)) for day, notices in older],
        worded=lambda one: worded(one.kind, one.data, found.sub_venues.get(one.meeting_id, "")),
        kinds=Kind,
        found=found,
        newest=max((notice.id for notice in fresh), default=0),
        page=page,
        last=max(1, -(-found.total // own.PER_PAGE)),
        now=now,
    )


@pages.get("/notices/<int:notice_id>")
def read(notice_id: int) -> WerkzeugResponse:
    """Leads to what a notice is about, which counts as having read it."""
    return redirect(store().write(own.read, current_actor(), notice_id))


@pages.post("/notices/read")
def read_all() -> WerkzeugResponse:
    """Marks those as read that were shown."""
    store().write(own.read_all, current_actor(), number_sent(request.form, "up_to"))
    return redirect(url_for("notices.index"))


@pages.get("/notices/unread")
def unread() -> Response:
    """How many notices one has not read, for pages without a socket."""
    actor = current_actor()
    with store().read() as work:
        count = own.unread(work, actor.person_id)
    answer = jsonify(ok=True, unread=count)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(f"{actor.person_id}-{count}")
    answer.make_conditional(request)
    return answer


@pages.route("/notices/settings", methods=["GET", "POST"])
def preferences() -> str | WerkzeugResponse:
    """By which channels one is told, and what when."""
    actor = current_actor()
    if request.method == "POST":
        store().write(own.choose, actor.person_id, request.form.getlist("channel"))
        flash(_("Kept."))
        return redirect(url_for("notices.preferences"))
    with store().read() as work:
        person = work.db.get_one(Person, actor.person_id)
        wanted = own.wanted(work, actor.person_id)
    policy = policy_of(settings())
    return render_template(
        "notices/settings.html",
        channels=[
            (name, CHANNELS[name], _address(person, name), name in policy.channels) for name in PERSONAL
        ],
        wanted=wanted,
        policy=policy,
        times=[lasting(minutes) for minutes in policy.reminders],
    )


@pages.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]  # the token is the right to do it
def unsubscribe(token: str) -> str:
    """Ends being told by a channel, for whoever has the link from a mail; nobody need sign in. Mail programs
    post it without having seen the page, hence without its CSRF token."""
    person_id, channel = own.unsubscribed_by(settings(), token)
    if request.method == "POST":
        store().write(own.unsubscribe, person_id, channel)
    with store().read() as work:
        name = work.db.get_one(Person, person_id).name
        over = channel not in own.wanted(work, person_id)
    return render_template("notices/unsubscribe.html", name=name, channel=CHANNELS[channel], over=over)


def _address(person: Person, channel: str) -> str:
    return person.email if channel == EMAIL else person.phone


def _day(notice: Notice) -> date:
    return notice.made_at.astimezone(ZoneInfo(settings().zone)).date()
