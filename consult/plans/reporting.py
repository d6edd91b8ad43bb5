"""Marking that the result of a consultation was reported (成果报送)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from consult.core.errors import NotNow
from consult.core.store import Work
from consult.core.text import line
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import ORGANIZING, Actor
from consult.plans import plan
from consult.topics import topics
from consult.topics.models import Topic

LONGEST_NOTE = 500


def report(work: Work, actor: Actor, topic_id: int, version: int, note: str) -> Topic:
    """The result of consulting on the topic has been reported; `note` says to whom, under what number.

    Refuses: Missing, NotAllowed, Stale, Invalid (field `note`); NotNow, before a meeting was held on it.
    """
    said = line(note, "note", longest=LONGEST_NOTE, required=False)
    topic = _claimed(work, actor, topic_id, version)
    if not plan.was_held(work, topic.id):
        raise NotNow(_l("No meeting on this topic has been held yet, so there is nothing to report."))
    topic.reported_at, topic.reported_note = work.now, said
    return _noted(work, actor, topic, "topic.reported")


def unreport(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    """The mark was a mistake. Refuses: Missing, NotAllowed, Stale."""
    topic = _claimed(work, actor, topic_id, version)
    topic.reported_at, topic.reported_note = None, ""
    return _noted(work, actor, topic, "topic.unreported")


def _claimed(work: Work, actor: Actor, topic_id: int, version: int) -> Topic:
    topic, unit = topics.seen_by(work, actor, topic_id)
    actor.require(unit.path, *ORGANIZING)
    claim(work, topic, version)
    return topic


def _noted(work: Work, actor: Actor, topic: Topic, action: str) -> Topic:
    edits.note(work, actor, action, f"topic:{topic.id}", topic.unit_id, topic.version, {})
    work.db.flush()
    return topic
