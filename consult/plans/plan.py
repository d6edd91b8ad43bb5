"""A unit's annual plan of a year as rows: what was planned, what came of it, what was held beyond it."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from consult.core.errors import Invalid, Message, Missing
from consult.core.store import Work
from consult.files.models import Purpose, StoredFile
from consult.meetings import lifecycle, moves
from consult.meetings.access import visible_to
from consult.meetings.models import Meeting
from consult.members.access import READING, Actor, paths_above
from consult.members.models import Unit
from consult.topics import calls, proposals
from consult.topics.calls import Within
from consult.topics.forms_of_consultation import Form
from consult.topics.life import Standing, State, standing
from consult.topics.models import Call, Topic
from consult.topics.proposals import Backing

ON_CALENDAR = (
    lifecycle.State.SCHEDULED,
    lifecycle.State.LOBBY,
    lifecycle.State.OPEN,
    lifecycle.State.CLOSED,
)
HELD = (lifecycle.State.SETTLED, lifecycle.State.ARCHIVED)
NO_CONSULTATION = (Form.TRAINING, Form.ACTIVITY)
"""Meetings of these forms are not consultations, so without a topic they don't go beyond a plan."""


class Figure(enum.StrEnum):
    """What is counted at the top of a plan; each opens its rows."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    HELD = "held"
    REPORTED = "reported"
    WAITING = "waiting"
    OVERDUE = "overdue"
    BEYOND = "beyond"

    @property
    def label(self) -> Message:
        return _FIGURES[self]


_FIGURES: dict[Figure, Message] = {
    Figure.PLANNED: _l("Planned"),
    Figure.SCHEDULED: _l("Scheduled"),
    Figure.HELD: _l("Held"),
    Figure.REPORTED: _l("of which reported"),
    Figure.WAITING: _l("No meeting yet"),
    Figure.OVERDUE: _l("of which overdue"),
    Figure.BEYOND: _l("Beyond the plan"),
}

_STANDINGS: dict[Figure, Collection[Standing]] = {
    Figure.PLANNED: tuple(Standing),
    Figure.SCHEDULED: (Standing.SCHEDULED,),
    Figure.HELD: (Standing.CONSULTED, Standing.REPORTED),
    Figure.REPORTED: (Standing.REPORTED,),
    Figure.WAITING: (Standing.PLANNED, Standing.OVERDUE),
    Figure.OVERDUE: (Standing.OVERDUE,),
    Figure.BEYOND: (),
}


@dataclass(frozen=True)
class Sitting:
    """A meeting as the plan shows it. Readers to whom it isn't open see that and when it is, no more."""

    meeting: Meeting
    state: lifecycle.State
    open_to_reader: bool
    minuted: bool


@dataclass(frozen=True)
class Row:
    """A topic of the plan: who stands behind it, its meetings in the order of time, how far it has come."""

    topic: Topic
    backing: Backing
    sittings: tuple[Sitting, ...]
    standing: Standing

    @property
    def form(self) -> Form:
        return Form(self.topic.form)


@dataclass(frozen=True)
class Beyond:
    """A meeting that was held on no topic of this plan, and its topic if it has one."""

    meeting: Meeting
    topic: Topic | None


@dataclass(frozen=True)
class Plan:
    """The plan of a unit and a year."""

    unit: Unit
    year: int
    rows: Sequence[Row]
    beyond: Sequence[Beyond]

    def behind(self, figure: Figure) -> list[Row]:
        """The topics that the figure counts."""
        return [row for row in self.rows if row.standing in _STANDINGS[figure]]

    def count(self, figure: Figure) -> int:
        """The figure's value."""
        return len(self.beyond) if figure is Figure.BEYOND else len(self.behind(figure))


def read(work: Work, actor: Actor, unit_id: int, year: int, zone: str) -> Plan:
    """The plan, for staff who read there, members of the unit, and those below it whom its call for that year
    asked. Refuses: Missing; Invalid (field `year`)."""
    if not calls.FIRST_YEAR <= year <= calls.LAST_YEAR:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field="year")
    unit = next((one for one in readable(work, actor, year) if one.id == unit_id), None)
    if unit is None:
        raise Missing
    planned = work.db.scalars(
        select(Topic)
        .where(Topic.unit_id == unit.id, Topic.year == year, Topic.state == State.PLANNED)
        .order_by(Topic.month.is_(None), Topic.month, Topic.id)
    ).all()
    ids = [topic.id for topic in planned]
    backing, sittings = proposals.backing(work, ids), _sittings(work, actor, ids)
    today = work.now.astimezone(ZoneInfo(zone)).date()
    rows = [
        Row(
            topic,
            backing[topic.id],
            found := tuple(sittings.get(topic.id, ())),
            _standing(topic, found, today),
        )
        for topic in planned
    ]
    return Plan(unit, year, rows, _beyond(work, unit, year, ids, ZoneInfo(zone)))


