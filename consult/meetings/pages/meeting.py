"""One meeting: what it is, who is expected, how it went so far, and what its office can do about it."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from sqlalchemy import func, select

from consult.core.errors import Missing
from consult.core.store import Work
from consult.core.text import clean
from consult.core.web import store
from consult.meetings import access, agenda, listing, moves, series
from consult.meetings.audience import picked, seats_on
from consult.meetings.conduct import EXCUSING
from consult.meetings.lifecycle import MOVES, Act, Move, State
from consult.meetings.models import Expected, Mode
from consult.meetings.pages.acts import ACTS, OF_A_SERIES
from consult.meetings.pages.blueprint import pages
from consult.meetings.pages.forms import MODES
from consult.meetings.plan import Plan, plan_of
from consult.meetings.words import MADE, TO_COME
from consult.members.access import READING
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic

PER_PAGE = 100
BEFORE = (State.DRAFT, State.SCHEDULED, State.LOBBY, State.POSTPONED)
"""The states in which it can still be settled who is expected."""


@pages.get("/meetings/<int:meeting_id>")
def meeting(meeting_id: int) -> str:
    """The meeting as far as the reader may see it."""
    actor = current_actor()
    with store().read() as work:
        found = access.seen_by(work, actor, meeting_id)
        host = work.db.get_one(Unit, found.host_id)
        plan, state = plan_of(found), moves.state_now(found, work.now)
        manages = access.manages(work, actor, found)
        reads = actor.holds(host.path, *READING)
        rows = listing.expected_at(work, actor, found) if actor.staff else []
        expected = work.db.scalar(select(func.count()).where(Expected.meeting_id == found.id))
        own = work.db.scalars(
            select(Expected).where(Expected.meeting_id == found.id, Expected.person_id == actor.person_id)
        ).first()
        topic = work.db.get(Topic, found.topic_id) if found.topic_id else None
        topic_readable = topic is not None and actor.holds(
            work.db.get_one(Unit, topic.unit_id).path, *READING
        )
        steps = listing.history(work, found) if reads else []
        outdated = manages and state in BEFORE and _outdated(work, host, plan, rows)
        fellows = series.of_meeting(work, actor, found)
        slots = agenda.of_meeting(work, found)
        now = work.now
    return render_template(
        "meetings/meeting.html",
        meeting=found,
        host=host,
        state=state,
        topic=topic,
        topic_readable=topic_readable,
        this_year=plan.day.year == now.year,
        form=Form(found.form),
        mode=MODES[Mode(found.mode)],
        rule=plan.rule,
        lobby_at=found.opens_at - timedelta(minutes=found.lobby_minutes),
        settles_at=found.due_at if found.due_move == Move.SETTLE else None,
        now=now,
        slots=slots,
        over=agenda.over_by(found, slots),
        expected=expected,
        own=own,
        rows=rows,
        groups=listing.groups(rows),
        steps=steps,
        manages=manages,
        reads=reads,
        staff=actor.staff,
        outdated=outdated,
        acts={
            name: act
            for name, act in ACTS.items()
            if manages and (state, act.step) in MOVES and (name != OF_A_SERIES or found.series_id)
        },
        fellows=fellows,
        editable=manages and moves.allowed(found, now, Act.EDIT),
        made=MADE,
        to_come=TO_COME,
        month=f"{plan.day:%Y-%m}",
        enterable=moves.allowed(found, now, Act.ENTER),
    )


@pages.get("/meetings/<int:meeting_id>/expected")
def expected(meeting_id: int) -> str:
    """Who is expected, by name, with leave, to those who read there."""
    actor = current_actor()
    if not actor.staff:
        raise Missing
    text = clean(request.args.get("q", "")[:60])
    group = request.args.get("group", "")
    with store().read() as work:
        found = access.seen_by(work, actor, meeting_id)
        rows = listing.expected_at(work, actor, found)
        manages = access.manages(work, actor, found)
        state = moves.state_now(found, work.now)
    by, groups = listing.groups(rows)
    shown = [row for row in rows if _matches(row, text, by, group)]
    last = max(1, -(-len(shown) // PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    return render_template(
        "meetings/expected.html",
        meeting=found,
        state=state,
        rows=shown[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(shown),
        total=len(rows),
        by=by,
        groups=groups,
        q=text,
        group=group,
        page=page,
        last=last,
        manages=manages,
        excusing=manages and state in EXCUSING,
    )


def _outdated(work: Work, host: Unit, plan: Plan, rows: list[listing.Row]) -> int | None:
    """How many would be expected by the roster as it is now, if that are others than were called."""
    seats = picked(seats_on(work, host, plan.day), plan.audience).seats
    if {seat.membership_id for seat in seats} == {row.seat.id for row in rows}:
        return None
    return len(seats)


def _matches(row: listing.Row, text: str, by: str, group: str) -> bool:
    if group and group != (row.unit if by == "unit" else row.seat.sector):
        return False
    parts = (row.name, row.seat.number, row.seat.sector, row.unit)
    return not text or any(text.casefold() in part.casefold() for part in parts)
