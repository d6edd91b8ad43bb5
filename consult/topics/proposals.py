"""What members propose and second (附议) on a call, and who may read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from consult.core.errors import Missing, NotAllowed, NotNow
from consult.core.store import Work
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import Actor
from consult.members.models import Person, Unit
from consult.topics import calls, life, topics
from consult.topics.calls import Phase
from consult.topics.life import Move, State
from consult.topics.models import Call, Second, Topic
from consult.topics.topics import Matter

MOST_PROPOSALS = 5  # of one member on one call; what he withdrew doesn't count
MOST_FOUND = 500  # topics of a call's page


@dataclass(frozen=True)
class Backing:
    """Who stands behind a topic and those merged into it: its proposers, and how many others second it."""

    proposers: tuple[str, ...] = ()
    seconds: int = 0


@dataclass(frozen=True)
class Proposal:
    """A topic as a member reads it. `into` is what it was merged into, if it was."""

    topic: Topic
    unit: str
    backing: Backing
    mine: bool
    seconded: bool
    joins: bool  # whether its call concerns the reader
    may_second: bool
    may_revise: bool
    may_withdraw: bool
    into: Topic | None


def propose(work: Work, actor: Actor, call_id: int, said: Matter, form_key: str | None = None) -> Topic:
    """A topic that a member proposes; the same form sent twice makes one.

    Refuses: Missing; NotAllowed, for who is no member there; NotNow, when the call isn't open, or he has
    proposed as many as he may; Stale, when the form comes again with something else in it.
    """
    call, unit = calls.joined_by(work, actor, call_id)
    work.db.refresh(call, with_for_update=True)  # or two processes would let in one proposal too many
    if form_key is not None:
        earlier = work.db.scalars(select(Topic).where(Topic.form_key == form_key)).first()
        if earlier is not None:
            return topics.same_again(actor, earlier, said)
    _require_open(work, call)
    if own_count(work, actor, call_id) >= MOST_PROPOSALS:
        raise NotNow(
            _l("You have proposed %(most)s topics, which is as many as one may here.", most=MOST_PROPOSALS)
        )
    topic = Topic(
        unit_id=unit.id, call_id=call.id, state=State.PROPOSED, proposed_by=actor.person_id,
        form_key=form_key, created_by=actor.person_id, created_at=work.now, updated_at=work.now,
        **topics.columns(said),
    )  # fmt: skip
    work.db.add(topic)
    work.db.flush()
    edits.note(work, actor, "topic.proposed", f"topic:{topic.id}", unit.id, 1, {})
    return topic


def revise(work: Work, actor: Actor, topic_id: int, version: int, said: Matter) -> Topic:
    """Changes what one's own proposal says. Refuses: Missing, NotAllowed, Stale; NotNow, once the call is
    closed or the topic was taken up."""
    topic = _own(work, actor, topic_id)
    claim(work, topic, version)
    call = work.db.get_one(Call, topic.call_id)
    _require_open(work, call)
    if topic.state != State.PROPOSED:
        raise _taken_up(topic)
    return topics.rewrite(work, actor, topic, said)


def withdraw(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    """Takes one's own proposal back; sent twice it is once. Refuses: Missing, NotAllowed, Stale; NotNow, once
    the topic was taken up, or others were merged into it."""
    topic = _own(work, actor, topic_id)
    if topic.state == State.WITHDRAWN:
        return topic
    claim(work, topic, version)
    if not life.allows(State(topic.state), Move.WITHDRAW) or has_merged(work, topic.id):
        raise _taken_up(topic)
    topic.state = State.WITHDRAWN
    edits.note(work, actor, "topic.withdrawn", f"topic:{topic.id}", topic.unit_id, topic.version, {})
    work.db.flush()
    return topic


def second(work: Work, actor: Actor, topic_id: int) -> Topic:
    """The actor seconds another's topic; sent twice it is once. Refuses: Missing; NotAllowed, for one's own;
    NotNow, when the call isn't open or the topic is no longer in question."""
    topic = _secondable(work, actor, topic_id)
    if topic.proposed_by == actor.person_id or _merged_by(work, actor, topic.id):
        raise NotAllowed(_l("You have proposed this topic yourself; others can second it."))
    if work.db.get(Second, (topic.id, actor.person_id)) is None:
        work.db.add(Second(topic_id=topic.id, person_id=actor.person_id, at=work.now))
        work.db.flush()
    return topic


