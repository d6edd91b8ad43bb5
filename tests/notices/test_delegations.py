"""Who is told for a unit: its organizers, or the nearest above it."""

from __future__ import annotations

from sqlalchemy import delete

from consult.members.models import RoleGrant
from consult.notices.delegations import organizers_of
from tests.meetings.people import People


def test_a_unit_without_organizers_is_looked_after_by_the_nearest_above(people: People) -> None:
    cast = people.cast

    def told(unit_id: int) -> set[int]:
        with people.store.read() as work:
            return set(work.db.scalars(organizers_of(unit_id)))

    assert told(cast.county) == {cast.office, people.administrator}
    people.store.write(
        lambda work: work.db.execute(delete(RoleGrant).where(RoleGrant.unit_id == cast.county)) and None
    )
    assert told(cast.county) == told(cast.province) == {people.province_office}
    assert told(cast.other_county) == {people.other_office}
