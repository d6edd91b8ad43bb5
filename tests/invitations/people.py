"""The people of these tests: those of the meetings' tests, and members in charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from consult.core.store import Store, Work
from consult.invitations import answering, standing
from consult.invitations.answering import Wish
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Invited
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Answer, Attending, Delegation, Expected, Invitation, Meeting
from consult.members.access import Actor, actor_of
from consult.members.charges import ChargeKind
from consult.members.models import Charge, Membership, Person
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, Cast, at

SOON = at(-12 * 60)
"""When people answer, unless a test says otherwise: half a day before."""


@dataclass(frozen=True)
class Circle:
    """The people, the convener of 农业界 and the head of 提案委 of the county."""

    people: People
    convener: int
    head: int

    @property
    def cast(self) -> Cast:
        return self.people.cast

    @property
    def store(self) -> Store:
        return self.people.store

    def actor(self, role: str | int) -> Actor:
        """Who that is, by name or id."""
        person_id = role if isinstance(role, int) else self.id(role)
        with self.store.read(NINE) as work:
            return actor_of(work, person_id)

    def id(self, role: str) -> int:
        found: int = (
            getattr(self.cast, role, None)
            or getattr(self, role, None)
            or getattr(self.people, role)
        )  # fmt: skip
        return found

    def meeting(self, **given: Any) -> Meeting:
        return self.people.meeting(**given)

    def sign_up(self, capacity: int | None = None, **given: Any) -> Meeting:
        return self.meeting(attending=Attending.SIGN_UP, capacity=capacity, **given)

    def of_province(self, **given: Any) -> Meeting:
        """A meeting of the province's for which both counties name participants."""
        cast = self.cast
        audience = Audience(naming=(cast.county, cast.other_county), places=given.pop("places", 3))
        plan = self.people.plan(**{"audience": audience, **given})
        office = self.actor("province_office")
        return self.store.write_at(BEFORE, scheduling.schedule, office, cast.province, plan)

    def answer(self, role: str, meeting: Meeting, wish: Wish, now: datetime = SOON) -> Answer:
        return self.store.write_at(now, answering.answer, self.actor(role), meeting.id, wish)

    def stands(self, role: str, meeting: Meeting, now: datetime = SOON) -> Invited:
        with self.store.read(now) as work:
            return standing.invited_to(work, work.db.get_one(Meeting, meeting.id), self.id(role))

    def seat(self, role: str, meeting: Meeting) -> int:
        return self.stands(role, meeting).seat.id

    def expected(self, meeting: Meeting) -> set[int]:
        with self.store.read() as work:
            rows = select(Expected.person_id).where(Expected.meeting_id == meeting.id)
            return set(work.db.scalars(rows))

    def invited(self, meeting: Meeting) -> list[int]:
        with self.store.read() as work:
            rows = select(Invitation.person_id).where(Invitation.meeting_id == meeting.id)
            return sorted(work.db.scalars(rows))

    def requests(self, meeting: Meeting) -> list[LeaveRequest]:
        with self.store.read() as work:
            rows = select(LeaveRequest).where(LeaveRequest.meeting_id == meeting.id).order_by(LeaveRequest.id)
            return list(work.db.scalars(rows))

    def delegation(self, meeting: Meeting, unit_id: int) -> Delegation:
        with self.store.read() as work:
            return work.db.get_one(Delegation, (meeting.id, unit_id))

    def version(self, meeting: Meeting) -> int:
        with self.store.read() as work:
            return work.db.get_one(Meeting, meeting.id).version


def assemble(people: People) -> Circle:
    """Writes who is in charge into the database of these people."""
    return people.store.write_at(at(-60 * 46), _assemble, people)


def _assemble(work: Work, people: People) -> Circle:
    cast = people.cast

    def member(name: str, number: str, sector: str, committees: list[str]) -> int:
        person = Person(name=name, created_at=work.now, consented_at=work.now)
        work.db.add(person)
        work.db.flush()
        work.db.add(
            Membership(
                unit_id=cast.county, person_id=person.id, number=number, sector=sector,
                committees=committees, from_day=date(2022, 1, 1),
            )
        )  # fmt: skip
        return person.id

    convener = member("陈召集", "C8", "农业界", [])
    head = member("周主任", "C9", "教育界", ["提案委"])
    li = work.db.get_one(Membership, cast.seats[cast.li])
    li.committees = ["文史委", "提案委"]
    for kind, name, person_id in (
        (ChargeKind.SECTOR, "农业界", convener),
        (ChargeKind.COMMITTEE, "提案委", head),
    ):
        work.db.add(
            Charge(unit_id=cast.county, kind=kind, name=name, person_id=person_id, given_at=work.now)
        )  # fmt: skip
    return Circle(people, convener, head)
