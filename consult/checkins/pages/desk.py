"""The office's page of a meeting's check-in: the way to the big screen, and who came."""

from __future__ import annotations

from flask import render_template

from consult.attendance.intervals import CHANNEL_NAMES, Channel
from consult.checkins import screen
from consult.checkins.pages.blueprint import MEETING, key, pages
from consult.core.web import store
from consult.members.current import current_actor


@pages.get(MEETING + "/desk")
def desk(meeting_id: int) -> str:
    """What an organizer needs to have people checked in at the venue."""
    actor = current_actor()
    with store().read() as work:
        shown = screen.shown(work, actor, key(), meeting_id)
        rows = screen.check_ins(work, actor, meeting_id)
    return render_template(
        "checkins/desk.html",
        meeting=shown.meeting,
        shown=shown,
        rows=rows,
        channel_names={channel.value: CHANNEL_NAMES[channel] for channel in Channel},
    )
