"""Corrections: what the office puts right about outcomes, each with author, reason and old value.

A correction never edits an outcome. It is a row; the next version is counted with it, and reports read that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from consult.attendance import settle, versions
from consult.attendance.intervals import Way
from consult.attendance.models import Correction, Outcome, Settlement
from consult.attendance.rules import EXPECTED, OUTCOME_NAMES
from consult.attendance.rules import Outcome as Verdict
from consult.core.errors import Invalid, Missing, NotAllowed, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import Actor
from consult.members.models import Membership, Person

LONGEST_REASON = versions.LONGEST_REASON
MOST = 500  # in one go


@dataclass(frozen=True)
class Wanted:
    """What one membership's outcome is to be; how he was there and his half-days stay as found where None."""

    membership_id: int
    outcome: Verdict
    way: Way | None = None
    half_days: int | None = None


@dataclass(frozen=True)
class Made:
    """A correction in a list: whose outcome, and who made and ended it."""

    correction: Correction
    name: str
    by: str
    ended_by: str


def possible(row: Outcome) -> list[Verdict]:
    """What the row can be corrected to, by as what its person was called."""
    if row.expected:
        return [one for one in Verdict if one in EXPECTED]
    if row.observer:
        return [Verdict.OBSERVED, Verdict.OBSERVER_AWAY]
    return [Verdict.WALK_IN, Verdict.LOOKED_IN]


def correct(
    work: Work,
    actor: Actor,
    meeting_id: int,
    wanted: Sequence[Wanted],
    reason: str,
    *,
    seen: int | None = None,
) -> Settlement:
    """Corrects these outcomes of the version that holds, and makes the next version with all of them.

    A newer correction of the same outcome takes the place of the one before. Refuses: Missing; NotAllowed,
    also for one's own outcome; NotNow and Stale, as `versions.settle_again`; Invalid (fields `outcome`,
    `half_days`, `reason`), also for what it is already.
    """
    because = line(reason, "reason", longest=LONGEST_REASON)
    meeting, holds = versions.to_change(work, actor, meeting_id, seen)
    asked = {one.membership_id: one for one in wanted}
    if not asked or len(wanted) != len(asked) or len(asked) > MOST:
        raise Invalid(_l("Please choose what to correct, once for each person."), field="outcome")
    rows = _rows(work, holds, asked)
    for membership_id, one in asked.items():
        _check(actor, rows.get(membership_id), one)
    _end(work, actor, meeting, asked, because)
    work.db.add_all(
        Correction(
            meeting_id=meeting.id, membership_id=one.membership_id, settlement_id=holds.id,
            old_outcome=rows[one.membership_id].outcome, outcome=one.outcome, mode=one.way or "",
            half_days=one.half_days, reason=because, by_id=actor.person_id, at=work.now,
        )
        for one in asked.values()
    )  # fmt: skip
    work.db.flush()
    made = settle.settle(work, meeting, by_id=actor.person_id, reason=because)
    changed = {str(one.membership_id): [rows[one.membership_id].outcome, one.outcome] for one in wanted}
    _noted(work, actor, meeting, "attendance.corrected", made, because, changed)
    return made


def withdraw(work: Work, actor: Actor, correction_id: int, reason: str) -> Settlement:
    """Takes a correction that stands back; the next version says again what was found.

    Refuses: Missing; NotAllowed, also for one's own outcome; Stale, when it stands no longer; Invalid
    (field `reason`).
    """
    because = line(reason, "reason", longest=LONGEST_REASON)
    row = work.db.get(Correction, correction_id)
    if row is None:
        raise Missing
    meeting, holds = versions.to_change(work, actor, row.meeting_id)
    work.db.refresh(row)
    if row.ended_at is not None:
        raise Stale(_l("This correction has been withdrawn or replaced in the meantime."))
    outcome = _rows(work, holds, [row.membership_id]).get(row.membership_id)
    _not_ones_own(actor, work.db.get_one(Membership, row.membership_id).person_id)
    _end(work, actor, meeting, [row.membership_id], because)
    made = settle.settle(work, meeting, by_id=actor.person_id, reason=because)
    changed = {str(row.membership_id): [row.outcome, outcome.found if outcome else ""]}
    _noted(work, actor, meeting, "attendance.correction_withdrawn", made, because, changed)
    return made


def of_meeting(work: Work, meeting_id: int) -> list[Made]:
    """All corrections ever made to a meeting's outcomes, the latest first."""
    by, ender = aliased(Person), aliased(Person)
    rows = work.db.execute(
        select(Correction, Person.name, by.name, func.coalesce(ender.name, ""))
        .join(Membership, Membership.id == Correction.membership_id)
        .join(Person, Person.id == Membership.person_id)
        .join(by, by.id == Correction.by_id)
        .outerjoin(ender, ender.id == Correction.ended_by)
        .where(Correction.meeting_id == meeting_id)
        .order_by(Correction.id.desc())
    )
    return [Made(*row) for row in rows]


def already(row: Outcome, one: Wanted) -> bool:
    """Whether the row says so already."""
    same_way = one.way is None or one.way == row.mode
    return row.outcome == one.outcome and same_way and one.half_days in (None, row.half_days)


def _check(actor: Actor, row: Outcome | None, one: Wanted) -> None:
    if row is None:
        raise Missing(_l("This member is not in the meeting's report."))
    _not_ones_own(actor, row.person_id)
    if one.outcome not in possible(row):
        raise Invalid(_l("%(name)s was not called in that way.", name=row.name), field="outcome")
    if one.half_days is not None and not 0 <= one.half_days <= row.half_days_held:
        raise Invalid(_l("The meeting had %(held)s half-days.", held=row.half_days_held), field="half_days")
    if already(row, one):
        what = OUTCOME_NAMES[Verdict(row.outcome)]
        raise Invalid(_l("%(name)s is “%(what)s” already.", name=row.name, what=what), field="outcome")


def _not_ones_own(actor: Actor, person_id: int) -> None:
    if person_id == actor.person_id:
        raise NotAllowed(
            _l("Nobody corrects his own attendance. Please ask a colleague, or the office of the unit above.")
        )


def _rows(work: Work, holds: Settlement, membership_ids: Collection[int]) -> dict[int, Outcome]:
    rows = work.db.scalars(
        select(Outcome).where(Outcome.settlement_id == holds.id, Outcome.membership_id.in_(membership_ids))
    )
    return {row.membership_id: row for row in rows}


def _end(work: Work, actor: Actor, meeting: Meeting, membership_ids: Collection[int], reason: str) -> None:
    """Ends the corrections of these that stand."""
    standing = select(Correction).where(
        Correction.meeting_id == meeting.id, Correction.membership_id.in_(membership_ids),
        Correction.ended_at.is_(None),
    )  # fmt: skip
    for row in work.db.scalars(standing):
        row.ended_at, row.ended_by, row.ended_reason = work.now, actor.person_id, reason
    work.db.flush()


def _noted(
    work: Work,
    actor: Actor,
    meeting: Meeting,
    action: str,
    made: Settlement,
    reason: str,
    changed: dict[str, list[str]],
) -> None:
    subject = f"meeting:{meeting.id}"
    audit.note(
        work, actor, action, subject, meeting.host_id, to=made.version, reason=reason, memberships=changed
    )
