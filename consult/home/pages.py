"""The first page: a member's next meeting with its one large button, or the office's day."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from consult.attendance.rules import OUTCOME_NAMES
from consult.core import clock
from consult.core.web import settings, store
from consult.files import files, owners
from consult.home import asked, today
from consult.invitations import standing, waiting
from consult.meetings import materials, timeline
from consult.meetings.words import TO_COME
from consult.members.access import ORGANIZING, Actor
from consult.members.current import current_actor
from consult.notices import failures
from consult.notices.carrying import why
from consult.reports import queries
from consult.topics import calls

pages = Blueprint("home", __name__)

YEAR = timedelta(days=366)
NEAREST = 3  # meetings waiting for a member's answer that stand open; the others are folded away


@pages.get("/")
def index() -> str | Response:
    """Where everyone begins; who isn't signed in does so first."""
    if not current_user.is_authenticated:
        return redirect(url_for("members.sign_in"))
    actor = current_actor()
    return _office(actor) if actor.staff else _member(actor)


def _member(actor: Actor) -> str:
    with store().read() as work:
        own = asked.of_member(work, actor, today.coming(work, actor))
        to_decide = waiting.requests_for(work, actor)
        key = owners.key(materials.KIND, own.next.meeting.id) if own.next else ""
        reading = files.unread(work, actor.person_id, [key]).get(key)
        open_calls = calls.open_for(work, actor)
        past = [one for one in queries.own(work, actor.person_id) if one.meeting.opens_at > work.now - YEAR]
    return render_template(
        "home/member.html",
        next=own.next,
        reading=reading,
        unanswered=own.unanswered,
        later=own.later,
        stands=own.stands,
        venues=own.venues,
        to_decide=to_decide,
        open_calls=open_calls,
        zone=settings().zone,
        remote_instead=standing.remote_instead,
        past=past,
        now=clock.now(),
        OUTCOME_NAMES=OUTCOME_NAMES,
        NEAREST=NEAREST,
    )


def _office(actor: Actor) -> str:
    zone = settings().zone
    with store().read() as work:
        meetings = today.today(work, actor, zone)
        start, end = today.day_drawn(meetings, work.now, zone)
        return render_template(
            "home/office.html",
            meetings=meetings,
            rows=today.rows_of_day(meetings),
            start=start,
            end=end,
            now=work.now,
            running=today.running(work, meetings),
            health=today.clock_health(work),
            organizing=bool(actor.paths(*ORGANIZING)),
            to_come=TO_COME,
            asks=asked.of_office(work, actor),
            needs=today.needs(work, actor, timeline.limits_of(settings())),
            down=failures.down(work),
            why=why,
            coming=[one for one in today.coming(work, actor) if one not in meetings][: today.AHEAD],
        )
