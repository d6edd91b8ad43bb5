"""Who of the members is on the platform (入驻) by a day: those who have signed in by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, or_, select

from consult.core.clock import zone
from consult.core.store import Work
from consult.members.access import READING, Actor, unit_for
from consult.members.models import Membership, Person, SignIn, Unit


@dataclass(frozen=True, slots=True)
class Joined:
    """A member who had a seat on the day, and whether he was on the platform by its end."""

    person_id: int
    name: str
    number: str
    unit: str
    unit_id: int
    joined: bool


def on(work: Work, actor: Actor, unit_id: int, day: date, clocks: str, *, below: bool) -> list[Joined]:
    """The members of the unit (with those of the units below it) on that day, each person once.

    Whoever agreed to what is recorded of him was signed in. Refuses: Missing, to who does not read.
    """
    unit = unit_for(work, actor, unit_id, *READING)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone(clocks))
    signed_in = exists().where(SignIn.person_id == Person.id, SignIn.began_at < end).correlate(Person)
    found = work.db.execute(
        select(
            Person.id, Person.name, Membership.number, Unit.name, Unit.id,
            or_(signed_in, Person.consented_at < end).label("joined"),
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Unit.path.startswith(unit.path, autoescape=True) if below else Unit.id == unit.id)
        .where(Membership.from_day <= day, Membership.to_day.is_(None) | (Membership.to_day > day))
        .order_by(Unit.path, Membership.number, Membership.id)
    )  # fmt: skip
    seats = [Joined(*one[:-1], bool(one[-1])) for one in found]
    return list({seat.person_id: seat for seat in reversed(seats)}.values())[::-1]