def readable(work: Work, actor: Actor, year: int) -> list[Unit]:
    """The units whose plan of that year the actor may read, in tree order."""
    asked = (
        select(Call.id)
        .where(
            Call.unit_id == Unit.id, Call.year == year, Call.within == Within.TREE, Call.opens_at <= work.now
        )
        .correlate(Unit)
        .exists()
    )
    staff = [Unit.path.startswith(path, autoescape=True) for path in actor.paths(*READING)]
    own = Unit.id.in_([seat.unit_id for seat in actor.seats])
    above = Unit.path.in_(paths_above(actor)) & asked
    return list(work.db.scalars(select(Unit).where(or_(*staff, own, above)).order_by(Unit.path)))


def years(work: Work, unit: Unit, *also: int) -> list[int]:
    """The years for which the unit has a plan or a call, and those given, in order."""
    planned = select(Topic.year).where(Topic.unit_id == unit.id, Topic.state == State.PLANNED).distinct()
    called = select(Call.year).where(Call.unit_id == unit.id).distinct()
    found = {year for year in (*work.db.scalars(planned), *work.db.scalars(called)) if year is not None}
    return sorted(found.union(also))


def was_held(work: Work, topic_id: int) -> bool:
    """Whether a meeting on the topic has been held."""
    held = select(Meeting.id).where(Meeting.topic_id == topic_id, Meeting.state.in_(HELD)).limit(1)
    return work.db.scalar(held) is not None


def _standing(topic: Topic, sittings: Sequence[Sitting], today: date) -> Standing:
    held = [one for one in sittings if one.state in HELD]
    return standing(
        scheduled=any(one.state in ON_CALENDAR for one in sittings),
        held=bool(held),
        reported=topic.reported_at is not None or any(one.minuted for one in held),
        year=topic.year or today.year,
        month=topic.month,
        today=today,
    )


def _sittings(work: Work, actor: Actor, topic_ids: Sequence[int]) -> dict[int | None, list[Sitting]]:
    rows = work.db.execute(
        select(Meeting, visible_to(actor))
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.topic_id.in_(topic_ids), Meeting.state != lifecycle.State.DRAFT)
        .order_by(Meeting.opens_at, Meeting.id)
    ).all()
    minuted = set(
        work.db.scalars(
            select(StoredFile.owner).where(
                StoredFile.owner.in_([f"meeting:{meeting.id}" for meeting, _ in rows]),
                StoredFile.purpose == Purpose.MINUTES,
                StoredFile.removed_at.is_(None),
            )
        )
    )
    found: dict[int | None, list[Sitting]] = {}
    for meeting, is_open in rows:
        state = moves.state_now(meeting, work.now)
        sitting = Sitting(meeting, state, bool(is_open), f"meeting:{meeting.id}" in minuted)
        found.setdefault(meeting.topic_id, []).append(sitting)
    return found


def _beyond(work: Work, unit: Unit, year: int, planned: Sequence[int], zone: ZoneInfo) -> list[Beyond]:
    """The consultations that the unit held in that year on no topic of its plan."""
    start, end = (datetime(one, 1, 1, tzinfo=zone).astimezone(UTC) for one in (year, year + 1))
    rows = work.db.execute(
        select(Meeting, Topic)
        .outerjoin(Topic, Topic.id == Meeting.topic_id)
        .where(
            Meeting.host_id == unit.id,
            Meeting.state.in_(HELD),
            Meeting.opens_at >= start,
            Meeting.opens_at < end,
            or_(Meeting.topic_id.is_(None), Meeting.topic_id.not_in(planned)),
            or_(Meeting.topic_id.is_not(None), Meeting.form.not_in(NO_CONSULTATION)),
        )
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [Beyond(meeting, topic) for meeting, topic in rows]
