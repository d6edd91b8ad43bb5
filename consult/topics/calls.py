"""Calls for topics (议题征集): whom they concern, and the verbs by which an office keeps them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, case, func, or_, select

from consult.core.errors import Invalid, Message, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line, paragraphs
from consult.core.versions import claim
from consult.members import edits
from consult.members.access import ORGANIZING, READING, Actor, paths_above, unit_for
from consult.members.models import Unit
from consult.topics.life import State
from consult.topics.models import Call, Topic

LONGEST_TITLE = 120
LONGEST_TEXT = 5_000
FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST_FOUND = 200  # calls of a list


class Within(enum.StrEnum):
    """Whom a call concerns: the unit's own members, or those of the units below it, too."""

    UNIT = "unit"
    TREE = "tree"

    @property
    def label(self) -> Message:
        return _WITHIN[self]


_WITHIN: dict[Within, Message] = {
    Within.UNIT: _l("Members of this unit"),
    Within.TREE: _l("Members of this unit and of all units below it"),
}


class Phase(enum.StrEnum):
    """Where a call is in its time."""

    COMING = "coming"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Terms:
    """What a call says. Make it of what was typed with `terms`."""

    title: str
    text: str
    year: int
    within: Within
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Listed:
    """A call in an office's list: how many proposals came, and how many of them wait to be decided on."""

    call: Call
    unit: str
    phase: Phase
    proposals: int
    undecided: int


@dataclass(frozen=True)
class ForMember:
    """A call that concerns a member: how many proposals he made himself, and how many there are."""

    call: Call
    unit: str
    phase: Phase
    own: int
    proposals: int


def terms(
    title: str, text: str, year: int, within: str, opens_at: datetime, closes_at: datetime
) -> Terms:  # fmt: skip
    """What was typed, cleaned. Refuses: Invalid (fields `title`, `text`, `year`, `within`, `closes_at`)."""
    if within not in list(Within):
        raise Invalid(_l("Please choose one of these."), field="within")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field="year")
    if closes_at <= opens_at:
        raise Invalid(_l("The end must be after the start."), field="closes_at")
    return Terms(
        line(title, "title", longest=LONGEST_TITLE),
        paragraphs(text, "text", longest=LONGEST_TEXT, required=False),
        year,
        Within(within),
        opens_at,
        closes_at,
    )


def terms_of(call: Call) -> Terms:
    """What the call says now."""
    within = Within(call.within)
    return Terms(call.title, call.text, call.year, within, call.opens_at, call.closes_at)


def phase(call: Call, now: datetime) -> Phase:
    """Where the call is in its time: open from its opening instant on, until just before its closing one."""
    if now < call.opens_at:
        return Phase.COMING
    return Phase.OPEN if now < call.closes_at else Phase.CLOSED


