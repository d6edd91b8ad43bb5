"""Objections: a member says that his outcome is not right, and the office answers."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import aliased

from consult.attendance import corrections, versions
from consult.attendance.corrections import Wanted
from consult.attendance.models import Correction, Objection, Outcome, Settlement
from consult.core.errors import Invalid, Message, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line, paragraphs
from consult.meetings import access
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import ORGANIZING, Actor
from consult.members.models import Person, Unit

LONGEST_TEXT = 1000
LONGEST_ANSWER = corrections.LONGEST_REASON


class Claim(enum.StrEnum):
    """What a member says that he was."""

    PRESENT = "present"
    ON_TIME = "on_time"
    ON_LEAVE = "on_leave"
    OTHER = "other"


CLAIMS: Mapping[Claim, Message] = {
    Claim.PRESENT: _l("I was there"),
    Claim.ON_TIME: _l("I was not late, or did not leave early"),
    Claim.ON_LEAVE: _l("I had leave"),
    Claim.OTHER: _l("Something else is wrong"),
}


@dataclass(frozen=True)
class Lodged:
    """An objection with what it is about: whose, which meeting, what the version it is about said, and who
    answered it."""

    objection: Objection
    name: str
    meeting: Meeting
    version: int
    outcome: Outcome
    answered_by: str


def deadline(settlement: Settlement, within: timedelta) -> datetime:
    """The instant from which that version can't be objected to any more."""
    return settlement.at + within


def may_object(settlement: Settlement, earlier: Sequence[Lodged], now: datetime, within: timedelta) -> bool:
    """Whether who has made these objections may object to the version that holds."""
    made = [one.objection for one in earlier]
    waits = any(one.answered_at is None or one.settlement_id == settlement.id for one in made)
    return now < deadline(settlement, within) and not waits


def lodge(work: Work, actor: Actor, meeting_id: int, claim: str, text: str, within: timedelta) -> Objection:
    """The actor objects to his own outcome in the version that holds. Sent twice it is one.

    Refuses: Missing, when he is not in the meeting's report; Invalid (fields `claim`, `text`); NotNow, after
    the deadline, for the second time, and while an earlier one waits.
    """
    said = paragraphs(text, "text", longest=LONGEST_TEXT)
    if claim not in set(Claim):
        raise Invalid(_l("Please choose one of these."), field="claim")
    settlement, row = own(work, actor.person_id, meeting_id)
    work.db.execute(select(Settlement.id).where(Settlement.id == settlement.id).with_for_update())
    if work.now >= deadline(settlement, within):
        days = within.days
        raise NotNow(_l("Objections could be made for %(days)s days. Please call the office.", days=days))
    for earlier in _earlier(work, settlement, row):
        if (earlier.settlement_id, earlier.claim, earlier.text) == (settlement.id, claim, said):
            return earlier
        raise NotNow(_l("You have objected already. The office's answer comes here, and as a notice."))
    objection = Objection(
        meeting_id=meeting_id, settlement_id=settlement.id, membership_id=row.membership_id,
        person_id=actor.person_id, claim=claim, text=said, at=work.now,
    )  # fmt: skip
    work.db.add(objection)
    work.db.flush()
    _noted(work, actor, objection, "attendance.objected", claim=claim, to=settlement.version)
    return objection


def accept(work: Work, actor: Actor, objection_id: int, wanted: Wanted, answer: str) -> Objection:
    """The office agrees: the outcome is corrected, and the next version made, in the same transaction.

    Where it has been put right already, nothing is counted again. Refuses: Missing, Stale, NotAllowed and
    Invalid, as `refuse` and `corrections.correct`.
    """
    said = line(answer, "answer", longest=LONGEST_ANSWER)
    objection = _to_answer(work, actor, objection_id)
    if wanted.membership_id != objection.membership_id:
        raise Invalid
    _holds, row = own(work, objection.person_id, objection.meeting_id)
    if not corrections.already(row, wanted):
        corrections.correct(work, actor, objection.meeting_id, [wanted], said)
    standing = select(Correction.id).where(
        Correction.meeting_id == objection.meeting_id, Correction.ended_at.is_(None),
        Correction.membership_id == objection.membership_id,
    )  # fmt: skip
    objection.correction_id = work.db.scalar(standing)
    return _answered(work, actor, objection, said, accepted=True)


def refuse(work: Work, actor: Actor, objection_id: int, answer: str) -> Objection:
    """The office says why the outcome stands.

    Refuses: Missing; NotAllowed, also for one's own objection; Stale, when it was answered in the meantime;
    Invalid (field `answer`).
    """
    said = line(answer, "answer", longest=LONGEST_ANSWER)
    return _answered(work, actor, _to_answer(work, actor, objection_id), said, accepted=False)


