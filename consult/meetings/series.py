"""Meetings that repeat: planned all at once, and called off from one on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from consult.core import clock, workdays
from consult.core.errors import Invalid, Message, Stale
from consult.core.store import Work
from consult.meetings import access, conflicts, scheduling
from consult.meetings.conflicts import Conflicts
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Meeting
from consult.meetings.plan import Plan, plan_of
from consult.meetings.repeat import MOST
from consult.members.access import Actor
from consult.members.models import Unit


@dataclass(frozen=True)
class Foreseen:
    """A day on which a meeting would be held again: what is in its way, or why it can't be at all."""

    day: date
    conflicts: Conflicts
    impossible: Message | None = None

    @property
    def clear(self) -> bool:
        return not (self.conflicts.open or self.conflicts.free_days or self.impossible)


def foresee(work: Work, actor: Actor, meeting_id: int, days: Sequence[date]) -> list[Foreseen]:
    """What the meeting would meet on each of these days. Refuses: Missing, NotAllowed."""
    meeting = access.managed_by(work, actor, meeting_id)
    host = work.db.get_one(Unit, meeting.host_id)
    found = []
    for day in days[:MOST]:
        try:
            plan = on_day(plan_of(meeting), day)
        except Invalid as refusal:
            found.append(Foreseen(day, Conflicts(), refusal.message))
            continue
        passed = _l("This time has passed.") if plan.opens_at < work.now else None
        in_the_way = conflicts.of_plan(work, actor, host, plan, agenda_of=meeting.id)
        found.append(Foreseen(day, in_the_way, passed))
    return found


def next_working(day: date) -> date:
    """The next day on which offices work."""
    return workdays.forward(day, 1)


def on_day(plan: Plan, day: date) -> Plan:
    """The same plan on another day, by the same clocks. Refuses: Invalid (field `day`), for an hour that the
    day does not have."""
    where = ZoneInfo(plan.zone)
    shift = day - plan.day

    def moved(instant: datetime) -> datetime:
        return clock.from_local(instant.astimezone(where).replace(tzinfo=None) + shift, where, "day")

    answer_by = moved(plan.answer_by) if plan.answer_by else None
    return replace(
        plan, opens_at=moved(plan.opens_at), closes_at=moved(plan.closes_at), answer_by=answer_by
    )  # fmt: skip


def repeat(
    work: Work,
    actor: Actor,
    meeting_id: int,
    days: Sequence[date],
    *,
    draft: bool,
    form_key: str,
    careful: bool = False,
) -> list[Meeting]:
    """The meeting once more on each of these days, with its agenda: all or none. The same form sent twice
    makes them once.

    Refuses: Missing, NotAllowed, Invalid (fields `days`, `day`, `opens_at`); Stale, when the form comes again
    from somebody else or for another meeting; Conflicting, if one is `careful`, these are no drafts and
    something is in the way of one of them.
    """
    meeting = access.managed_by(work, actor, meeting_id)
    wanted = sorted(set(days) - {plan_of(meeting).day})
    if not 0 < len(wanted) <= MOST:
        raise Invalid(_l("Please choose from 1 to %(most)s days.", most=MOST), field="days")
    series_id = meeting.series_id or meeting.id
    earlier = work.db.scalars(select(Meeting).where(Meeting.form_key == form_key)).first()
    if earlier is not None:
        if (earlier.created_by, earlier.series_id) != (actor.person_id, series_id):
            raise Stale
        return [earlier]
    meeting.series_id = series_id
    made = []
    for number, day in enumerate(wanted):
        key = None if number else form_key
        plan = on_day(plan_of(meeting), day)
        one = scheduling.schedule(
            work, actor, meeting.host_id, plan, draft=draft, form_key=key, careful=careful, copy_of=meeting.id
        )  # fmt: skip
        one.series_id = series_id
        made.append(one)
    return made


def of_meeting(work: Work, actor: Actor, meeting: Meeting) -> list[Meeting]:
    """The meetings of its series that the actor may see, itself among them; none when it stands alone."""
    if meeting.series_id is None:
        return []
    return list(
        work.db.scalars(
            select(Meeting)
            .join(Unit, Unit.id == Meeting.host_id)
            .where(or_(Meeting.series_id == meeting.series_id, Meeting.id == meeting.series_id))
            .where(access.visible_to(actor))
            .order_by(Meeting.opens_at, Meeting.id)
        )
    )


def cancel_later(work: Work, actor: Actor, meeting_id: int, version: int, reason: str) -> list[Meeting]:
    """Calls off this meeting and all later ones of its series that can still be called off: all or none.

    Refuses: Missing, NotAllowed, Stale, Invalid (field `reason`), NotNow.
    """
    meeting = access.managed_by(work, actor, meeting_id)
    later = [one for one in of_meeting(work, actor, meeting) if one.opens_at > meeting.opens_at]
    gone = [scheduling.cancel(work, actor, meeting_id, version, reason)]
    for one in later:
        if (State(one.state), Move.CANCEL) in MOVES:
            gone.append(scheduling.cancel(work, actor, one.id, one.version, reason))
    return gone
