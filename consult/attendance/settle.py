"""Settling: from the ledger's rows to each member's outcome, by the meeting's rule, as a numbered version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from consult.attendance import leases, ledger
from consult.attendance.intervals import Channel, Ended, Interval, Presence, Span, gaps, union
from consult.attendance.models import Correction, Lease, Outcome, Settlement
from consult.attendance.models import Presence as Row
from consult.attendance.rules import Reason, Rule
from consult.attendance.verdicts import Called, Sitting, Verdict, settle_one
from consult.core.store import Work
from consult.meetings import lifecycle, moves
from consult.meetings.lifecycle import Move
from consult.meetings.models import Expected, Invitation, Meeting
from consult.members.models import Membership, Person, Unit

AT_ONCE = 20  # meetings settled in one transaction
BEFORE = timedelta(minutes=1)  # how far around the meeting outages are looked for


def settle_due(work: Work) -> int:
    """Settles the meetings whose grace for late deliveries is over; says how many."""
    meetings = work.db.scalars(
        select(Meeting)
        .where(Meeting.due_move == Move.SETTLE, Meeting.due_at <= work.now)
        .order_by(Meeting.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)  # another clock has those in hand
    ).all()
    if meetings:
        ledger.sweep(work)
    return moves.each(work, meetings, _settle_once)


def _settle_once(work: Work, meeting: Meeting) -> None:
    due = lifecycle.due(moves.schedule_of(meeting))
    if due is not None and moves.move(work, meeting, Move.SETTLE, at=due.at):
        settle(work, meeting)


def settle(work: Work, meeting: Meeting, *, by_id: int | None = None, reason: str = "") -> Settlement:
    """Counts the attendance anew from the ledger's rows, applies the corrections that stand, and keeps it as
    the meeting's next version.

    The same rows under the same rule with the same corrections give the same outcomes, however often.
    """
    rule = Rule.from_data(meeting.rule)
    open_time = moves.periods(work, meeting)
    settlement = Settlement(
        meeting_id=meeting.id,
        version=_supersede(work, meeting) + 1,
        at=work.now,
        by_id=by_id,
        reason=reason,
        rule=rule.as_data(),
        periods=[[start.isoformat(), end.isoformat()] for start, end in open_time],
    )
    work.db.add(settlement)
    work.db.flush()
    spans = spans_of(work, meeting, rule, open_time)
    sitting = Sitting(open_time, meeting.opens_at, rule, ZoneInfo(meeting.zone))
    corrected = _standing_corrections(work, meeting)
    for seat in _seats(work, meeting, spans):
        theirs = spans.get(seat.person.id, [])
        verdict = settle_one(theirs, sitting, seat.called)
        correction = corrected.get(seat.membership.id)
        work.db.add(_outcome(settlement, seat, theirs, verdict, correction))
    work.db.flush()
    return settlement


def _supersede(work: Work, meeting: Meeting) -> int:
    """The number of the version that held until now; 0 if there is none yet."""
    hold(work, meeting)
    holds = work.db.scalars(
        select(Settlement).where(Settlement.meeting_id == meeting.id, Settlement.superseded_at.is_(None))
    ).one_or_none()
    if holds is None:
        return 0
    holds.superseded_at = work.now
    work.db.flush()
    return holds.version


def hold(work: Work, meeting: Meeting) -> None:
    """Makes other countings of the meeting wait until commit, so that one version at a time holds."""
    work.db.execute(select(Meeting.id).where(Meeting.id == meeting.id).with_for_update(key_share=True))


def _standing_corrections(work: Work, meeting: Meeting) -> dict[int, Correction]:
    """The corrections that stand, by membership."""
    rows = work.db.scalars(
        select(Correction).where(Correction.meeting_id == meeting.id, Correction.ended_at.is_(None))
    )
    return {row.membership_id: row for row in rows}


def window_of(meeting: Meeting, open_time: list[Interval]) -> list[Interval]:
    """From the lobby to the last closing: the time a report shows. Empty if the meeting was never open."""
    if not open_time:
        return []
    lobby = meeting.opens_at - timedelta(minutes=meeting.lobby_minutes)
    return [(min(lobby, open_time[0][0]), open_time[-1][1])]


def spans_of(work: Work, meeting: Meeting, rule: Rule, open_time: list[Interval]) -> dict[int, list[Span]]:
    """When each person was there, lobby included, by person id; rows still open end now."""
    rows = work.db.scalars(select(Row).where(Row.meeting_id == meeting.id, Row.voided_at.is_(None))).all()
    presences: defaultdict[int, list[Presence]] = defaultdict(list)
    for row in rows:
        end, ended = row.left_at or max(work.now, row.joined_at), Ended(row.ended or Ended.LEFT)
        presences[row.person_id].append(Presence(row.joined_at, end, Channel(row.channel), ended))
    down = outages(work, open_time)
    return {
        person_id: union(
            theirs,
            periods=window_of(meeting, open_time),
            bridge_hidden=rule.bridge_hidden,
            outages=down,
            return_grace=rule.return_grace,
        )
        for person_id, theirs in presences.items()
    }


def outages(work: Work, open_time: list[Interval]) -> list[Interval]:
    """The times around the open time when no web process of ours was alive."""
    if not open_time:
        return []
    window = (open_time[0][0] - BEFORE, min(open_time[-1][1] + BEFORE, work.now))
    held = work.db.execute(
        select(Lease.started_at, Lease.renewed_at, Lease.ended_at).where(
            Lease.kind == leases.WEB, Lease.started_at <= window[1], Lease.renewed_at >= window[0]
        )
    ).all()
    alive = [
        (started, work.now if ended is None and renewed + leases.DEAD > work.now else renewed)
        for started, renewed, ended in held
    ]
    return gaps(alive, window) if window[0] < window[1] else []


@dataclass(frozen=True)
class _Seat:
    """A membership to be counted, and as what it was called."""

    membership: Membership
    person: Person
    unit: Unit
    called: Called
    excused_reason: str = ""


def _seats(work: Work, meeting: Meeting, spans: dict[int, list[Span]]) -> Iterable[_Seat]:
    seat = (
        select(Membership, Person, Unit)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
    )
    called = seat.add_columns(Expected.excused_at, Expected.excused_reason).join(
        Expected, (Expected.membership_id == Membership.id) & (Expected.meeting_id == meeting.id)
    )
    known: set[int] = set()
    for membership, person, unit, excused_at, reason in work.db.execute(called.order_by(Membership.id)):
        known.add(person.id)
        yield _Seat(membership, person, unit, *_on_leave(excused_at, reason))
    observing = seat.join(Invitation, Invitation.membership_id == Membership.id).where(
        Invitation.meeting_id == meeting.id, Invitation.observer, Person.id.not_in(known)
    )
    for row in work.db.execute(observing.order_by(Membership.id)):
        known.add(row[1].id)
        yield _Seat(*row, Called.OBSERVER)
    others = {person_id for person_id, theirs in spans.items() if theirs} - known
    if not others:
        return
    host = work.db.get_one(Unit, meeting.host_id)
    day = meeting.opens_at.astimezone(ZoneInfo(meeting.zone)).date()
    unlisted = work.db.execute(
        seat.where(Person.id.in_(others), Unit.path.startswith(host.path, autoescape=True))
        .where(Membership.from_day <= day, Membership.to_day.is_(None) | (Membership.to_day > day))
        .order_by(func.length(Unit.path), Membership.id)
    )
    for row in unlisted:
        if row[1].id in others:  # one seat each, the one nearest to the host
            others.discard(row[1].id)
            yield _Seat(*row, Called.NOT_CALLED)


def _on_leave(excused_at: datetime | None, reason: str) -> tuple[Called, str]:
    return (Called.EXPECTED, "") if excused_at is None else (Called.ON_LEAVE, reason)


def _outcome(
    settlement: Settlement, seat: _Seat, spans: list[Span], verdict: Verdict, correction: Correction | None
) -> Outcome:
    """What counts: what was found, or what a correction says instead."""
    membership = seat.membership
    row = Outcome(
        settlement_id=settlement.id,
        membership_id=membership.id,
        person_id=seat.person.id,
        unit_id=seat.unit.id,
        name=seat.person.name,
        unit_name=seat.unit.name,
        sector=membership.sector,
        committees=membership.committees,
        party=membership.party,
        expected=seat.called in (Called.EXPECTED, Called.ON_LEAVE),
        observer=seat.called is Called.OBSERVER,
        outcome=verdict.outcome,
        found=verdict.outcome,
        seconds=verdict.seconds,
        first_at=verdict.first,
        last_at=verdict.last,
        mode=verdict.way or "",
        half_days=verdict.half_days,
        half_days_held=verdict.half_days_held,
        spans=[span.as_data() for span in spans],
        reasons=[reason.value for reason in verdict.reasons],
        excused_reason=seat.excused_reason,
    )
    if correction is not None:
        row.corrected_id, row.outcome = correction.id, correction.outcome
        row.mode = correction.mode or row.mode
        row.half_days = row.half_days if correction.half_days is None else correction.half_days
        row.reasons = [Reason.CORRECTED.value, *row.reasons]
    return row