def own(work: Work, person_id: int, meeting_id: int) -> tuple[Settlement, Outcome]:
    """The version that holds, and the person's own outcome in it. Refuses: Missing."""
    row = work.db.execute(
        select(Settlement, Outcome)
        .join(Outcome, Outcome.settlement_id == Settlement.id)
        .where(Settlement.meeting_id == meeting_id, Settlement.superseded_at.is_(None))
        .where(Outcome.person_id == person_id)
    ).first()
    if row is None:
        raise Missing
    return row[0], row[1]


def seen_by(work: Work, actor: Actor, objection_id: int) -> Lodged:
    """An objection to a meeting that the actor may change. Refuses: Missing, NotAllowed."""
    objection = work.db.get(Objection, objection_id)
    if objection is None:
        raise Missing
    access.managed_by(work, actor, objection.meeting_id)
    return _listed(work, Objection.id == objection_id)[0]


def open_to(work: Work, actor: Actor) -> list[Lodged]:
    """The objections that wait for the actor's offices, the oldest first."""
    hosts = (Unit.path.startswith(path, autoescape=True) for path in actor.paths(*ORGANIZING))
    return _listed(
        work, or_(false(), *hosts), Objection.answered_at.is_(None), Objection.person_id != actor.person_id
    )


def of_meeting(work: Work, meeting_id: int) -> list[Lodged]:
    """All objections to a meeting's outcomes, the oldest first."""
    return _listed(work, Objection.meeting_id == meeting_id)


def of_person(work: Work, person_id: int, meeting_ids: Sequence[int]) -> dict[int, list[Lodged]]:
    """The person's own objections by meeting, the oldest first."""
    found: dict[int, list[Lodged]] = {}
    for one in _listed(work, Objection.person_id == person_id, Objection.meeting_id.in_(meeting_ids)):
        found.setdefault(one.meeting.id, []).append(one)
    return found


def _listed(work: Work, *where: ColumnElement[bool]) -> list[Lodged]:
    office = aliased(Person)
    rows = work.db.execute(
        select(Objection, Person.name, Meeting, Settlement.version, Outcome, func.coalesce(office.name, ""))
        .join(Person, Person.id == Objection.person_id)
        .join(Meeting, Meeting.id == Objection.meeting_id)
        .join(Unit, Unit.id == Meeting.host_id)
        .join(Settlement, Settlement.id == Objection.settlement_id)
        .join(
            Outcome,
            (Outcome.settlement_id == Settlement.id) & (Outcome.membership_id == Objection.membership_id),
        )
        .outerjoin(office, office.id == Objection.answered_by)
        .where(*where)
        .order_by(Objection.at, Objection.id)
    )
    return [Lodged(*row) for row in rows]


def _earlier(work: Work, settlement: Settlement, row: Outcome) -> Sequence[Objection]:
    """What stands in the way of another objection: one to this version, or one that waits for its answer."""
    return work.db.scalars(
        select(Objection)
        .where(Objection.meeting_id == settlement.meeting_id, Objection.membership_id == row.membership_id)
        .where(or_(Objection.settlement_id == settlement.id, Objection.answered_at.is_(None)))
    ).all()


def _to_answer(work: Work, actor: Actor, objection_id: int) -> Objection:
    objection = work.db.get(Objection, objection_id)
    if objection is None:
        raise Missing
    versions.to_change(work, actor, objection.meeting_id)
    if objection.person_id == actor.person_id:
        raise NotAllowed(_l("Nobody answers his own objection. Please ask a colleague."))
    work.db.refresh(objection)
    if objection.answered_at is not None:
        raise Stale(_l("This objection has been answered in the meantime."))
    return objection


def _answered(work: Work, actor: Actor, objection: Objection, said: str, *, accepted: bool) -> Objection:
    objection.answered_at, objection.answered_by = work.now, actor.person_id
    objection.accepted, objection.answer = accepted, said
    work.db.flush()
    _noted(work, actor, objection, "attendance.objection_answered", accepted=accepted, reason=said)
    return objection


def _noted(work: Work, actor: Actor, objection: Objection, action: str, **details: object) -> None:
    host_id = work.db.get_one(Meeting, objection.meeting_id).host_id
    subject = f"meeting:{objection.meeting_id}"
    audit.note(work, actor, action, subject, host_id, membership=objection.membership_id, **details)
