"""Reading settlements back as rows and figures. Every figure is counted from the rows it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from consult.attendance.curve import Curve, curve
from consult.attendance.intervals import Interval, Span
from consult.attendance.models import Outcome, Settlement
from consult.attendance.rules import COUNTED, Figure, Reason, Rule, Tally
from consult.attendance.rules import Outcome as Verdict
from consult.attendance.settle import outages, window_of
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings.access import seen_by, visible_to
from consult.meetings.models import Meeting
from consult.members.access import READING, Actor
from consult.members.models import Unit
from consult.reports.tables import OutcomeRow

_PRESENT = [outcome.value for outcome in COUNTED[Figure.ATTENDING]]


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


def held(work: Work, actor: Actor, start: datetime, end: datetime) -> list[Held]:
    """The settled meetings opened in [start, end) that the actor may read, with the figures he may see."""
    meetings = work.db.execute(
        select(Meeting, Unit.name, Unit.path, Settlement.id)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Settlement, Settlement.id == _latest())
        .where(Meeting.opens_at >= start, Meeting.opens_at < end, visible_to(actor))
        .order_by(Meeting.opens_at.desc(), Meeting.id)
    ).all()
    tallies = _tallies(work, actor, [(settlement_id, path) for _, _, path, settlement_id in meetings])
    return [
        Held(meeting, host, tallies[settlement_id])
        for meeting, host, _, settlement_id in meetings
        if settlement_id in tallies
    ]


def settled(work: Work, actor: Actor, start: datetime, end: datetime) -> list[tuple[int, int]]:
    """The settled meetings opened in [start, end) that the actor may read, in the order of their times, with
    the number of rows that are his to read."""
    scope = _scope(actor)
    if scope is None:
        return []
    home = aliased(Unit)
    hosts = [home.path.startswith(path, autoescape=True) for path in actor.paths(*READING)]
    readable = select(Meeting.id).join(Unit, Unit.id == Meeting.host_id).where(visible_to(actor))
    rows = work.db.execute(
        select(Meeting.id, func.count())
        .join(home, home.id == Meeting.host_id)
        .join(Settlement, Settlement.id == _latest())
        .join(Outcome, Outcome.settlement_id == Settlement.id)
        .join(Unit, Unit.id == Outcome.unit_id)
        .where(Meeting.opens_at >= start, Meeting.opens_at < end)
        .where(or_(scope, *hosts), Meeting.id.in_(readable.correlate(None)))
        .group_by(Meeting.id, Meeting.opens_at)
        .order_by(Meeting.opens_at, Meeting.id)
    )
    return [(meeting_id, count) for meeting_id, count in rows]


def people_and_times(work: Work, actor: Actor, start: datetime, end: datetime) -> tuple[int, int]:
    """Distinct people 人数, and pairs of person and meeting 人次, attending the meetings of `held`."""
    scope = _scope(actor)
    if scope is None:
        return 0, 0
    readable = select(Meeting.id).join(Unit, Unit.id == Meeting.host_id).where(visible_to(actor))
    pairs = (
        select(Outcome.person_id, Settlement.meeting_id)
        .join(Settlement, Settlement.id == Outcome.settlement_id)
        .join(Meeting, Meeting.id == Settlement.meeting_id)
        .join(Unit, Unit.id == Outcome.unit_id)
        .where(Settlement.id == _latest(), Meeting.opens_at >= start, Meeting.opens_at < end)
        .where(Outcome.outcome.in_(_PRESENT), scope, Meeting.id.in_(readable.correlate(None)))
        .distinct()
        .subquery()
    )
    people, times = work.db.execute(
        select(func.count(pairs.c.person_id.distinct()), func.count()).select_from(pairs)
    ).one()
    return people, times


def own(work: Work, person_id: int, meeting_id: int | None = None) -> list[Own]:
    """A person's own outcomes, newest first; of one meeting if it is named."""
    query = (
        select(Meeting, Unit.name, Settlement, Outcome)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Settlement, Settlement.id == _latest())
        .join(Outcome, Outcome.settlement_id == Settlement.id)
        .where(Outcome.person_id == person_id)
        .order_by(Meeting.opens_at.desc())
    )
    if meeting_id is not None:
        query = query.where(Meeting.id == meeting_id)
    return [
        Own(meeting, host, _row(outcome), tuple(periods), next(iter(window_of(meeting, periods)), None))
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


def _latest() -> ColumnElement[int]:
    newer = select(func.max(Settlement.id)).where(Settlement.meeting_id == Meeting.id)
    return newer.correlate(Meeting).scalar_subquery()


def _scope(actor: Actor) -> ColumnElement[bool] | None:
    """The condition on Unit that the actor may read the attendance of its members."""
    paths = actor.paths(*READING)
    return or_(*(Unit.path.startswith(path, autoescape=True) for path in paths)) if paths else None


def _tallies(work: Work, actor: Actor, settlements: Sequence[tuple[int, str]]) -> dict[int, Tally]:
    """The figures of each settlement: all of it for who reads its host's, else those of his own units."""
    scope = _scope(actor)
    if scope is None:
        return {}
    counts = work.db.execute(
        select(Outcome.settlement_id, Outcome.outcome, Unit.path, func.count())
        .join(Unit, Unit.id == Outcome.unit_id)
        .where(Outcome.settlement_id.in_([settlement_id for settlement_id, _ in settlements]))
        .group_by(Outcome.settlement_id, Outcome.outcome, Unit.path)
    ).all()
    whole = {settlement_id for settlement_id, path in settlements if actor.holds(path, *READING)}
    outcomes: dict[int, list[Verdict]] = {settlement_id: [] for settlement_id, _ in settlements}
    for settlement_id, outcome, path, count in counts:
        if settlement_id in whole or actor.holds(path, *READING):
            outcomes[settlement_id] += [Verdict(outcome)] * count
    return {one: Tally.of(found) for one, found in outcomes.items() if found or one in whole}


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