def concerns(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The condition on Call (joined with its Unit) that it has been opened and the actor, as a member, may
    take part."""
    own = Call.unit_id.in_([seat.unit_id for seat in actor.seats])
    below = (Call.within == Within.TREE) & Unit.path.in_(paths_above(actor))
    return (Call.opens_at <= now) & or_(own, below)


def plan_open_to(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The condition on Topic (joined with its Unit) that it stands in an annual plan which the actor may read
    as a member: his own unit's, or one above whose call for that year he was asked by."""
    own = Topic.unit_id.in_([seat.unit_id for seat in actor.seats])
    asked = (
        select(Call.id)
        .where(
            Call.unit_id == Topic.unit_id,
            Call.year == Topic.year,
            Call.within == Within.TREE,
            Call.opens_at <= now,
        )
        .correlate(Topic)
        .exists()
    )
    return (Topic.state == State.PLANNED) & or_(own, Unit.path.in_(paths_above(actor)) & asked)


def seen_by(work: Work, actor: Actor, call_id: int) -> tuple[Call, Unit]:
    """The call and its unit, for staff who read there and members whom it concerns. Refuses: Missing."""
    staff = _over(actor.paths(*READING))
    return _found(work, call_id, or_(staff, concerns(actor, work.now)))


def joined_by(work: Work, actor: Actor, call_id: int) -> tuple[Call, Unit]:
    """The call and its unit, if the actor takes part in it as a member. Refuses: Missing; NotAllowed, for
    staff who only read it."""
    call, unit = seen_by(work, actor, call_id)
    if not takes_part(actor, call, unit, work.now):
        raise NotAllowed(_l("Topics are proposed and seconded by members; the office decides on them."))
    return call, unit


def takes_part(actor: Actor, call: Call, unit: Unit, now: datetime) -> bool:
    """Whether the call has been opened to the actor as a member."""
    own = unit.id in [seat.unit_id for seat in actor.seats]
    below = call.within == Within.TREE and unit.path in paths_above(actor)
    return call.opens_at <= now and (own or below)


def managed_by(work: Work, actor: Actor, call_id: int) -> tuple[Call, Unit]:
    """The call and its unit, if the actor may change it. Refuses: Missing, NotAllowed."""
    call, unit = seen_by(work, actor, call_id)
    actor.require(unit.path, *ORGANIZING)
    return call, unit


def listed(work: Work, actor: Actor) -> list[Listed]:
    """The calls of the units where the actor reads, the last to close first."""
    query = (
        select(Call, Unit.name)
        .join(Unit, Unit.id == Call.unit_id)
        .where(_over(actor.paths(*READING)))
        .order_by(Call.closes_at.desc(), Call.id.desc())
        .limit(MOST_FOUND)
    )
    rows = work.db.execute(query).all()
    waiting = func.sum(case((Topic.state == State.PROPOSED, 1), else_=0))
    counts = {
        call_id: (proposals, undecided)
        for call_id, proposals, undecided in work.db.execute(
            select(Topic.call_id, func.count(), waiting)
            .where(Topic.call_id.in_([call.id for call, _ in rows]), Topic.state != State.WITHDRAWN)
            .group_by(Topic.call_id)
        )
    }
    return [
        Listed(call, unit, phase(call, work.now), *counts.get(call.id, (0, 0))) for call, unit in rows
    ]  # fmt: skip


def for_member(work: Work, actor: Actor) -> list[ForMember]:
    """The calls that concern the actor as a member and have been opened, the last to close first."""
    query = (
        select(Call, Unit.name)
        .join(Unit, Unit.id == Call.unit_id)
        .where(concerns(actor, work.now))
        .order_by(Call.closes_at.desc(), Call.id.desc())
        .limit(MOST_FOUND)
    )
    rows = work.db.execute(query).all()
    mine = func.sum(case((Topic.proposed_by == actor.person_id, 1), else_=0))
    counts = {
        call_id: (own, proposals)
        for call_id, own, proposals in work.db.execute(
            select(Topic.call_id, mine, func.count())
            .where(Topic.call_id.in_([call.id for call, _ in rows]), Topic.state != State.WITHDRAWN)
            .group_by(Topic.call_id)
        )
    }
    return [
        ForMember(call, unit, phase(call, work.now), *counts.get(call.id, (0, 0))) for call, unit in rows
    ]  # fmt: skip


def open_for(work: Work, actor: Actor) -> list[ForMember]:
    """The calls that are open to the actor as a member now, the first to close first."""
    return [one for one in reversed(for_member(work, actor)) if one.phase is Phase.OPEN]


def create(work: Work, actor: Actor, unit_id: int, said: Terms, form_key: str | None = None) -> Call:
    """A new call of the unit; the same form sent twice makes one.

    Refuses: Missing, NotAllowed, Stale; Invalid (field `closes_at`), when its end has passed.
    """
    unit = unit_for(work, actor, unit_id, *READING)
    actor.require(unit.path, *ORGANIZING)
    work.db.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    if form_key is not None:
        earlier = work.db.scalars(select(Call).where(Call.form_key == form_key)).first()
        if earlier is not None:
            return _again(actor, earlier, said)
    _require_ahead(said.closes_at, work.now)
    call = Call(
        unit_id=unit.id, form_key=form_key, created_by=actor.person_id, created_at=work.now,
        updated_at=work.now, **asdict(said),
    )  # fmt: skip
    work.db.add(call)
    work.db.flush()
    edits.note(work, actor, "call.created", f"call:{call.id}", unit.id, 1, {})
    return call


def edit(work: Work, actor: Actor, call_id: int, version: int, said: Terms) -> Call:
    """Changes what the call says. Refuses: Missing, NotAllowed, Stale; Invalid (field `closes_at`), when it
    is given another end that has passed."""
    call, _unit = managed_by(work, actor, call_id)
    if said.closes_at != call.closes_at:
        _require_ahead(said.closes_at, work.now)
    return _changed(work, actor, call, version, "call.edited", said)


def extend(work: Work, actor: Actor, call_id: int, version: int, closes_at: datetime) -> Call:
    """Gives members longer; a call that has closed is open again. Refuses: Missing, NotAllowed, Stale;
    Invalid (field `closes_at`), when that is no later than the end it has, or has passed."""
    call, _unit = managed_by(work, actor, call_id)
    if closes_at <= call.closes_at:
        raise Invalid(_l("Please give a time after the present end."), field="closes_at")
    _require_ahead(closes_at, work.now)
    said = {**asdict(terms_of(call)), "closes_at": closes_at}
    return _changed(work, actor, call, version, "call.extended", Terms(**said))


def close(work: Work, actor: Actor, call_id: int, version: int) -> Call:
    """Ends the call now. Refuses: Missing, NotAllowed, Stale; NotNow, when it isn't open."""
    call, _unit = managed_by(work, actor, call_id)
    if phase(call, work.now) is not Phase.OPEN:
        raise NotNow(_l("This call is not open, so it can't be closed."))
    said = {**asdict(terms_of(call)), "closes_at": work.now}
    return _changed(work, actor, call, version, "call.closed", Terms(**said))


def _changed(work: Work, actor: Actor, call: Call, version: int, action: str, said: Terms) -> Call:
    claim(work, call, version)
    changed = edits.differences(asdict(terms_of(call)), asdict(said))
    for name, value in asdict(said).items():
        setattr(call, name, value)
    edits.note(work, actor, action, f"call:{call.id}", call.unit_id, call.version, changed)
    work.db.flush()
    return call


def _require_ahead(closes_at: datetime, now: datetime) -> None:
    if closes_at <= now:
        raise Invalid(_l("This time has passed."), field="closes_at")


def _found(work: Work, call_id: int, where: ColumnElement[bool]) -> tuple[Call, Unit]:
    query = select(Call, Unit).join(Unit, Unit.id == Call.unit_id).where(Call.id == call_id, where)
    row = work.db.execute(query).first()
    if row is None:
        raise Missing
    call, unit = row
    return call, unit


def _over(paths: Iterable[str]) -> ColumnElement[bool]:
    return or_(False, *(Unit.path.startswith(path, autoescape=True) for path in paths))


def _again(actor: Actor, earlier: Call, said: Terms) -> Call:
    if earlier.created_by != actor.person_id or terms_of(earlier) != said:
        raise Stale(_l("This form has been sent before. Please open what it made and change it there."))
    return earlier
