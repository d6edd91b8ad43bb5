"""Objections to attendance: the office is told that one waits, the member that it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from consult.attendance.models import Objection
from consult.core.store import Work
from consult.meetings.models import Meeting
from consult.members.models import Person
from consult.notices.delegations import organizers_of
from consult.notices.kinds import Kind
from consult.notices.known import about
from consult.notices.outbox import Telling, tell
from consult.notices.policy import Policy
from consult.notices.sources import Source, instant, last, not_told, second


def _lodged(work: Work, up_to: int) -> Sequence[int]:
    return work.db.scalars(
        select(Objection.id)
        .where(Objection.id > up_to, Objection.answered_at.is_(None))
        .where(not_told("objection", Objection.id, Kind.OBJECTION, Objection.id))
    ).all()


def _tell_office(work: Work, policy: Policy, objection_id: int) -> None:
    row = work.db.get_one(Objection, objection_id)
    meeting = work.db.get_one(Meeting, row.meeting_id)
    name = work.db.get_one(Person, row.person_id).name
    data = {**about(work, meeting), "name": name, "text": row.text, "objection": row.id}
    telling = Telling(Kind.OBJECTION, f"objection:{row.id}", row.id, data, meeting.id)
    tell(work, policy, organizers_of(meeting.host_id), telling)


def _answered(work: Work, up_to: int) -> Sequence[int]:
    return work.db.scalars(
        select(Objection.id)
        .where(Objection.answered_at >= instant(up_to))
        .where(not_told("objection", Objection.id, Kind.OBJECTION_ANSWERED, Objection.id))
    ).all()


def _tell_member(work: Work, policy: Policy, objection_id: int) -> None:
    row = work.db.get_one(Objection, objection_id)
    meeting = work.db.get_one(Meeting, row.meeting_id)
    data = {**about(work, meeting), "accepted": row.accepted, "answer": row.answer}
    telling = Telling(Kind.OBJECTION_ANSWERED, f"objection:{row.id}", row.id, data, meeting.id)
    tell(work, policy, [row.person_id], telling)


SOURCES = (
    Source("objections", last(Objection.id), _lodged, _tell_office),
    Source("objections answered", second, _answered, _tell_member),
)
