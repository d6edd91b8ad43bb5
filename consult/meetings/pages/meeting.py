"""One meeting: what it is, who is expected, how it went so far, and what its office can do about it."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template
from sqlalchemy import func, select

from consult.core.store import Work
from consult.core.web import store
from consult.meetings import access, agenda, listing, moves, rule_words, series
from consult.meetings.audience import picked, seats_on
from consult.meetings.invited import venues
from consult.meetings.lifecycle import MOVES, Act, Move, State
from consult.meetings.models import Expected, Invitation, Meeting, Mode
from consult.meetings.pages.acts import ACTS, OF_A_SERIES
from consult.meetings.pages.blueprint import pages
from consult.meetings.plan import Plan, plan_of
from consult.meetings.words import MADE, MODES, TO_COME
from consult.members.access import READING, Actor
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
        expected, observers = _called(work, found)
        own, invited = _own(work, found, actor)
        venue = venues(work, actor.person_id, [meeting_id]).get(meeting_id)
        topic = work.db.get(Topic, found.topic_id) if found.topic_id else None
        topic_readable = topic and actor.holds(work.db.get_one(Unit, topic.unit_id).path, *READING)
        steps = listing.history(work, found) if reads else []
        outdated = manages and state in BEFORE and _outdated(work, found, host, plan)
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
        rule=rule_words.in_short(plan.rule),
        lobby_at=found.opens_at - timedelta(minutes=found.lobby_minutes),
        settles_at=found.due_at if found.due_move == Move.SETTLE else None,
        now=now,
        slots=slots,
        over=agenda.over_by(found, slots),
        expected=expected,
        observers=observers,
        own=own,
        invited=invited,
        venue=venue,
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


def _called(work: Work, meeting: Meeting) -> tuple[int, int]:
    """How many are expected, and how many are invited to observe."""
    expected = select(func.count()).where(Expected.meeting_id == meeting.id)
    observers = select(func.count()).where(Invitation.meeting_id == meeting.id, Invitation.observer)
    return work.db.scalar(expected) or 0, work.db.scalar(observers) or 0


def _own(work: Work, meeting: Meeting, actor: Actor) -> tuple[Expected | None, str | None]:
    """The reader's own row if he is expected, and what he has answered if he is invited."""
    expected = select(Expected).where(
        Expected.meeting_id == meeting.id, Expected.person_id == actor.person_id
    )
    answer = select(Invitation.answer).where(
        Invitation.meeting_id == meeting.id, Invitation.person_id == actor.person_id
    )
    return work.db.scalars(expected).first(), work.db.scalar(answer)


def _outdated(work: Work, meeting: Meeting, host: Unit, plan: Plan) -> int | None:
    """How many the office's rules would invite by the roster as it is now, if that are others than were."""
    rows = work.db.execute(
        select(Invitation.membership_id, Invitation.person_id, Invitation.named_by_unit).where(
            Invitation.meeting_id == meeting.id
        )
    ).all()
    named = {person_id for _, person_id, named_by in rows if named_by is not None}
    found = picked(seats_on(work, host, plan.day), plan.audience)
    called = (*found.seats, *found.observers)
    wanted = {seat.membership_id for seat in called if seat.person_id not in named}
    if wanted == {membership_id for membership_id, _, named_by in rows if named_by is None}:
        return None
    return len(found.seats)
