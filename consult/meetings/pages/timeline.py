"""A meeting's line of time: what has to be done by when, what is late, what is next."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import render_template

from consult.core.errors import Missing
from consult.core.web import settings, store
from consult.meetings import access, deadlines, moves, timeline
from consult.meetings.lifecycle import State
from consult.meetings.pages.blueprint import pages
from consult.members.current import current_actor

WITHOUT_TIME = (State.POSTPONED, State.CANCELLED)


@pages.get("/meetings/<int:meeting_id>/timeline", endpoint="timeline")
def show(meeting_id: int) -> str:
    """The steps of a meeting, to those who work for a unit that may see it."""
    actor = current_actor()
    if not actor.staff:
        raise Missing
    with store().read() as work:
        found = access.seen_by(work, actor, meeting_id)
        state, now = moves.state_now(found, work.now), work.now
        has_time = state not in WITHOUT_TIME
        steps = timeline.steps(work, [found], timeline.limits_of(settings()))[found.id] if has_time else []
        manages = access.manages(work, actor, found)
    return render_template(
        "meetings/timeline.html",
        meeting=found,
        state=state,
        manages=manages,
        steps=steps,
        following=deadlines.next_of(steps),
        late=sum(step.late and step.done_at is None for step in steps),
        unknown=deadlines.not_announced(steps),
        year=str(now.astimezone(ZoneInfo(found.zone)).year),
    )
