"""The files of a meeting: its materials, its minutes, and what is attached to its topic."""

from __future__ import annotations

import secrets

from flask import render_template

from consult.core.errors import Missing
from consult.core.store import Work
from consult.core.web import store
from consult.files import files
from consult.files.files import Listed
from consult.files.models import Purpose
from consult.meetings import access, materials, moves
from consult.meetings.pages.blueprint import pages
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.topics import attachments


@pages.get("/meetings/<int:meeting_id>/materials", endpoint="materials")
def show(meeting_id: int) -> str:
    """What those who are expected at the meeting are to read; others are told whom it is for."""
    actor = current_actor()
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
        own = materials.listed(work, actor, meeting.id, Purpose.MATERIAL)
        minutes = materials.listed(work, actor, meeting.id, Purpose.MINUTES)
        kept = materials.kept_from(work, actor, meeting.id) if own is None else None
        of_topic = _of_topic(work, actor, meeting.topic_id)
        manages = access.manages(work, actor, meeting)
        expected = materials.readers(work, meeting.id, Purpose.MATERIAL) if manages else None
        invited = materials.readers(work, meeting.id, Purpose.MINUTES) if manages else None
    return render_template(
        "meetings/materials.html",
        meeting=meeting,
        state=state,
        staff=actor.staff,
        manages=manages,
        expected=expected,
        invited=invited,
        materials=own,
        minutes=minutes,
        kept=kept,
        of_topic=of_topic,
        held=state in materials.HELD,
        key=secrets.token_urlsafe(24),
    )


def _of_topic(work: Work, actor: Actor, topic_id: int | None) -> list[Listed]:
    """What is attached to the meeting's topic, if that is for the actor."""
    try:
        return files.listed(work, actor, attachments.KIND, topic_id, Purpose.ATTACHMENT) if topic_id else []
    except Missing:
        return []
