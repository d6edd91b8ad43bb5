"""Calendar files: the personal feed and its address, and one meeting to add to a calendar."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.calendars import entries, feeds, ics
from consult.calendars.pages.blueprint import pages
from consult.core import clock
from consult.core.limits import Limiter
from consult.core.web import settings, store
from consult.members.current import current_actor
from consult.members.link_sheet import qr
from consult.members.models import Person

AT_ONCE, REFILL = 20, 1 / 30  # fetches of one address; programs fetch every quarter of an hour or rarer


@pages.get("/calendar/subscribe")
def subscribe() -> str:
    """One's own calendar address: whether there is one, and what one does with it."""
    return _subscribe_page("")


@pages.post("/calendar/subscribe")
def renew() -> str:
    """Makes a new address and shows it, this once."""
    return _subscribe_page(store().write(feeds.renew, current_actor()))


@pages.post("/calendar/subscribe/stop")
def revoke() -> WerkzeugResponse:
    """Makes one's address void."""
    store().write(feeds.revoke, current_actor())
    flash(_("The address is void. Calendars that fetched it get nothing any more."))
    return redirect(url_for("calendars.subscribe"))


@pages.get("/calendar/feed/<token>.ics")
def feed(token: str) -> Response:
    """The meetings of whose address this is, for a program without a cookie."""
    with store().read() as work:
        row, owner = feeds.opened(work, token)
        _limiter().take(row.id)
        language = work.db.get_one(Person, owner.person_id).language or settings().default_language
        with force_locale(language):
            data = ics.published(feeds.meetings(work, owner, settings().site), name=_("My meetings"))
        stale = row.fetched_at is None or row.fetched_at + feeds.FETCHED_EVERY < work.now
    if stale:
        store().submit(feeds.fetched, row.id)
    return _file(data, "consult.ics", attached=False)


@pages.get("/meetings/<int:meeting_id>.ics")
def meeting(meeting_id: int) -> Response:
    """One meeting, to add to a calendar."""
    actor = current_actor()
    with store().read() as work:
        data = ics.published([entries.one(work, actor, meeting_id, settings().site)])
    return _file(data, f"meeting-{meeting_id}.ics", attached=True)


def _subscribe_page(token: str) -> str:
    actor = current_actor()
    with store().read() as work:
        row = feeds.current(work, actor)
    address = f"{settings().site}{url_for('calendars.feed', token=token)}" if token else ""
    by_calendar = "webcal" + address.removeprefix("https").removeprefix("http") if token else ""
    return render_template(
        "calendars/subscribe.html",
        feed=row,
        address=address,
        webcal=by_calendar,
        qr=qr(by_calendar) if token else "",
        now=clock.now(),
        past_months=feeds.PAST // timedelta(days=30),
    )


def _file(data: bytes, name: str, *, attached: bool) -> Response:
    response = Response(data, mimetype=ics.MIMETYPE)
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = f'{"attachment" if attached else "inline"}; filename="{name}"'
    response.headers["Referrer-Policy"] = "no-referrer"
    response.make_conditional(request)
    return response


def _limiter() -> Limiter:
    found: Limiter = current_app.extensions.setdefault("consult.feed_limiter", Limiter(AT_ONCE, REFILL))
    return found
