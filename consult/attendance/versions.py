"""The versions of a meeting's settlement: counted again on an organizer's word, and what differs in two."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.attendance import settle
from consult.attendance.models import Outcome, Settlement
from consult.core.errors import Missing, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.meetings import access
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import READING, Actor
from consult.members.models import Person, Unit

LONGEST_REASON = 500


@dataclass(frozen=True)
class Version:
    """One counting, who asked for it (empty: the clock), and how many people it lists."""

    settlement: Settlement
    by: str
    people: int


@dataclass(frozen=True)
class History:
    """A meeting's versions, the newest first, for who reads its report, and whether he may change it."""

    meeting: Meeting
    versions: list[Version]
    manages: bool


@dataclass(frozen=True)
class Difference:
    """Somebody of whom two versions say different things; None where one does not list him."""

    membership_id: int
    name: str
    unit: str
    before: Outcome | None
    after: Outcome | None


def settle_again(
    work: Work, actor: Actor, meeting_id: int, reason: str, *, seen: int | None = None
) -> Settlement:
    """Counts a settled meeting again from all rows there are by now, as its next version.

    `seen` is the version that the actor looked at. Refuses: Missing, NotAllowed, Invalid (field `reason`);
    NotNow, before it is settled; Stale, when another version holds than he has seen.
    """
    because = line(reason, "reason", longest=LONGEST_REASON)
    meeting, _holds = to_change(work, actor, meeting_id, seen)
    made = settle.settle(work, meeting, by_id=actor.person_id or None, reason=because)
    subject = f"meeting:{meeting.id}"
    audit.note(
        work, actor, "attendance.settled_again", subject, meeting.host_id, to=made.version, reason=because
    )
    return made


def to_change(
    work: Work, actor: Actor, meeting_id: int, seen: int | None = None
) -> tuple[Meeting, Settlement]:
    """The meeting and the version that holds, kept from others until commit, for who may change it.

    Refuses: Missing, NotAllowed, NotNow, Stale, as `settle_again`.
    """
    meeting = access.managed_by(work, actor, meeting_id)
    settle.hold(work, meeting)
    settlement = holds(work, meeting_id)
    if settlement is None:
        raise NotNow(_l("This meeting has not been settled yet. It is counted after it has ended."))
    if seen is not None and seen != settlement.version:
        raise Stale(_l("The attendance has been counted again in the meantime. Please look at it first."))
    return meeting, settlement


def holds(work: Work, meeting_id: int) -> Settlement | None:
    """The version of the meeting's settlement that holds, if it is settled."""
    return work.db.scalars(
        select(Settlement).where(Settlement.meeting_id == meeting_id, Settlement.superseded_at.is_(None))
    ).one_or_none()


def history(work: Work, actor: Actor, meeting_id: int) -> History:
    """The versions of a meeting whose whole report the actor may read. Refuses: Missing."""
    meeting = access.seen_by(work, actor, meeting_id)
    host = work.db.get_one(Unit, meeting.host_id)
    if not actor.holds(host.path, *READING):
        raise Missing
    return History(meeting, _all(work, meeting_id), access.manages(work, actor, meeting))


def _all(work: Work, meeting_id: int) -> list[Version]:
    people = (
        select(func.count())
        .where(Outcome.settlement_id == Settlement.id)
        .correlate(Settlement)
        .scalar_subquery()
    )
    rows = work.db.execute(
        select(Settlement, func.coalesce(Person.name, ""), people)
        .outerjoin(Person, Person.id == Settlement.by_id)
        .where(Settlement.meeting_id == meeting_id)
        .order_by(Settlement.version.desc())
    )
    return [Version(*row) for row in rows]


def differences(work: Work, earlier: Settlement, later: Settlement) -> list[Difference]:
    """Who differs between two versions in what he came to, how long or how he was there, or his half-days."""
    before, after = (
        {
            row.membership_id: row
            for row in work.db.scalars(select(Outcome).where(Outcome.settlement_id == version.id))
        }
        for version in (earlier, later)
    )
    found = []
    for membership_id in sorted(before.keys() | after.keys()):
        was, is_ = before.get(membership_id), after.get(membership_id)
        if _essence(was) != _essence(is_) and (row := is_ or was):
            found.append(Difference(membership_id, row.name, row.unit_name, was, is_))
    return found


def _essence(row: Outcome | None) -> tuple[object, ...]:
    if row is None:
        return ()
    return (row.outcome, row.seconds, row.mode, row.half_days, row.half_days_held, row.corrected_id)
