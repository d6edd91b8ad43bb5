"""Keeping topics: looking them up, and the verbs that make and edit them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, or_, select

from consult.core.errors import Invalid, Missing, NotAllowed, Stale
from consult.core.store import Work
from consult.core.text import line, paragraphs
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, unit_for
from consult.members.models import Unit
from consult.topics.forms_of_consultation import Form
from consult.topics.life import State
from consult.topics.models import Topic

LONGEST_TITLE = 120
LONGEST_BACKGROUND = 20_000
LONGEST_DEPARTMENT = 60
MOST_DEPARTMENTS = 30
MOST_FOUND = 200  # rows of a list; who has more topics searches


@dataclass(frozen=True)
class Matter:
    """What a topic says. Make it of what was typed with `matter`."""

    title: str
    background: str
    form: Form
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """A topic in a list, with its unit's name."""

    topic: Topic
    unit: str


def matter(title: str, background: str, form: str, departments: Iterable[str]) -> Matter:
    """What was typed, cleaned. Refuses: Invalid (fields `title`, `background`, `form`, `departments`)."""
    if form not in list(Form):
        raise Invalid(_l("Please choose one of these."), field="form")
    named = (
        line(name, "departments", longest=LONGEST_DEPARTMENT, required=False)
        for name in departments
    )  # fmt: skip
    unique = tuple(dict.fromkeys(name for name in named if name))
    if len(unique) > MOST_DEPARTMENTS:
        raise Invalid(_l("At most %(most)s departments.", most=MOST_DEPARTMENTS), field="departments")
    return Matter(
        line(title, "title", longest=LONGEST_TITLE),
        paragraphs(background, "background", longest=LONGEST_BACKGROUND, required=False),
        Form(form),
        unique,
    )


def matter_of(topic: Topic) -> Matter:
    """What the topic says now."""
    return Matter(topic.title, topic.background, Form(topic.form), tuple(topic.departments))


def listed(
    work: Work, actor: Actor, text: str = "", states: Collection[State] = tuple(State)
) -> list[Listed]:
    """The topics of the actor's units in these states whose title or background has the text; the last
    changed first."""
    query = (
        select(Topic, Unit.name)
        .join(Unit, Unit.id == Topic.unit_id)
        .where(_readable(actor), Topic.state.in_(states))
        .order_by(Topic.updated_at.desc(), Topic.id.desc())
        .limit(MOST_FOUND)
    )
    if text:
        has = [
            func.lower(column).contains(text.lower(), autoescape=True)
            for column in (Topic.title, Topic.background)
        ]
        query = query.where(or_(*has))
    return [Listed(topic, unit) for topic, unit in work.db.execute(query)]


def seen_by(work: Work, actor: Actor, topic_id: int) -> tuple[Topic, Unit]:
    """The topic and its unit, if the actor reads there. Refuses: Missing."""
    row = work.db.execute(
        select(Topic, Unit).join(Unit, Unit.id == Topic.unit_id).where(Topic.id == topic_id, _readable(actor))
    ).first()
    if row is None:
        raise Missing
    topic, unit = row
    return topic, unit


def merged_into(work: Work, topic_id: int) -> list[Topic]:
    """The topics that were merged into this one. The caller may read it."""
    merged = select(Topic).where(Topic.merged_into_id == topic_id).order_by(Topic.id)
    return list(work.db.scalars(merged))


def create(work: Work, actor: Actor, unit_id: int, said: Matter, form_key: str | None = None) -> Topic:
    """A new topic of the unit; the same form sent twice makes one. Refuses: Missing, NotAllowed, Stale."""
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    work.db.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    if form_key is not None:
        earlier = work.db.scalars(select(Topic).where(Topic.form_key == form_key)).first()
        if earlier is not None:
            return same_again(actor, earlier, said)
    topic = Topic(
        unit_id=unit.id, form_key=form_key, created_by=actor.person_id, created_at=work.now,
        updated_at=work.now, **columns(said),
    )  # fmt: skip
    work.db.add(topic)
    work.db.flush()
    edits.note(work, actor, "topic.created", f"topic:{topic.id}", unit.id, 1, {})
    return topic


def edit(work: Work, actor: Actor, topic_id: int, version: int, said: Matter) -> Topic:
    """Changes what the topic says. Refuses: Missing, NotAllowed, Stale."""
    topic, unit = seen_by(work, actor, topic_id)
    if not actor.holds(unit.path, *ORGANIZING):
        raise NotAllowed
    claim(work, topic, version)
    return rewrite(work, actor, topic, said)


def rewrite(work: Work, actor: Actor, topic: Topic, said: Matter) -> Topic:
    """Has a topic that is claimed say this, and writes down what changed."""
    changed = edits.differences(asdict(matter_of(topic)), asdict(said))
    for name, value in columns(said).items():
        setattr(topic, name, value)
    edits.note(work, actor, "topic.edited", f"topic:{topic.id}", topic.unit_id, topic.version, changed)
    return topic


def same_again(actor: Actor, earlier: Topic, said: Matter) -> Topic:
    """What the same form made earlier. Refuses: Stale, when it is another's, or says something else now."""
    if earlier.created_by != actor.person_id or matter_of(earlier) != said:
        raise Stale(_l("This form has been sent before. Please open what it made and change it there."))
    return earlier


def columns(said: Matter) -> dict[str, object]:
    """The matter as the topic's columns hold it."""
    return {**asdict(said), "departments": list(said.departments)}


def _readable(actor: Actor) -> ColumnElement[bool]:
    """The condition on Unit that the actor may read its topics."""
    return or_(False, *(Unit.path.startswith(path, autoescape=True) for path in actor.paths(*READING)))
