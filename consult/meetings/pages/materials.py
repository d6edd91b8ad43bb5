"""The files of a meeting: its materials, its minutes, and what is attached to its topic."""

from __future__ import annotations

import secrets

from flask import render_template
from sqlalchemy import func, select

from consult.core.errors import Missing
from consult.core.store import Work
from consult.core.web import store
from consult.files import files
from consult.files.files import Listed
from consult.files.models import Purpose
from consult.meetings import access, materials, moves
from consult.meetings.models import Meeting
from consult.meetings.pages.blueprint import pages
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.topics import attachments


@pages.get("/meetings/<int:meeting_id>/materials", endpoint="materials")
def show(meeting_id: int) -> str:
    """What those who are called to the meeting are to read; others are told that it is not for them."""
    actor = current_actor()
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
        own = _listed(work, actor, materials.KIND, meeting.id)
        of_topic = _listed(work, actor, attachments.KIND, meeting.topic_id) or []
        manages = access.manages(work, actor, meeting)
        expected = _called(work, meeting) if manages else None
    return render_template(
        "meetings/materials.html",
        meeting=meeting,
        state=state,
        staff=actor.staff,
        manages=manages,
        expected=expected,
        called=own is not None,
        materials=[one for one in own or [] if one.file.purpose == Purpose.MATERIAL],
        minutes=[one for one in own or [] if one.file.purpose == Purpose.MINUTES],
        of_topic=of_topic,
        held=state in materials.HELD,
        key=secrets.token_urlsafe(24),
    )


def _listed(work: Work, actor: Actor, kind: str, owner_id: int | None) -> list[Listed] | None:
    """The files, as far as the actor may see them; None where he may not."""
    try:
        return files.listed(work, actor, kind, owner_id) if owner_id is not None else None
    except Missing:
        return None


def _called(work: Work, meeting: Meeting) -> int:
    called = materials.called_to(meeting.id).subquery()
    return work.db.scalar(select(func.count()).select_from(called)) or 0
