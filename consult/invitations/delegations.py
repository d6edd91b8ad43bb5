"""Units below the host that name participants of their own and give their sub-venue (分会场)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.core.text import line
from consult.invitations import standing
from consult.invitations.standing import ANSWERING, RECORDING, deadline_of
from consult.meetings import conflicts, invited, moves
from consult.meetings.audience import MOST_PLACES, Seat, label, named, seats_on
from consult.meetings.changes import not_now
from consult.meetings.conflicts import Conflicting
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.meetings.plan import plan_of
from consult.members import edits, roles
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Person, Unit

LONGEST_VENUE, LONGEST_ADDRESS = 120, 200


@dataclass(frozen=True)
class Venue:
    """Where a unit's participants sit, and who looks after it (one of the unit's staff)."""

    name: str = ""
    address: str = ""
    operator_id: int | None = None


@dataclass(frozen=True)
class Naming:
    """A unit that names: how many it has named and may name (None: as many as it likes), by whom it was."""

    delegation: Delegation
    unit: Unit
    named: int
    places: int | None
    operator: str


def of_meeting(work: Work, actor: Actor, meeting: Meeting) -> list[Naming]:
    """The meeting's units that name, as far as the actor reads there: the host all, others their own and
    those below."""
    host = work.db.get_one(Unit, meeting.host_id)
    paths = ("",) if actor.holds(host.path, *READING) else actor.paths(*READING)
    counted = (
        select(Invitation.named_by_unit, func.count().label("named"))
        .where(Invitation.meeting_id == meeting.id)
        .group_by(Invitation.named_by_unit)
        .subquery()
    )
    rows = work.db.execute(
        select(Delegation, Unit, func.coalesce(counted.c.named, 0), func.coalesce(Person.name, ""))
        .join(Unit, Unit.id == Delegation.unit_id)
        .outerjoin(counted, counted.c.named_by_unit == Unit.id)
        .outerjoin(Person, Person.id == Delegation.operator_id)
        .where(Delegation.meeting_id == meeting.id)
        .where(or_(False, *(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .order_by(Unit.path)
    )
    return [
        Naming(delegation, unit, count, places_of(meeting, delegation), operator)
        for delegation, unit, count, operator in rows
    ]


def places_of(meeting: Meeting, delegation: Delegation) -> int | None:
    """How many the unit may name; None: as many as it likes."""
    return delegation.places or meeting.audience.get("places")


def seats_of(work: Work, meeting: Meeting, unit: Unit) -> list[Seat]:
    """The seats among which the unit may choose: its own and those below it, on the meeting's day."""
    return seats_on(work, unit, plan_of(meeting).day)


def named_by(work: Work, meeting: Meeting, unit: Unit, seats: Sequence[Seat]) -> list[str]:
    """Whom the unit has named so far, as `name` understands them."""
    rows = work.db.scalars(
        select(Invitation.membership_id)
        .where(Invitation.meeting_id == meeting.id, Invitation.named_by_unit == unit.id)
        .order_by(Invitation.membership_id)
    ).all()
    return label(seats, rows)


def name(
    work: Work,
    actor: Actor,
    meeting_id: int,
    unit_id: int,
    version: int,
    people: Sequence[str],
    venue: Venue,
    *,
    careful: bool = False,
) -> Delegation:
    """Names these people, and nobody else, for the unit, and gives its sub-venue.

    Its own office may until the deadline for answers, the host's until the meeting closes.
    Refuses: Missing, NotAllowed, Stale, NotNow; Invalid (fields `names`, `venue`, `address`, `operator`):
    somebody the unit doesn't have, more than it has places, or who was invited by others already;
    Conflicting, if one is `careful` and something is in the way of those who were not named before.
    """
    meeting, delegation, unit = claimed(work, actor, meeting_id, unit_id, version)
    seats = seats_of(work, meeting, unit)
    by_id = {seat.membership_id: seat for seat in seats}
    wanted = {by_id[one].person_id: one for one in named(seats, people, "names")}
    most = places_of(meeting, delegation)
    if most is not None and len(wanted) > most:
        raise Invalid(
            _l("You have %(places)s places and have named %(count)s.", places=most, count=len(wanted)),
            field="names",
        )
    _check_not_invited(work, meeting, unit, wanted)
    rows = work.db.execute(
        select(Invitation.person_id).where(
            Invitation.meeting_id == meeting.id, Invitation.named_by_unit == unit.id
        )
    )
    before = {person_id for (person_id,) in rows}
    _house(work, delegation, unit, venue)  # what is wrong is named before anything is asked
    if careful:
        _require_clear(work, actor, meeting, unit, [by_id[wanted[one]] for one in wanted.keys() - before])
    invited.uninvite(work, meeting, before - wanted.keys())
    invited.add(
        work, meeting, {one: wanted[one] for one in wanted.keys() - before}, named_by=unit.id
    )  # fmt: skip
    invited.keep_in_step(work, meeting)
    delegation.named_at, delegation.named_by = work.now, actor.person_id or None
    return _done(work, actor, delegation, "delegation.named", {"named": (len(before), len(wanted))})


