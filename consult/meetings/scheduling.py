"""Planning a meeting: making it, editing it, putting it on, off and elsewhere in time."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.core.errors import Invalid, NotNow, Stale
from consult.core.store import Work
from consult.meetings import access, agenda, invited, moves
from consult.meetings.audience import resolve
from consult.meetings.changes import claimed, done, make, not_now, require, why
from consult.meetings.conflicts import require_clear
from consult.meetings.lifecycle import Act, Move, State
from consult.meetings.models import LogHead, Meeting
from consult.meetings.plan import Plan, columns, plan_of
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit
from consult.topics import topics

WHILE_OPEN = ("title", "place", "video_link")
"""What can still be edited while a meeting is open; its end is moved by extending it."""
DECIDE_WHO = ("audience", "day", "attending", "capacity")
"""What of a plan decides who is expected."""
IN_THE_WAY = ("opens_at", "closes_at", "zone", "place", "audience", "attending")
"""What of a plan decides what is in its way."""
WRITTEN_DOWN = tuple(part.name for part in fields(Plan) if part.name not in ("audience", "rule"))


def schedule(
    work: Work,
    actor: Actor,
    host_id: int,
    plan: Plan,
    *,
    draft: bool = False,
    form_key: str | None = None,
    careful: bool = False,
    copy_of: int | None = None,
) -> Meeting:
    """A new meeting of that unit: on the calendar, or a draft that only its office sees. It has the agenda of
    the meeting that it is a copy of.

    The same form sent twice makes one meeting. Refuses: Missing, NotAllowed, Invalid; Stale, when the form
    comes again with something else in it; Conflicting, if one is `careful` and something is in its way.
    """
    host = unit_for(work, actor, host_id, *READING)
    actor.require(host.path, *ORGANIZING)
    work.db.execute(select(Unit.id).where(Unit.id == host.id).with_for_update(key_share=True))
    if form_key is not None:
        earlier = work.db.scalars(select(Meeting).where(Meeting.form_key == form_key)).first()
        if earlier is not None:
            return _again(actor, earlier, plan)
    copied = access.managed_by(work, actor, copy_of) if copy_of is not None else None
    _check_topic(work, actor, plan.topic_id)
    if careful and not draft:
        require_clear(work, actor, host, plan, agenda_of=copy_of)
    meeting = Meeting(
        host_id=host.id, state=State.DRAFT, revision=0, version=1, form_key=form_key,
        created_by=actor.person_id, created_at=work.now, updated_at=work.now, **columns(plan),
    )  # fmt: skip
    work.db.add(meeting)
    work.db.flush()
    work.db.add(LogHead(meeting_id=meeting.id, seq=0))
    _expect(work, actor, meeting, plan)
    if copied is not None:
        agenda.copied(work, copied, meeting)
    if not draft:
        _put_on(work, actor, meeting)
    return done(work, actor, meeting, "meeting.created")


def edit(
    work: Work,
    actor: Actor,
    meeting_id: int,
    version: int,
    plan: Plan,
    *,
    put_on: bool = False,
    reason: str = "",
    careful: bool = False,
) -> Meeting:
    """Changes the plan; other times reschedule a meeting that is on. `put_on` puts a draft, or one that was
    postponed, on the calendar. Whoever is expected is worked out anew where that was changed.

    While the meeting is open only WHILE_OPEN can be changed, after it nothing.
    Refuses: Missing, NotAllowed, Stale, Invalid, NotNow; Conflicting, if one is `careful` and something is in
    the way of other times, another place or other people.
    """
    meeting = claimed(work, actor, meeting_id, version)
    if careful:
        _require_clear_if_changed(work, actor, meeting, plan, put_on=put_on)
    return _edited(work, actor, meeting, plan, put_on=put_on, reason=why(reason, required=False))


def reschedule(
    work: Work,
    actor: Actor,
    meeting_id: int,
    version: int,
    opens_at: datetime,
    closes_at: datetime,
    reason: str = "",
    *,
    careful: bool = False,
) -> Meeting:
    """Puts the meeting on at another time. Refuses: Missing, NotAllowed, Stale, Invalid, NotNow; Conflicting,
    if one is `careful` and something is in the way."""
    meeting = claimed(work, actor, meeting_id, version)
    require(meeting, Move.RESCHEDULE)
    plan = plan_of(meeting).moved(opens_at, closes_at, work.now)
    if careful:
        _require_clear_if_changed(work, actor, meeting, plan, put_on=True)
    return _edited(work, actor, meeting, plan, put_on=True, reason=why(reason, required=False))


def postpone(work: Work, actor: Actor, meeting_id: int, version: int, reason: str) -> Meeting:
    """Takes the meeting off the calendar until it is rescheduled. Refuses: Missing, NotAllowed, Stale,
    Invalid (field `reason`), NotNow."""
    return _off(work, actor, meeting_id, version, Move.POSTPONE, "meeting.postponed", reason)


def cancel(work: Work, actor: Actor, meeting_id: int, version: int, reason: str) -> Meeting:
    """Calls the meeting off for good. Refuses: Missing, NotAllowed, Stale, Invalid (field `reason`),
    NotNow."""
    return _off(work, actor, meeting_id, version, Move.CANCEL, "meeting.cancelled", reason)


def refresh_audience(work: Work, actor: Actor, meeting_id: int, version: int) -> Meeting:
    """Works out anew who is expected, by the roster as it is now. Leave that was given to those who stay
    expected holds. Refuses: Missing, NotAllowed, Stale, NotNow (once the meeting is open)."""
    meeting = claimed(work, actor, meeting_id, version)
    require(meeting, Move.SCHEDULE, Move.RESCHEDULE)
    before, after = _expect(work, actor, meeting, plan_of(meeting))
    return done(work, actor, meeting, "meeting.audience_refreshed", {"expected": (before, after)})


def changes_between(before: Plan, after: Plan) -> dict[str, tuple[object, object]]:
    """The parts of the plan that differ, with old and new; of the audience and the rule only that they do."""
    changed = edits.differences(
        {name: getattr(before, name) for name in WRITTEN_DOWN},
        {name: getattr(after, name) for name in WRITTEN_DOWN},
    )
    for name in ("audience", "rule"):
        if getattr(before, name) != getattr(after, name):
            changed[name] = ("", "")
    return changed


def _edited(work: Work, actor: Actor, meeting: Meeting, plan: Plan, *, put_on: bool, reason: str) -> Meeting:
    before, state = plan_of(meeting), State(meeting.state)
    if not moves.allowed(meeting, work.now, Act.EDIT):
        raise not_now(state)
    if state is State.OPEN and replace(before, **{name: getattr(plan, name) for name in WHILE_OPEN}) != plan:
        raise NotNow(_l("While a meeting is open only its title, place and video link can be changed."))
    if plan.topic_id != before.topic_id:
        _check_topic(work, actor, plan.topic_id)
    for name, value in columns(plan).items():
        setattr(meeting, name, value)
    if any(getattr(plan, part) != getattr(before, part) for part in DECIDE_WHO):
        _expect(work, actor, meeting, plan)
    moved = plan.times() != before.times() and state is not State.DRAFT
    if moved or (put_on and state in (State.DRAFT, State.POSTPONED)):
        _put_on(work, actor, meeting, reason)
    return done(work, actor, meeting, "meeting.edited", changes_between(before, plan), reason)


def _require_clear_if_changed(
    work: Work, actor: Actor, meeting: Meeting, plan: Plan, *, put_on: bool
) -> None:
    """What was decided once about a meeting that is on isn't asked again when its title changes."""
    before, state = plan_of(meeting), State(meeting.state)
    changed = any(getattr(plan, part) != getattr(before, part) for part in IN_THE_WAY)
    on = state in (State.SCHEDULED, State.LOBBY)
    if (on and changed) or (put_on and state in (State.DRAFT, State.POSTPONED)):
        require_clear(work, actor, work.db.get_one(Unit, meeting.host_id), plan, meeting.id)


