"""The people of these tests: the shared cast, and those whom only scheduling needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from consult.core.store import Store, Work
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Meeting
from consult.meetings.plan import Plan
from consult.members.access import Actor, actor_of
from consult.members.models import Membership, Person, Role, RoleGrant
from tests.support.cast import NINE, Cast, at, cast

BEFORE = at(-24 * 60)
"""A day before the meetings, when they are planned."""


@dataclass(frozen=True)
class People:
    """The shared cast; offices of the province, the counties and a reader; a member with two seats."""

    cast: Cast
    province_office: int
    administrator: int
    other_office: int
    reader: int
    both: int

    @property
    def store(self) -> Store:
        return self.cast.store

    def actor(self, role: str) -> Actor:
        """Who that is, by the name of the field or of the shared cast's."""
        person_id = getattr(self.cast, role, None) or getattr(self, role)
        with self.store.read(NINE) as work:
            return actor_of(work, person_id)

    @property
    def office(self) -> Actor:
        return self.actor("office")

    def plan(self, **given: Any) -> Plan:
        """From nine to ten, all members of the county expected."""
        defaults: dict[str, Any] = {
            "title": "推进城乡供水一体化",
            "opens_at": NINE,
            "closes_at": at(60),
            "audience": Audience(units=(self.cast.county,)),
        }
        return Plan(**{**defaults, **given})

    def meeting(self, draft: bool = False, **given: Any) -> Meeting:
        """A meeting of the county, planned the day before by its office."""
        return self.store.write_at(
            BEFORE, scheduling.schedule, self.office, self.cast.county, self.plan(**given), draft=draft
        )


def gather(store: Store) -> People:
    """Writes them into an empty database."""
    shared = cast(store)
    return store.write_at(at(-60 * 47), _gather, shared)


def _gather(work: Work, shared: Cast) -> People:
    def staff(name: str, unit_id: int, role: Role) -> int:
        person = Person(name=name, created_at=work.now)
        work.db.add(person)
        work.db.flush()
        work.db.add(RoleGrant(person_id=person.id, unit_id=unit_id, role=role, granted_at=work.now))
        return person.id

    both = Person(name="买买提·艾力", created_at=work.now, consented_at=work.now)
    work.db.add(both)
    work.db.flush()
    for unit_id, number in ((shared.county, "C7"), (shared.province, "P7")):
        work.db.add(
            Membership(
                unit_id=unit_id, person_id=both.id, number=number, sector="少数民族界",
                committees=["民族宗教委"], post="县政协常委", from_day=date(2022, 1, 1),
            )
        )  # fmt: skip
    return People(
        shared,
        province_office=staff("省政协办公厅", shared.province, Role.ORGANIZER),
        administrator=staff("县管理员", shared.county, Role.ADMINISTRATOR),
        other_office=staff("白塔县政协办公室", shared.other_county, Role.ORGANIZER),
        reader=staff("县读者", shared.county, Role.READER),
        both=both.id,
    )
