"""The office's page of a meeting's check-in: the way to the big screen, and who came."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.attendance.intervals import CHANNEL_NAMES, Channel
from consult.checkins import prompts, screen
from consult.checkins.pages.blueprint import MEETING, Answer, key, pages
from consult.core.forms import number_sent
from consult.core.web import store
from consult.members.current import current_actor


@pages.get(MEETING + "/desk")
def desk(meeting_id: int) -> str:
    """What an organizer needs to have people checked in at the venue."""
    actor = current_actor()
    with store().read() as work:
        shown = screen.shown(work, actor, key(), meeting_id)
        rows = screen.check_ins(work, actor, meeting_id)
        times = prompts.times_of(work, meeting_id)
    return render_template(
        "checkins/desk.html",
        meeting=shown.meeting,
        shown=shown,
        rows=rows,
        times=times,
        most=prompts.MOST,
        channel_names={channel.value: CHANNEL_NAMES[channel] for channel in Channel},
    )


@pages.post(MEETING + "/prompts")
def set_prompts(meeting_id: int) -> Answer:
    """How often those on the web page are asked whether they are still there."""
    store().write(prompts.set_times, current_actor(), meeting_id, number_sent(request.form, "times"))
    flash(_("Kept. It holds from now on."))
    return redirect(url_for("checkins.desk", meeting_id=meeting_id))
