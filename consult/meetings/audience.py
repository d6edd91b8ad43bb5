"""Who is expected at a meeting: what the organizer picked, and the people it comes to on the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.core.errors import Invalid
from consult.core.store import Work
from consult.members.access import ORGANIZING, Actor
from consult.members.models import Membership, Person, Unit

MOST_PICKED = 2000  # entries in one list of an audience
MOST_PLACES = 100_000


@dataclass(frozen=True)
class Audience:
    """Who is expected, as it was picked.

    Members of the `units`, and of the `trees` (each unit with all below it); of these only those who have one
    of the `sectors`, sit on one of the `committees` or whose post has one of the words in `posts`, where any
    of these is given. `also` are memberships added by name, `minus` those left out, with all seats of theirs.
    `observers` are memberships invited to observe (列席), whatever else was picked; they are not expected.
    The units of `naming` name participants of their own, each at most `places` (None: as many as it likes).
    """

    units: tuple[int, ...] = ()
    trees: tuple[int, ...] = ()
    sectors: tuple[str, ...] = ()
    committees: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    also: tuple[int, ...] = ()
    minus: tuple[int, ...] = ()
    observers: tuple[int, ...] = ()
    naming: tuple[int, ...] = ()
    places: int | None = None

    def __post_init__(self) -> None:
        if self.places is not None and not 1 <= self.places <= MOST_PLACES:
            raise Invalid(_l("Between 1 and %(most)s.", most=MOST_PLACES), field="places")
        for part in fields(self):
            picked = getattr(self, part.name)
            if isinstance(picked, tuple) and len(picked) > MOST_PICKED:
                raise Invalid(
                    _l("At most %(most)s can be picked one by one.", most=MOST_PICKED), field=part.name
                )

    def as_data(self) -> dict[str, Any]:
        """As it is stored: only what was picked."""
        return {
            name: list(picked) if isinstance(picked, tuple) else picked
            for name, picked in asdict(self).items()
            if picked
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `as_data` gave."""
        kept: dict[str, Any] = {
            name: tuple(picked) if isinstance(picked, list) else picked for name, picked in data.items()
        }
        return cls(**kept)


@dataclass(frozen=True)
class Seat:
    """A seat in the host's unit or below it, on a day."""

    membership_id: int
    person_id: int
    name: str
    number: str
    unit_id: int
    unit_path: str
    unit: str
    sector: str
    committees: tuple[str, ...]
    post: str


@dataclass(frozen=True)
class Resolved:
    """The people expected, one seat each; of how many further seats, and how many people were left out; and
    who is invited to observe."""

    seats: tuple[Seat, ...]
    further_seats: int
    left_out: int
    observers: tuple[Seat, ...] = ()


def resolve(work: Work, actor: Actor, host: Unit, audience: Audience, day: date) -> Resolved:
    """The people whom the audience means on that day, among members of the host and of units below it.

    Each person once: of several seats that qualify, the one nearest to the host counts (of equally near ones
    the older), as for everyone who comes. Refuses: NotAllowed.
    """
    actor.require(host.path, *ORGANIZING)
    return picked(seats_on(work, host, day), audience)


def seats_on(work: Work, host: Unit, day: date) -> list[Seat]:
    """All seats in the host's unit and below it that last on that day, the nearest to the host first."""
    rows = work.db.execute(
        select(
            Membership.id, Membership.person_id, Person.name, Membership.number,
            Unit.id, Unit.path, Unit.name, Membership.sector, Membership.committees, Membership.post,
        )
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Unit.path.startswith(host.path, autoescape=True))
        .where(Membership.from_day <= day, Membership.to_day.is_(None) | (Membership.to_day > day))
        .order_by(func.length(Unit.path), Membership.id)
    )  # fmt: skip
    return [Seat(*row[:8], committees=tuple(row[8]), post=row[9]) for row in rows]


def picked(seats: Sequence[Seat], audience: Audience) -> Resolved:
    """The people among these seats (the nearest to the host first) whom the audience means. Pure."""
    left_out = {seat.person_id for seat in seats if seat.membership_id in audience.minus}
    observing = _one_each(
        seat for seat in seats if seat.membership_id in audience.observers and seat.person_id not in left_out
    )
    meant = [seat for seat in seats if _meant(seat, audience) and seat.person_id not in observing]
    called = [seat for seat in meant if seat.person_id not in left_out]
    nearest = _one_each(called)
    return Resolved(
        tuple(nearest.values()),
        further_seats=len(called) - len(nearest),
        left_out=len({seat.person_id for seat in meant} & left_out),
        observers=tuple(observing.values()),
    )


def _one_each(seats: Iterable[Seat]) -> dict[int, Seat]:
    """By person the first of his seats."""
    nearest: dict[int, Seat] = {}
    for seat in seats:
        nearest.setdefault(seat.person_id, seat)
    return nearest


def named(seats: Sequence[Seat], typed: Iterable[str], field: str) -> tuple[int, ...]:
    """The memberships meant by names or member numbers, as `label` writes them.

    Refuses: Invalid, naming `field`: a name nobody has, or that several people have.
    """
    known: dict[str, dict[int, Seat]] = {}
    for seat in seats:
        for way in (seat.name, seat.number, with_number(seat)):
            known.setdefault(way, {}).setdefault(seat.person_id, seat)
    found: dict[int, None] = {}
    for name in typed:
        people = list(known.get(name, {}).values())
        if not people:
            raise Invalid(_l("There is no member “%(name)s” here.", name=name), field=field)
        if len(people) > 1:
            which = "、".join(with_number(seat) for seat in people[:5])
            raise Invalid(_l("“%(name)s” may be any of: %(which)s.", name=name, which=which), field=field)
        found[people[0].membership_id] = None
    return tuple(found)


def people_called(seats: Sequence[Seat], typed: str) -> list[Seat]:
    """The people whom a name, a member number or what `label` writes may mean, a seat each."""
    found: dict[int, Seat] = {}
    for seat in seats:
        if typed in (seat.name, seat.number, with_number(seat)):
            found.setdefault(seat.person_id, seat)
    return list(found.values())


def label(seats: Sequence[Seat], membership_ids: Iterable[int]) -> list[str]:
    """These memberships by name, with the number where several people share it; those gone are left out."""
    by_id = {seat.membership_id: seat for seat in seats}
    bearers: dict[str, set[int]] = {}
    for seat in seats:
        bearers.setdefault(seat.name, set()).add(seat.person_id)
    return [
        with_number(seat) if len(bearers[seat.name]) > 1 else seat.name
        for seat in (by_id[one] for one in membership_ids if one in by_id)
    ]


def with_number(seat: Seat) -> str:
    """A member by name and number, where names alone would not tell who is meant."""
    return f"{seat.name}（{seat.number}）"


def _meant(seat: Seat, audience: Audience) -> bool:
    if seat.membership_id in audience.also:
        return True
    tree = any(f"/{unit_id}/" in seat.unit_path for unit_id in audience.trees)
    if not tree and seat.unit_id not in audience.units:
        return False
    if not (audience.sectors or audience.committees or audience.posts):
        return True
    return (
        seat.sector in audience.sectors
        or any(one in audience.committees for one in seat.committees)
        or any(word in seat.post for word in audience.posts)
    )
