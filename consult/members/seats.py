"""Members as rows: a person and the seat he holds; created, changed, ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.core.errors import Invalid, Message, Missing, Stale
from consult.core.store import Work
from consult.members import audit, sign_ins
from consult.members.access import ORGANIZING, READING, Actor, lasts
from consult.members.models import Membership, Person, Unit
from consult.members.roster import FIELDS, Value
from consult.members.sheet_cells import Wrong, cell_value

OF_THE_PERSON = ("name", "sex", "ethnic_group", "phone", "email")
OF_THE_SEAT = ("number", "party", "sector", "committees", "post")

_WRONG: Mapping[str, Message] = {
    "not_a_name": _l("This does not look like a name."),
    "not_a_number": _l("This does not look like a member number."),
    "a_date": _l("This does not look like a member number."),
    "digits_lost": _l("This number has been cut short. Please type it in full."),
    "not_a_sex": _l("Please write 男 or 女."),
    "not_a_phone": _l("This is not a phone number."),
    "not_an_email": _l("This is not an email address."),
    "too_long": _l("Too long: at most %(longest)s characters."),
    "formula_error": _l("This is the error of a formula."),
}
_UNREADABLE = _l("This can't be read.")


def values_of(person: Person, seat: Membership) -> dict[str, Value]:
    """What is known of a member, by field, in the order people write it."""
    found = {field: getattr(person, field) for field in OF_THE_PERSON}
    found |= {field: getattr(seat, field) for field in OF_THE_SEAT}
    return {field: tuple(found[field]) if field == "committees" else found[field] for field in FIELDS}


def version_of(values: Mapping[str, Value]) -> str:
    """A mark of these values: another one when one of them has been changed."""
    return hashlib.sha256(msgspec.json.encode(dict(values))).hexdigest()[:16]


def parse(field: str, text: str) -> Value:
    """The value typed for a field, read as a sheet's cell is read. Refuses: Invalid, naming the field."""
    try:
        value = cell_value(field, text)
    except Wrong as wrong:
        message = str(_WRONG.get(wrong.code, _UNREADABLE))
        raise Invalid(message % wrong.params if wrong.code == "too_long" else message, field=field) from wrong
    if field in ("number", "name") and not value:
        raise Invalid(_l("Please fill this in."), field=field)
    return value


def create(work: Work, unit: Unit, values: Mapping[str, Value], person_id: int | None = None) -> Membership:
    """A new seat in the unit from today on, of a new person, or of that one, whose blanks it fills."""
    person = work.db.get_one(Person, person_id) if person_id else Person(created_at=work.now)
    for field in OF_THE_PERSON:
        setattr(person, field, getattr(person, field) or values[field])
    work.db.add(person)
    work.db.flush()
    seat = Membership(unit_id=unit.id, person_id=person.id, from_day=work.today)
    change(person, seat, {field: values[field] for field in OF_THE_SEAT})
    work.db.add(seat)
    return seat


def create_all(work: Work, unit: Unit, rows: Sequence[Mapping[str, Value]]) -> list[Membership]:
    """New seats in the unit from today on, of as many new people, in two statements however many they are."""
    people = [
        Person(created_at=work.now, **{field: values[field] for field in OF_THE_PERSON}) for values in rows
    ]
    work.db.add_all(people)
    work.db.flush()
    made = []
    for person, values in zip(people, rows, strict=True):
        seat = Membership(unit_id=unit.id, person_id=person.id, from_day=work.today)
        change(person, seat, {field: values[field] for field in OF_THE_SEAT})
        made.append(seat)
    work.db.add_all(made)
    work.db.flush()
    return made


def change(person: Person, seat: Membership, values: Mapping[str, Value]) -> None:
    """Gives these fields these values."""
    for field, value in values.items():
        row = person if field in OF_THE_PERSON else seat
        setattr(row, field, list(value) if field == "committees" else value)


def seat_for(work: Work, actor: Actor, membership_id: int) -> tuple[Membership, Person, Unit]:
    """A seat for its unit's organizers, locked. Refuses: Missing, NotAllowed."""
    seat = work.db.get(Membership, membership_id, with_for_update=True)
    unit = work.db.get_one(Unit, seat.unit_id) if seat else None
    if seat is None or unit is None or not actor.holds(unit.path, *READING):
        raise Missing
    actor.require(unit.path, *ORGANIZING)
    return seat, work.db.get_one(Person, seat.person_id), unit


def edit(work: Work, actor: Actor, membership_id: int, seen: str, values: Mapping[str, Value]) -> Membership:
    """Gives a member all these values; `seen` is the version of those the editor had before him.

    Refuses: Missing, NotAllowed, Stale, Invalid (field `number`, if it is somebody else's).
    """
    seat, person, unit = seat_for(work, actor, membership_id)
    old = values_of(person, seat)
    if version_of(old) != seen:
        raise Stale
    changed = {field: value for field, value in values.items() if value != old[field]}
    if "number" in changed:
        lock(work, unit.id)
        taken = select(Membership.id).where(
            Membership.unit_id == unit.id, Membership.number == values["number"], Membership.id != seat.id
        )
        if work.db.scalars(taken.where(lasts(work.today))).first() is not None:
            raise Invalid(_l("Another member has this number."), field="number")
    if changed:
        change(person, seat, changed)
        audit.note(work, actor, "member.edited", f"membership:{seat.id}", unit.id, fields=sorted(changed))
    return seat


def end_term(work: Work, actor: Actor, membership_id: int, day: date) -> Membership:
    """Ends a seat with the day before that one. If it ends at once, its holder is signed out, so that what he
    has open closes; he may sign in again and see what is still his.

    Refuses: Missing, NotAllowed, Invalid (field `day`).
    """
    seat, person, unit = seat_for(work, actor, membership_id)
    if day < seat.from_day:
        raise Invalid(_l("The end must not be before the beginning."), field="day")
    seat.to_day = day
    audit.note(work, actor, "member.term_ended", f"membership:{seat.id}", unit.id, day=day.isoformat())
    if day <= work.today:
        sign_ins.end_all(work, person.id)
    return seat


def lock(work: Work, unit_id: int) -> Unit:
    """The unit, held until commit, so that two don't give one number at the same time."""
    return work.db.get_one(Unit, unit_id, with_for_update=True)
