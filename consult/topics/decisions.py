"""What the office decides about a topic: shortlist, reject, merge, take into the annual plan, and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import aliased

from consult.core.errors import Invalid, Missing, NotNow
from consult.core.store import Work
from consult.core.text import line
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import ORGANIZING, Actor
from consult.topics import calls, life, proposals, topics
from consult.topics.life import Move, State
from consult.topics.models import Call, Topic
from consult.topics.proposals import Backing

LONGEST_REASON = 500
MOST_AT_ONCE = 200
MOST_ON_CALL = 3_000  # rows of a call's page
MOST_LEADS = 200  # topics that one is offered to merge into


@dataclass(frozen=True)
class Row:
    """A topic of a call as its office sees it."""

    topic: Topic
    backing: Backing
    into: Topic | None


@dataclass(frozen=True)
class Ticked:
    """A topic of a list, in the version that was shown there."""

    topic_id: int
    version: int


def shortlist(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    """Puts the topic on the shortlist for the plan. Refuses: Missing, NotAllowed, Stale, NotNow."""
    topic = _claimed(work, actor, topic_id, version)
    return _decided(work, actor, topic, Move.SHORTLIST)


def reject(work: Work, actor: Actor, topic_id: int, version: int, reason: str) -> Topic:
    """Does not take the topic up, for a reason that its proposer reads. Refuses: Missing, NotAllowed, Stale,
    NotNow, Invalid (field `reason`)."""
    because = line(reason, "reason", longest=LONGEST_REASON)
    topic = _claimed(work, actor, topic_id, version)
    topic.reason = because
    return _decided(work, actor, topic, Move.REJECT, reason=because)


def merge(work: Work, actor: Actor, topic_id: int, version: int, into_id: int) -> Topic:
    """Merges the topic into another of its unit, which has the seconds of both.

    Refuses: Missing, NotAllowed, Stale; NotNow, when others were merged into it; Invalid (field `into`), when
    the other isn't one of its unit that is in question or planned.
    """
    topic = _claimed(work, actor, topic_id, version)
    if proposals.has_merged(work, topic.id):
        raise NotNow(_l("Other topics were merged into this one. Undo that first."))
    lead = work.db.scalars(
        select(Topic)
        .where(Topic.id == into_id, Topic.unit_id == topic.unit_id, Topic.id != topic.id)
        .with_for_update()  # or it might be merged elsewhere in the meantime
        .execution_options(populate_existing=True)
    ).first()
    if lead is None or lead.state not in life.ALIVE:
        raise Invalid(
            _l("Please choose a topic of the same unit that is in question or planned."), field="into"
        )
    topic.merged_into_id = lead.id
    return _decided(work, actor, topic, Move.MERGE, {"merged_into": ("", lead.title)})


def take_into_plan(
    work: Work, actor: Actor, topic_id: int, version: int, year: int, month: int | None = None
) -> Topic:
    """Takes the topic into the unit's plan of that year, or moves it to another; `month` is by when it is to
    be consulted on. Refuses: Missing, NotAllowed, Stale, NotNow, Invalid (fields `year`, `month`)."""
    if not calls.FIRST_YEAR <= year <= calls.LAST_YEAR:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field="year")
    if month is not None and not 1 <= month <= 12:
        raise Invalid(_l("Please choose one of these."), field="month")
    topic = _claimed(work, actor, topic_id, version)
    changed = edits.differences({"year": topic.year, "month": topic.month}, {"year": year, "month": month})
    topic.year, topic.month = year, month
    return _decided(work, actor, topic, Move.PLAN, changed)


def drop_from_plan(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    """Takes the topic out of the plan, back to the shortlist. Refuses: Missing, NotAllowed, Stale, NotNow."""
    topic = _claimed(work, actor, topic_id, version)
    changed = {"year": (topic.year, None)}
    topic.year = topic.month = None
    return _decided(work, actor, topic, Move.DROP, changed)


def back(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    """Undoes the decision: the topic is as it came. Refuses: Missing, NotAllowed, Stale, NotNow."""
    topic = _claimed(work, actor, topic_id, version)
    topic.reason, topic.merged_into_id = "", None
    _decided(work, actor, topic, Move.BACK)
    topic.decided_at = None
    return topic


def shortlist_all(work: Work, actor: Actor, call_id: int, ticked: Sequence[Ticked]) -> list[Topic]:
    """Shortlists these topics of the call, all or none. Refuses: Missing, NotAllowed, Stale, NotNow, Invalid
    (field `ticked`), when there are none."""
    return [
        shortlist(work, actor, one.topic_id, one.version)
        for one in _of_call(work, actor, call_id, ticked)
    ]  # fmt: skip


def plan_all(work: Work, actor: Actor, call_id: int, ticked: Sequence[Ticked]) -> list[Topic]:
    """Takes these topics of the call into the plan of its year, all or none. Refuses as `shortlist_all`."""
    call, _unit = calls.managed_by(work, actor, call_id)
    return [
        take_into_plan(work, actor, one.topic_id, one.version, call.year)
        for one in _of_call(work, actor, call_id, ticked)
    ]


def leads(work: Work, actor: Actor, topic_id: int) -> list[Topic]:
    """The topics that this one may be merged into, those of the same call first. Refuses: Missing."""
    topic, unit = topics.seen_by(work, actor, topic_id)
    found = work.db.scalars(
        select(Topic)
        .where(Topic.unit_id == unit.id, Topic.id != topic.id, Topic.state.in_(life.ALIVE))
        .order_by(Topic.updated_at.desc(), Topic.id.desc())
        .limit(MOST_LEADS)
    )
    return sorted(found, key=lambda one: topic.call_id is None or one.call_id != topic.call_id)


def on_call(work: Work, call: Call) -> list[Row]:
    """What was proposed on the call and not withdrawn, the most seconded first. The caller may read it."""
    into = aliased(Topic)
    rows = work.db.execute(
        select(Topic, into)
        .outerjoin(into, into.id == Topic.merged_into_id)
        .where(Topic.call_id == call.id, Topic.state != State.WITHDRAWN)
        .order_by(Topic.id)
        .limit(MOST_ON_CALL)
    ).all()
    backing = proposals.backing(work, [topic.id for topic, _ in rows])
    found = [Row(topic, backing[topic.id], lead) for topic, lead in rows]
    return sorted(found, key=lambda one: -one.backing.seconds)


def not_now(topic: Topic) -> NotNow:
    """The refusal that says in which state the topic is."""
    state = State(topic.state)
    return NotNow(_l("The topic is now “%(state)s”; this can't be done.", state=state.label))


def _of_call(work: Work, actor: Actor, call_id: int, ticked: Sequence[Ticked]) -> list[Ticked]:
    """The ticked topics, in one order for all, so that two who decide don't wait for each other for ever."""
    calls.managed_by(work, actor, call_id)
    if not ticked:
        raise Invalid(_l("Please tick at least one topic first."), field="ticked")
    ids = {one.topic_id for one in ticked}
    known = work.db.scalars(select(Topic.id).where(Topic.id.in_(ids), Topic.call_id == call_id))
    if len(ticked) > MOST_AT_ONCE or set(known) != ids:
        raise Missing
    return sorted(ticked, key=lambda one: one.topic_id)


def _claimed(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    topic, unit = topics.seen_by(work, actor, topic_id)
    actor.require(unit.path, *ORGANIZING)
    claim(work, topic, version)
    return topic


def _decided(
    work: Work,
    actor: Actor,
    topic: Topic,
    move: Move,
    changed: Mapping[str, tuple[object, object]] | None = None,
    reason: str = "",
) -> Topic:
    before = State(topic.state)
    if not life.allows(before, move):
        raise not_now(topic)
    topic.state = life.after(before, move, proposed=topic.call_id is not None)
    topic.decided_at = work.now
    action = f"topic.{move}"
    edits.note(
        work, actor, action, f"topic:{topic.id}", topic.unit_id, topic.version,
        {"state": (before, topic.state), **(changed or {})}, reason,
    )  # fmt: skip
    work.db.flush()
    return topic
