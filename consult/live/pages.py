"""The room's page. What happens in it comes over the line that its scripts open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from consult.attendance.models import Outcome, Settlement
from consult.attendance.present import present_now
from consult.attendance.rules import COUNTED, OUTCOME_NAMES, Figure, Rule
from consult.core import clock
from consult.core.store import Work
from consult.core.web import store
from consult.discussion.actions import LONGEST
from consult.files.files import Listed
from consult.files.models import Purpose
from consult.invitations import standing
from consult.invitations.card import Card, card_of
from consult.invitations.standing import ANSWERING
from consult.live.http import MEETING
from consult.meetings import access, agenda, invited, materials, moves
from consult.meetings.lifecycle import LABELS, State
from consult.meetings.log import Said
from consult.meetings.models import Content, Entry, Invitation, Kind, Meeting
from consult.members.access import Actor
from consult.members.current import signed_in
from consult.members.models import Unit
from consult.reports import queries
from consult.reports.chart import bars_svg
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic

pages = Blueprint("live", __name__)

OWN_SHOWN = 20  # of one's own comments, after the end


@dataclass(frozen=True)
class Hall:
    """What the page shows while the meeting is not open: before it, what comes; after it, one's own part."""

    state: State
    lobby_at: datetime
    settles_at: datetime | None
    own: queries.Own | None
    attended: int | None  # how many of those expected were present, once that is settled
    said: Sequence[Said]
    card: Card | None  # before it, of who is invited: where he sits, and his answer

    @property
    def bars(self) -> Markup:
        own = self.own
        if own is None or own.window is None:
            return Markup()
        return bars_svg(own.row.spans, own.window, periods=own.periods, zone=ZoneInfo(own.meeting.zone))


@pages.get(MEETING + "/room")
def room(meeting_id: int) -> str | Response:
    """The room in whatever state the meeting is. Who has not agreed to what is recorded is asked first."""
    me = signed_in()
    if not me.consented:
        return redirect(url_for("members.consent", next=request.path))
    with store().read() as work:
        meeting = access.seen_by(work, me.actor, meeting_id)
        host = work.db.get_one(Unit, meeting.host_id)
        topic = work.db.get(Topic, meeting.topic_id) if meeting.topic_id else None
        hall = _hall(work, me.actor, meeting)
        manages = access.manages(work, me.actor, meeting)
        present = present_now(work, meeting)
        slots = agenda.of_meeting(work, meeting)
        papers = _papers(work, me.actor, meeting)
        venue = invited.venues(work, me.actor.person_id, [meeting.id]).get(meeting.id)
        now = work.now
    return render_template(
        "live/room.html",
        meeting=meeting,
        host=host,
        topic=topic,
        slots=slots,
        hall=hall,
        papers=papers,
        venue=venue,
        state=hall.state,
        states=LABELS,
        present=present,
        form=Form(meeting.form).label,
        manages=manages,
        now=now,
        outcome_names=OUTCOME_NAMES,
        longest=LONGEST,
        config=_config(me.actor, meeting, host, hall, now, manages=manages),
    )


def _papers(work: Work, actor: Actor, meeting: Meeting) -> Sequence[Listed]:
    """The meeting's files that are for the actor."""
    return [
        one
        for purpose in (Purpose.MATERIAL, Purpose.MINUTES)
        for one in materials.listed(work, actor, meeting.id, purpose) or ()
    ]


def _hall(work: Work, actor: Actor, meeting: Meeting) -> Hall:
    state = moves.state_now(meeting, work.now)
    over = state in (State.CLOSED, State.SETTLED, State.ARCHIVED)
    settled = queries.own(work, actor.person_id, meeting.id) if over else []
    settles_at = None
    if state is State.CLOSED:
        closed_at = meeting.closed_at or meeting.closes_at
        settles_at = closed_at + timedelta(seconds=meeting.grace_seconds)
    return Hall(
        state,
        meeting.opens_at - timedelta(minutes=meeting.lobby_minutes),
        settles_at,
        settled[0] if settled else None,
        _attended(work, meeting) if over else None,
        _own_comments(work, actor, meeting) if over else [],
        _card(work, actor, meeting) if state in ANSWERING else None,
    )


def _card(work: Work, actor: Actor, meeting: Meeting) -> Card | None:
    """The actor's invitation, if he has one."""
    own = (Invitation.meeting_id == meeting.id, Invitation.person_id == actor.person_id)
    return next((card_of(work, one) for one in standing.all_of(work, *own)), None)


def _attended(work: Work, meeting: Meeting) -> int | None:
    latest = work.db.scalar(select(func.max(Settlement.id)).where(Settlement.meeting_id == meeting.id))
    if latest is None:
        return None
    present = Outcome.outcome.in_(COUNTED[Figure.PRESENT])
    return work.db.scalar(select(func.count()).where(Outcome.settlement_id == latest, present))


def _own_comments(work: Work, actor: Actor, meeting: Meeting) -> list[Said]:
    rows = work.db.execute(
        select(Entry, Content)
        .join(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
        .where(Entry.meeting_id == meeting.id, Entry.kind == Kind.COMMENT)
        .where(Entry.person_id == actor.person_id)
        .order_by(Entry.seq)
        .limit(OWN_SHOWN)
    )
    return [Said(*row) for row in rows]


def _config(
    actor: Actor, meeting: Meeting, host: Unit, hall: Hall, now: datetime, *, manages: bool
) -> dict[str, object]:
    """What the scripts know from the start."""
    return {
        "meeting": meeting.id,
        "me": actor.person_id,
        "manages": manages,
        "host": host.name,
        "zone": meeting.zone,
        "state": hall.state,
        "states": {state: str(label) for state, label in LABELS.items()},
        "now": clock.iso(now),
        "lobby_at": clock.iso(hall.lobby_at),
        "opens_at": clock.iso(meeting.opens_at),
        "closes_at": clock.iso(meeting.closes_at),
        "longest": LONGEST,
        "video_seconds": Rule.from_data(meeting.rule).video_lasts.total_seconds(),
        "csrf": generate_csrf(),
    }