def unsecond(work: Work, actor: Actor, topic_id: int) -> Topic:
    """The actor no longer seconds the topic. Refuses: Missing; NotNow, when the call isn't open or the topic
    is no longer in question."""
    topic = _secondable(work, actor, topic_id)
    row = work.db.get(Second, (topic.id, actor.person_id))
    if row is not None:
        work.db.delete(row)
        work.db.flush()
    return topic


def open_to(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The condition on Topic (joined with its Unit) that the actor may read it as a member: his own, what he
    seconds, what either was merged into, what is in question on a call that concerns him, and what stands in
    a plan that he may read."""
    mine = Topic.proposed_by == actor.person_id
    seconded = select(Second.topic_id).where(Second.person_id == actor.person_id)
    other = aliased(Topic)
    led_to = select(other.merged_into_id).where(
        or_(other.proposed_by == actor.person_id, other.id.in_(seconded)), other.merged_into_id.is_not(None)
    )
    concerning = (
        select(Call.id)
        .join(Unit, Unit.id == Call.unit_id)
        .where(calls.concerns(actor, work.now))
        .correlate(None)
    )
    return or_(
        mine,
        Topic.id.in_(led_to),
        Topic.id.in_(seconded) & (Topic.state != State.WITHDRAWN),
        and_(Topic.state.in_(life.PUBLIC), Topic.call_id.in_(concerning)),
        calls.plan_open_to(actor, work.now),
    )


def seen_by(work: Work, actor: Actor, topic_id: int) -> tuple[Topic, Unit]:
    """The topic and its unit, if the actor may read it as a member. Refuses: Missing."""
    row = work.db.execute(
        select(Topic, Unit)
        .join(Unit, Unit.id == Topic.unit_id)
        .where(Topic.id == topic_id, open_to(work, actor))
    ).first()
    if row is None:
        raise Missing
    topic, unit = row
    return topic, unit


def read_by(work: Work, actor: Actor, topic_id: int) -> tuple[Topic, Unit]:
    """The topic and its unit, if the actor may read it, as staff or as a member. Refuses: Missing."""
    try:
        return topics.seen_by(work, actor, topic_id)
    except Missing:
        return seen_by(work, actor, topic_id)


def of_call(work: Work, actor: Actor, call: Call) -> list[Proposal]:
    """The proposals of a call that the actor may read as a member, his own first, then the most seconded."""
    found = _proposals(work, actor, Topic.call_id == call.id)
    return sorted(found, key=lambda one: (not one.mine, -one.backing.seconds, one.topic.id))


def own(work: Work, actor: Actor) -> list[Proposal]:
    """What the actor has proposed, the last first."""
    found = _proposals(work, actor, Topic.proposed_by == actor.person_id)
    return sorted(found, key=lambda one: one.topic.id, reverse=True)


def one(work: Work, actor: Actor, topic_id: int) -> Proposal:
    """The topic as the actor reads it as a member. Refuses: Missing."""
    found = _proposals(work, actor, Topic.id == topic_id)
    if not found:
        raise Missing
    return found[0]


def own_count(work: Work, actor: Actor, call_id: int) -> int:
    """How many topics the actor has proposed on the call and not withdrawn."""
    return (
        work.db.scalar(
            select(func.count())
            .select_from(Topic)
            .where(
                Topic.call_id == call_id,
                Topic.proposed_by == actor.person_id,
                Topic.state != State.WITHDRAWN,
            )
        )
        or 0
    )


def backing(work: Work, topic_ids: Collection[int]) -> dict[int, Backing]:
    """Who stands behind each of these topics. One person counts once, however many of the merged topics he
    seconds; who proposed one of them is named, not counted. What was merged keeps its own proposer."""
    lead = func.coalesce(Topic.merged_into_id, Topic.id)
    of_these = or_(Topic.id.in_(topic_ids), Topic.merged_into_id.in_(topic_ids))
    names: dict[int, list[str]] = {}
    proposers = (
        select(Topic.id, lead, Person.name)
        .join(Person, Person.id == Topic.proposed_by)
        .where(of_these)
        .order_by(Topic.merged_into_id.is_not(None), Topic.id)
    )
    for topic_id, lead_id, name in work.db.execute(proposers):
        for one_id in {topic_id, lead_id}:
            names.setdefault(one_id, []).append(name)
    proposed = aliased(Topic)
    himself = (
        select(proposed.id)
        .where(
            proposed.proposed_by == Second.person_id,
            func.coalesce(proposed.merged_into_id, proposed.id) == lead,
        )
        .correlate(Topic, Second)
        .exists()
    )
    seconds = (
        select(lead, func.count(Second.person_id.distinct()))
        .join(Second, Second.topic_id == Topic.id)
        .where(of_these, ~himself)
        .group_by(lead)
    )
    counts = dict(work.db.execute(seconds).all())
    return {
        topic_id: Backing(tuple(dict.fromkeys(names.get(topic_id, ()))), counts.get(topic_id, 0))
        for topic_id in topic_ids
    }


def has_merged(work: Work, topic_id: int) -> bool:
    """Whether other topics were merged into this one."""
    return work.db.scalar(select(Topic.id).where(Topic.merged_into_id == topic_id).limit(1)) is not None


def _proposals(work: Work, actor: Actor, where: ColumnElement[bool]) -> list[Proposal]:
    into, call = aliased(Topic), aliased(Call)
    seconded = (
        select(Second.topic_id)
        .where(Second.topic_id == Topic.id, Second.person_id == actor.person_id)
        .correlate(Topic)
        .exists()
    )
    rows = work.db.execute(
        select(Topic, Unit, call, into, seconded)
        .join(Unit, Unit.id == Topic.unit_id)
        .outerjoin(call, call.id == Topic.call_id)
        .outerjoin(into, into.id == Topic.merged_into_id)
        .where(where, open_to(work, actor))
        .order_by(Topic.id)
        .limit(MOST_FOUND)
    ).all()
    behind = backing(work, [topic.id for topic, *_ in rows])
    led = set(
        work.db.scalars(select(Topic.merged_into_id).where(Topic.merged_into_id.in_(behind)).distinct())
    )
    found = []
    for topic, unit, of_call_, merged, has_seconded in rows:
        mine, state = topic.proposed_by == actor.person_id, State(topic.state)
        open_now = of_call_ is not None and calls.phase(of_call_, work.now) is Phase.OPEN
        joins = of_call_ is not None and calls.takes_part(actor, of_call_, unit, work.now)
        found.append(
            Proposal(
                topic, unit.name, behind[topic.id], mine, bool(has_seconded), joins,
                may_second=open_now and joins and not mine and state in life.SECONDED,
                may_revise=mine and open_now and state is State.PROPOSED,
                may_withdraw=mine and life.allows(state, Move.WITHDRAW) and topic.id not in led,
                into=merged,
            )
        )  # fmt: skip
    return found


def _own(work: Work, actor: Actor, topic_id: int) -> Topic:
    topic, _unit = read_by(work, actor, topic_id)
    if topic.proposed_by != actor.person_id or topic.call_id is None:
        raise NotAllowed(_l("This topic was proposed by another member."))
    return topic


def _secondable(work: Work, actor: Actor, topic_id: int) -> Topic:
    topic, _unit = read_by(work, actor, topic_id)
    if topic.call_id is None:
        raise NotNow(_l("This topic did not come from a call, so it can't be seconded."))
    call, _unit = calls.joined_by(work, actor, topic.call_id)
    work.db.refresh(topic, with_for_update=True)  # or two presses in two processes would both add a row
    _require_open(work, call)
    if topic.state not in life.SECONDED:
        raise _taken_up(topic)
    return topic


def _merged_by(work: Work, actor: Actor, topic_id: int) -> bool:
    own_merged = select(Topic.id).where(
        Topic.merged_into_id == topic_id, Topic.proposed_by == actor.person_id
    )
    return work.db.scalar(own_merged.limit(1)) is not None


def _require_open(work: Work, call: Call) -> None:
    where = calls.phase(call, work.now)
    if where is Phase.CLOSED:
        raise NotNow(_l("The call for topics has closed. What was proposed stays as it is."))
    if where is Phase.COMING:
        raise NotNow(_l("The call for topics is not open yet."))


def _taken_up(topic: Topic) -> NotNow:
    state = State(topic.state)
    if state is State.PROPOSED:
        return NotNow(_l("Other topics were merged into this one, so it can't be withdrawn."))
    return NotNow(_l("The topic is now “%(state)s”; this can't be done.", state=state.label))
