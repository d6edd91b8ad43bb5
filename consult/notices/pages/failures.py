"""The page of what could not be delivered, and the two things that help."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from consult.core.errors import Missing
from consult.core.forms import page_asked
from consult.core.web import store
from consult.members.access import ORGANIZING, Actor
from consult.members.current import current_actor
from consult.notices import failures as verbs
from consult.notices import kinds
from consult.notices.carrying import why
from consult.notices.kinds import Kind
from consult.notices.pages.blueprint import pages

CHANNELS = {
    kinds.EMAIL: _l("By email"),
    kinds.SMS: _l("By text message"),
    kinds.ROBOT: _l("To a group"),
}


@pages.get("/notices/failures")
def failures() -> str:
    """What failed in one's own units, whom it concerns, and why."""
    actor = _organizer()
    page = page_asked(request.args)
    with store().read() as work:
        total = verbs.count(work, actor)
        last = max(1, -(-total // verbs.PAGE))
        page = min(max(page, 1), last)
        found = verbs.listed(work, actor, page)
        down = verbs.down(work)
    return render_template(
        "notices/failures.html",
        found=found, total=total, page=page, last=last, down=down,
        channels=CHANNELS, why=why, kinds=Kind,
    )  # fmt: skip


@pages.post("/notices/failures/<int:delivery_id>/again")
def try_again(delivery_id: int) -> Response:
    """Sends it anew."""
    store().write(verbs.try_again, _organizer(), delivery_id)
    flash(_("It is sent again within a minute. If it fails again, it comes back here."))
    return redirect(url_for("notices.failures"))


@pages.post("/notices/failures/<int:delivery_id>/told")
def told_by_phone(delivery_id: int) -> Response:
    """Notes that the person was told by phone."""
    store().write(verbs.told_by_phone, _organizer(), delivery_id)
    flash(_("Noted: told by phone."))
    return redirect(url_for("notices.failures"))


def _organizer() -> Actor:
    actor = current_actor()
    if not actor.paths(*ORGANIZING):
        raise Missing
    return actor