def _off(
    work: Work, actor: Actor, meeting_id: int, version: int, step: Move, action: str, reason: str
) -> Meeting:
    because = why(reason)
    meeting = claimed(work, actor, meeting_id, version)
    make(work, actor, meeting, step, because)
    return done(work, actor, meeting, action, reason=because)


def _put_on(work: Work, actor: Actor, meeting: Meeting, reason: str = "") -> None:
    """Puts the meeting on the calendar at its times. The lobby that should be open by now opens now."""
    if meeting.opens_at < work.now:
        raise Invalid(_l("This time has passed."), field="opens_at")
    step = Move.SCHEDULE if meeting.state == State.DRAFT else Move.RESCHEDULE
    make(work, actor, meeting, step, reason)
    lobby = timedelta(minutes=meeting.lobby_minutes)
    if lobby and meeting.opens_at - lobby <= work.now < meeting.opens_at:
        moves.move(work, meeting, Move.LOBBY, at=work.now)


def _expect(work: Work, actor: Actor, meeting: Meeting, plan: Plan) -> tuple[int, int]:
    """Invites whom the plan means on its day; says how many were expected before, and how many are invited
    by the office's own rules."""
    host = work.db.get_one(Unit, meeting.host_id)
    found = resolve(work, actor, host, plan.audience, plan.day)
    return invited.invite(work, meeting, plan.audience, found), len(found.seats)


def _check_topic(work: Work, actor: Actor, topic_id: int | None) -> None:
    if topic_id is not None:
        topics.seen_by(work, actor, topic_id)


def _again(actor: Actor, earlier: Meeting, plan: Plan) -> Meeting:
    if earlier.created_by != actor.person_id or plan_of(earlier) != plan:
        raise Stale(_l("This form has been sent before. Please open what it made and change it there."))
    return earlier
