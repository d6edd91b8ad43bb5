"""Which facts a report is about, and the one statement by which figures and rows read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, or_, select

from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import COUNTED, Figure
from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.meetings.access import visible_to
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members.access import READING, Actor, paths_above, unit_for
from consult.members.models import Unit
from consult.reports.dimensions import OF_MEETINGS, Dimension, Frame, column, condition

LONGEST = timedelta(days=366 * 10)  # that figures are asked for at once
COUNTING = (State.SETTLED, State.ARCHIVED)  # of whose meetings attendance counts


@dataclass(frozen=True, slots=True)
class Scope:
    """Which facts: of the members of a unit and of those below it, at meetings that were to open from `start`
    until before `end`; and `only` those that stand under these keys (several of one dimension: any of them).

    Without a unit: all that the reader may read, of the meetings of his units also the guests from elsewhere;
    or his `own` attendance. Times are in the zone.
    """

    unit_id: int | None
    start: datetime
    end: datetime
    zone: str
    only: tuple[tuple[Dimension, str], ...] = ()
    own: bool = False

    def within(self, *keys: tuple[Dimension, str]) -> Scope:
        """The part of it under these keys, too."""
        return replace(self, only=(*self.only, *keys))


@dataclass(frozen=True)
class Reading:
    """A scope as this reader may read it: what keys are relative to, and which meetings and facts count."""

    scope: Scope
    reader: int
    frame: Frame
    settled: tuple[ColumnElement[bool], ...]  # conditions on Meeting, its Settlement and its host's Unit
    theirs: tuple[ColumnElement[bool], ...]  # conditions on Outcome, beside whose it is

    def meetings(self, *columns: Any) -> Select[Any]:
        """These columns of the meetings that count."""
        return (
            select(*columns)
            .select_from(Meeting)
            .join(Unit, Unit.id == Meeting.host_id)
            .join(Settlement, Settlement.meeting_id == Meeting.id)
            .where(*self.settled)
        )

    def facts(self, by: Sequence[Dimension] = ()) -> Facts:
        """The facts, to be read by these dimensions."""
        return Facts(self, by)


class Facts:
    """The facts of a reading: `by` is what the dimensions read of each, `met` what is known of its meeting.

    What is said of a meeting is worked out once for it, not for each who was there.
    """

    def __init__(self, reading: Reading, by: Sequence[Dimension]) -> None:
        read = [column(one, reading.frame).label(f"by_{place}") for place, one in enumerate(by)]
        said = [what for what, one in zip(read, by, strict=True) if one in OF_MEETINGS]
        here = (Settlement.id.label("settlement_id"), Meeting.id.label("meeting_id"), Meeting.host_id)
        self.met = reading.meetings(*here, *said).cte("met").prefix_with("MATERIALIZED")
        self.by = [self.met.c[what.name] if what in said else what for what in read]
        below = reading.frame.below()
        whose: ColumnElement[bool] = Outcome.unit_id.in_(below)
        if reading.scope.own:
            whose = Outcome.person_id == reading.reader
        elif reading.scope.unit_id is None:
            whose = or_(whose, self.met.c.host_id.in_(below))
        self._theirs = (whose, *reading.theirs)

    def select(self, *columns: Any, figure: Figure | None = None) -> Select[Any]:
        """These columns of those that the figure counts."""
        query = select(*columns).join_from(
            self.met, Outcome, Outcome.settlement_id == self.met.c.settlement_id
        )
        query = query.where(*self._theirs)
        return query if figure is None else query.where(Outcome.outcome.in_(sorted(COUNTED[figure])))


def reading_of(work: Work, actor: Actor, scope: Scope) -> Reading:
    """The scope for this reader.

    Refuses: Missing, to who does not read there; Invalid, for a time that is too long or no time at all, and
    for what can't be a key.
    """
    if not scope.start < scope.end <= scope.start + LONGEST:
        raise Invalid(_l("The time must end after it begins, and be ten years at most."), field="to")
    if scope.unit_id is not None:
        tops: tuple[str, ...] = (unit_for(work, actor, scope.unit_id, *READING).path,)
    elif not (tops := actor.paths(*READING) or paths_above(actor)) or not (scope.own or actor.staff):
        raise Missing
    frame = Frame(_units(work), tops, scope.start, scope.end, ZoneInfo(scope.zone))
    settled: list[ColumnElement[bool]] = [
        Settlement.superseded_at.is_(None),
        Meeting.state.in_(COUNTING),
        Meeting.opens_at >= scope.start,
        Meeting.opens_at < scope.end,
    ]
    if not scope.own:
        settled.append(visible_to(actor))
    theirs: list[ColumnElement[bool]] = []
    whole = Reading(scope, actor.person_id, frame, tuple(settled), ())

    def known(read: ColumnElement[Any]) -> Iterable[Any]:
        return work.db.scalars(whole.facts().select(read).distinct())

    for dimension in dict.fromkeys(one for one, _key in scope.only):
        keys = {key for one, key in scope.only if one == dimension}
        holds = condition(dimension, keys, frame, known)
        (settled if dimension in OF_MEETINGS else theirs).append(holds)
    return replace(whole, settled=tuple(settled), theirs=tuple(theirs))


def _units(work: Work) -> dict[int, Unit]:
    """All units in the order of the tree."""
    units = work.db.scalars(select(Unit)).all()
    return {
        unit.id: unit
        for unit in sorted(units, key=lambda unit: [int(part) for part in unit.path.split("/") if part])
    }
