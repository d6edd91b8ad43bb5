"""Reading settlements back as rows and figures. Every figure is counted from the rows it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select

from consult.attendance.curve import Curve, curve
from consult.attendance.intervals import Interval, Span
from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.rules import Reason, Rule, Tally
from consult.attendance.settle import outages, window_of
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings.access import seen_by, visible_to
from consult.meetings.models import Meeting
from consult.members.access import READING, Actor
from consult.members.models import Unit
from consult.reports import facts
from consult.reports.dimensions import Dimension
from consult.reports.scope import COUNTING, Scope
from consult.reports.tables import OutcomeRow


@dataclass(frozen=True)
class Report:
    """One meeting's settled attendance, as far as the reader may see it."""

    meeting: Meeting
    host: Unit
    settlement: Settlement
    versions: int
    rows: tuple[OutcomeRow, ...]
    periods: tuple[Interval, ...]
    window: Interval | None
    outages: tuple[Interval, ...]
    whole: bool  # all rows, or only those of the reader's units

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.meeting.zone)

    @property
    def rule(self) -> Rule:
        return Rule.from_data(self.settlement.rule)

    @cached_property
    def tally(self) -> Tally:
        return Tally.of(row.outcome for row in self.rows)

    @cached_property
    def curve(self) -> Curve | None:
        return curve((row.spans for row in self.rows), self.window) if self.window else None


@dataclass(frozen=True)
class Held:
    """A settled meeting in a list, with its figures."""

    meeting: Meeting
    host: str
    tally: Tally


@dataclass(frozen=True)
class Own:
    """What one person's attendance at one meeting came to."""

    meeting: Meeting
    host: str
    row: OutcomeRow
    periods: tuple[Interval, ...]
    window: Interval | None
    settlement: Settlement


def report(work: Work, actor: Actor, meeting_id: int) -> Report | None:
    """The meeting's report; None while it is not settled. Refuses: Missing, to those who may not read it."""
    meeting = seen_by(work, actor, meeting_id)
    host = work.db.get_one(Unit, meeting.host_id)
    whole = actor.holds(host.path, *READING)
    scope = _scope(actor)
    if not whole and scope is None:
        raise Missing
    settlements = work.db.scalars(
        select(Settlement).where(Settlement.meeting_id == meeting.id).order_by(Settlement.version)
    ).all()
    if not settlements:
        return None
    latest = settlements[-1]
    found = select(Outcome).where(Outcome.settlement_id == latest.id)
    if not whole and scope is not None:
        found = found.join(Unit, Unit.id == Outcome.unit_id).where(scope)
    periods = _periods(latest)
    return Report(
        meeting,
        host,
        latest,
        len(settlements),
        tuple(_row(outcome) for outcome in work.db.scalars(found.order_by(Outcome.membership_id))),
        tuple(periods),
        next(iter(window_of(meeting, periods)), None),
        tuple(outages(work, periods)),
        whole,
    )


def held(work: Work, actor: Actor, start: datetime, end: datetime, zone: str) -> list[Held]:
    """The settled meetings opened in [start, end) that the actor may read, with the figures he may see."""
    if not actor.paths(*READING):
        return []
    meetings = work.db.execute(
        select(Meeting, Unit.name, Unit.path)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Settlement, Settlement.meeting_id == Meeting.id)
        .where(Settlement.superseded_at.is_(None), Meeting.state.in_(COUNTING))
        .where(Meeting.opens_at >= start, Meeting.opens_at < end, visible_to(actor))
        .order_by(Meeting.opens_at.desc(), Meeting.id)
    ).all()
    scope = Scope(None, start, end, zone)
    table = facts.count(work, actor, scope, (Dimension.MEETING,), people=False)
    counted = set(table.keys[0])
    return [
        Held(meeting, host, table.at(str(meeting.id)).tally)
        for meeting, host, path in meetings
        if str(meeting.id) in counted or actor.holds(path, *READING)
    ]


def own(work: Work, person_id: int, meeting_id: int | None = None) -> list[Own]:
    """A person's own outcomes, newest first; of one meeting if it is named."""
    query = (
        select(Meeting, Unit.name, Settlement, Outcome)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Settlement, Settlement.meeting_id == Meeting.id)
        .join(Outcome, Outcome.settlement_id == Settlement.id)
        .where(Outcome.person_id == person_id, Settlement.superseded_at.is_(None))
        .order_by(Meeting.opens_at.desc())
    )
    if meeting_id is not None:
        query = query.where(Meeting.id == meeting_id)
    return [
        Own(
            meeting,
            host,
            _row(outcome),
            tuple(periods),
            next(iter(window_of(meeting, periods)), None),
            settlement,
        )
        for meeting, host, settlement, outcome in work.db.execute(query)
        for periods in [_periods(settlement)]
    ]


def year_bounds(year: int, zone: str) -> tuple[datetime, datetime]:
    """The instants at which a calendar year begins and ends in that zone."""
    where = ZoneInfo(zone)
    return datetime(year, 1, 1, tzinfo=where), datetime(year + 1, 1, 1, tzinfo=where)


def years(work: Work, actor: Actor, today: date, zone: str) -> list[int]:
    """The years (in that zone) of meetings that the actor may read, and this one; the newest first."""
    first = work.db.scalar(
        select(func.min(Meeting.opens_at)).join(Unit, Unit.id == Meeting.host_id).where(visible_to(actor))
    )
    oldest = first.astimezone(ZoneInfo(zone)).year if first else today.year
    return list(range(today.year, min(oldest, today.year) - 1, -1))


def _scope(actor: Actor) -> ColumnElement[bool] | None:
    """The condition on Unit that the actor may read the attendance of its members."""
    paths = actor.paths(*READING)
    return or_(*(Unit.path.startswith(path, autoescape=True) for path in paths)) if paths else None


def _periods(settlement: Settlement) -> list[Interval]:
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in settlement.periods]


def _row(outcome: Outcome) -> OutcomeRow:
    spans = tuple(Span.from_data(span) for span in outcome.spans)
    return OutcomeRow(
        outcome.membership_id,
        outcome.person_id,
        outcome.name,
        outcome.unit_name,
        outcome.sector,
        tuple(outcome.committees),
        outcome.party,
        Verdict(outcome.outcome),
        outcome.seconds,
        outcome.first_at,
        outcome.last_at,
        spans,
        frozenset(channel for span in spans for channel in span.channels),
        reasons=tuple(Reason(reason) for reason in outcome.reasons),
        excused_reason=outcome.excused_reason,
    )
