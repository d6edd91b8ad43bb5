"""What is attached to a topic: whoever sees the topic sees it, its office manages it."""

from __future__ import annotations

from consult.core.errors import Missing, NotAllowed
from consult.core.store import Work
from consult.files import owners
from consult.files.models import Purpose
from consult.files.owners import Owner, Rule
from consult.members.access import ORGANIZING, Actor
from consult.topics import proposals, topics
from consult.topics.models import Topic

KIND = "topic"


def seen_by(work: Work, actor: Actor, topic_id: int, _purpose: Purpose) -> Owner:
    """The topic as an owner of files, if the actor may see it. Refuses: Missing."""
    topic, unit = proposals.read_by(work, actor, topic_id)
    return Owner(KIND, topic.id, topic.title, unit.id)


def managed_by(work: Work, actor: Actor, topic_id: int, _purpose: Purpose) -> Owner:
    """The topic as an owner of files, if the actor may change it. Refuses: Missing, NotAllowed."""
    topic, unit = topics.seen_by(work, actor, topic_id)
    if not actor.holds(unit.path, *ORGANIZING):
        raise NotAllowed
    return Owner(KIND, topic.id, topic.title, unit.id)


def owner_of(work: Work, topic_id: int) -> Owner:
    """The topic as an owner of files, for whoever may see it for another reason. Refuses: Missing."""
    topic = work.db.get(Topic, topic_id)
    if topic is None:
        raise Missing
    return Owner(KIND, topic.id, topic.title, topic.unit_id)


owners.register(KIND, Rule(seen_by, managed_by, (Purpose.ATTACHMENT,), "topics.topic", "topic_id"))
