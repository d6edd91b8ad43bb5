"""What the office prints and hands out: a card for each person, with the link as a QR code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import segno
from markupsafe import Markup
from sqlalchemy import select

from consult.core.store import Work
from consult.members.access import lasts
from consult.members.models import Membership, Person, Unit
from consult.members.sign_in_links import Code

QUIET_ZONE = 4  # modules of white around a QR code


@dataclass(frozen=True)
class Card:
    """One person's card; `seat` says where he belongs."""

    name: str
    seat: str
    number: str
    code: str
    link: str
    qr: Markup


def cards(work: Work, unit: Unit, made: Sequence[tuple[int, Code, str]]) -> list[Card]:
    """A card for each person id, code and link, in that order."""
    ids = [person_id for person_id, _code, _link in made]
    people = {person.id: person for person in work.db.scalars(select(Person).where(Person.id.in_(ids)))}
    seats = {
        seat.person_id: seat
        for seat in work.db.scalars(
            select(Membership)
            .where(Membership.unit_id == unit.id, Membership.person_id.in_(ids))
            .where(lasts(work.today))
        )
    }
    return [
        Card(
            people[person_id].name,
            seats[person_id].sector if person_id in seats else "",
            seats[person_id].number if person_id in seats else people[person_id].account or "",
            code.text,
            link,
            qr(link),
        )
        for person_id, code, link in made
    ]


def qr(link: str) -> Markup:
    """The link as an SVG without any style or size of its own."""
    drawn = segno.make(link, error="m", micro=False)
    return Markup(drawn.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None))  # noqa: S704