def give_places(
    work: Work, actor: Actor, meeting_id: int, unit_id: int, version: int, places: int | None
) -> Delegation:
    """Gives one unit another number of places than the others have (None: as they have), for the host.

    Whom it has named already stays. Refuses: Missing, NotAllowed, Stale, NotNow, Invalid (field `places`).
    """
    meeting, delegation, _unit = claimed(work, actor, meeting_id, unit_id, version)
    actor.require(work.db.get_one(Unit, meeting.host_id).path, *ORGANIZING)
    if places is not None and not 1 <= places <= MOST_PLACES:
        raise Invalid(_l("Between 1 and %(most)s.", most=MOST_PLACES), field="places")
    was, delegation.places = delegation.places, places
    return _done(work, actor, delegation, "delegation.places", {"places": (was, places)})


def looked_up(work: Work, actor: Actor, meeting: Meeting, unit_id: int) -> tuple[Delegation, Unit]:
    """A unit's delegation, for who reads in it. Refuses: Missing."""
    delegation = work.db.get(Delegation, (meeting.id, unit_id))
    unit = work.db.get(Unit, unit_id)
    if delegation is None or unit is None or not actor.holds(unit.path, *READING):
        raise Missing
    return delegation, unit


def require_open(work: Work, actor: Actor, meeting: Meeting) -> None:
    """Refuses (NotNow) when the actor's office can't name people any more."""
    host, state = work.db.get_one(Unit, meeting.host_id), moves.state_now(meeting, work.now)
    hosting = actor.holds(host.path, *ORGANIZING)
    if state not in (RECORDING if hosting else ANSWERING):
        raise not_now(state)
    if not hosting and work.now >= deadline_of(meeting):
        raise NotNow(
            _l(
                "The time for naming participants is over. Please call the office of %(unit)s.",
                unit=host.name,
            )
        )


def claimed(
    work: Work, actor: Actor, meeting_id: int, unit_id: int, version: int
) -> tuple[Meeting, Delegation, Unit]:
    """A unit's delegation as this verb's alone to change. Refuses: Missing, NotAllowed, NotNow, Stale."""
    meeting = standing.locked(work, actor, meeting_id)
    delegation, unit = looked_up(work, actor, meeting, unit_id)
    if not actor.holds(unit.path, *ORGANIZING):
        raise NotAllowed
    require_open(work, actor, meeting)
    if delegation.version != version:
        raise Stale
    return meeting, delegation, unit


def _check_not_invited(work: Work, meeting: Meeting, unit: Unit, wanted: dict[int, int]) -> None:
    """Nobody is invited twice: who comes second is told who was first."""
    host = work.db.get_one(Unit, meeting.host_id)
    taken = work.db.execute(
        select(Person.name, Unit.name)
        .select_from(Invitation)
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(Unit, Unit.id == Invitation.named_by_unit)
        .where(Invitation.meeting_id == meeting.id, Invitation.person_id.in_(wanted))
        .where(Invitation.named_by_unit.is_(None) | (Invitation.named_by_unit != unit.id))
        .order_by(Person.name)
    ).all()
    if taken:
        who, by = taken[0]
        raise Invalid(
            _l("%(name)s has been invited by %(unit)s already.", name=who, unit=by or host.name),
            field="names",
        )


def _require_clear(
    work: Work, actor: Actor, meeting: Meeting, unit: Unit, seats: Sequence[Seat]
) -> None:  # fmt: skip
    if not seats:
        return
    found = conflicts.of_naming(
        work, actor, meeting, unit, sorted(seats, key=lambda seat: seat.membership_id)
    )
    if found.open:
        raise Conflicting(
            found,
            _l("Something is in the way at that time. Name others, or tick “Name them all the same”."),
        )


def _house(work: Work, delegation: Delegation, unit: Unit, venue: Venue) -> None:
    staff = {one.person.id for one in roles.staff_of(work, unit.id)}
    if venue.operator_id not in {None, delegation.operator_id, *staff}:
        raise Invalid(_l("Please choose one of these."), field="operator")
    delegation.venue = line(venue.name, "venue", longest=LONGEST_VENUE, required=False)
    delegation.address = line(venue.address, "address", longest=LONGEST_ADDRESS, required=False)
    delegation.operator_id = venue.operator_id


def _done(
    work: Work,
    actor: Actor,
    delegation: Delegation,
    action: str,
    changed: dict[str, tuple[object, object]],
) -> Delegation:
    delegation.version += 1
    delegation.updated_at = work.now
    subject = f"meeting:{delegation.meeting_id}:unit:{delegation.unit_id}"
    edits.note(work, actor, action, subject, delegation.unit_id, delegation.version, changed)
    work.db.flush()
    return delegation
