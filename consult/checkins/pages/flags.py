"""What an organizer should look at in a meeting."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.attendance.intervals import CHANNEL_NAMES
from consult.checkins import flags
from consult.checkins.oddities import Kind
from consult.checkins.pages.blueprint import Answer, pages
from consult.core.errors import Missing, NotAllowed
from consult.core.forms import number_sent
from consult.core.web import store
from consult.meetings import moves
from consult.meetings.access import managed_by
from consult.members.current import current_actor
from consult.members.devices import LABELS


@pages.get("/meetings/<int:meeting_id>/flags", endpoint="flags")
def show(meeting_id: int) -> str:
    """All flags of the meeting, with their facts."""
    actor = current_actor()
    with store().read() as work:
        meeting = managed_by(work, actor, meeting_id)
        shown = flags.of_meeting(work, actor, meeting_id)
        state, now = moves.state_now(meeting, work.now), work.now
    return render_template(
        "checkins/flags.html",
        meeting=meeting, state=state, now=now, shown=shown, kinds=Kind,
        devices=LABELS, channels=CHANNEL_NAMES,
    )  # fmt: skip


@pages.post("/meetings/<int:meeting_id>/flags/<any(two_devices, one_device, unanswered):kind>")
def look_at_flag(meeting_id: int, kind: str) -> Answer:
    """Notes that the organizer has looked at it."""
    store().write(flags.look, current_actor(), meeting_id, kind, number_sent(request.form, "subject"))
    flash(_("Noted that you have looked at it."))
    return redirect(url_for("checkins.flags", meeting_id=meeting_id))


@pages.app_template_global("open_flags")
def open_flags(meeting_id: int) -> int | None:
    """For pages about a meeting: how many flags wait to be looked at; None for who may not see them."""
    try:
        with store().read() as work:
            return sum(one.open for one in flags.of_meeting(work, current_actor(), meeting_id))
    except (Missing, NotAllowed):
        return None
