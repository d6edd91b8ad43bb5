"""A member's duty file (履职档案): his meetings with their outcomes, his rates, and what else he gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from consult.core.errors import Missing
from consult.core.store import Work
from consult.members.access import READING, Actor
from consult.members.models import Membership, Person, Unit
from consult.records import rows as records
from consult.records.kinds import Kind
from consult.records.rows import Row
from consult.reports import facts
from consult.reports.dimensions import Dimension
from consult.reports.facts import Fact, Figures, Table
from consult.reports.scope import Scope


@dataclass(frozen=True)
class Duty:
    """What a reader sees of a person's time: his seats, his figures and meetings, and his records by kind."""

    person: Person
    seats: Sequence[tuple[Membership, Unit]]
    by_form: Table
    meetings: Sequence[Fact]
    records: dict[Kind, list[Row]]

    @property
    def figures(self) -> Figures:
        return self.by_form.total


def of(work: Work, actor: Actor, person_id: int, scope: Scope) -> Duty:
    """The duty file of a member for the scope's time. He himself reads all of it, who reads his unit what is
    of that unit. Refuses: Missing, to others."""
    person = work.db.get(Person, person_id)
    seats = work.db.execute(
        select(Membership, Unit)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id)
        .order_by(Unit.path, Membership.from_day)
    ).all()
    own = actor.person_id == person_id
    seen = [(seat, unit) for seat, unit in seats if own or actor.holds(unit.path, *READING)]
    if person is None or not seen:
        raise Missing
    scope = Scope(None, scope.start, scope.end, scope.zone, own=own).within(
        (Dimension.MEMBER, str(person_id))
    )
    kept: dict[Kind, list[Row]] = {}
    days = [moment.astimezone(ZoneInfo(scope.zone)).date() for moment in (scope.start, scope.end)]
    for row in records.own(work, person_id):
        if days[0] <= row.record.day < days[1] and (own or actor.holds(row.unit.path, *READING)):
            kept.setdefault(row.kind, []).append(row)
    return Duty(
        person,
        seen,
        facts.count(work, actor, scope, (Dimension.FORM,)),
        list(facts.rows(work, actor, scope).rows)[::-1],
        kept,
    )
