"""Where a message leads: who has a seat at a meeting that is on, to its room; all others to its page."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from consult.core.store import Store, Work
from consult.invitations.answering import Wish
from consult.meetings import scheduling
from consult.meetings.models import Meeting
from consult.members.models import Person
from consult.notices import letters, own
from consult.notices.models import Delivery, Notice
from tests.invitations.people import SOON, Circle, assemble
from tests.meetings.people import BEFORE, gather
from tests.notices.people import turn
from tests.support.cast import at

LATER = BEFORE.replace(minute=10)


@pytest.fixture
def circle(store: Store) -> Circle:
    """Everybody has a mailbox, and the first turn has been made."""
    made = assemble(gather(store))

    def give_addresses(work: Work) -> None:
        for person in work.db.scalars(select(Person)):
            person.email = f"{person.id}@example.com"

    store.write(give_addresses)
    turn(store, BEFORE)
    return made


def invited(circle: Circle, meeting: Meeting) -> Meeting:
    turn(circle.store, LATER)
    return meeting


def leads(circle: Circle, role: str, now: datetime, kind: str = "invitation") -> tuple[str, str]:
    """Where his letter leads at that instant, and where the same does in the application."""
    with circle.store.read(now) as work:
        ids = select(Delivery.id).join(Notice).where(Notice.kind == kind, Delivery.channel == "email")
        (parcel,) = letters.packed(
            work, list(work.db.scalars(ids.where(Notice.person_id == circle.id(role))))
        )
        notice = parcel.notice.id
    return parcel.path, circle.store.write_at(now, own.read, circle.actor(role), notice)


def test_who_must_come_is_led_to_the_room_before_he_has_answered(circle: Circle) -> None:
    meeting = invited(circle, circle.meeting())
    room = f"/meetings/{meeting.id}/room"
    assert leads(circle, "wang", SOON) == (room, room)


def test_of_a_sign_up_only_who_has_a_place_is_led_to_the_room(circle: Circle) -> None:
    meeting = invited(circle, circle.sign_up(capacity=1))
    page, room = f"/meetings/{meeting.id}", f"/meetings/{meeting.id}/room"
    assert leads(circle, "wang", SOON) == (page, page)
    for role, wish in (("wang", Wish.COME), ("li", Wish.COME), ("zhao", Wish.DECLINE)):
        circle.answer(role, meeting, wish)
    assert {role: leads(circle, role, SOON)[0] for role in ("wang", "li", "zhao", "both")} == {
        "wang": room, "li": page, "zhao": page, "both": page,
    }  # fmt: skip


def test_a_meeting_that_is_off_or_over_is_read_of_on_its_page(circle: Circle) -> None:
    meeting = invited(circle, circle.meeting())
    assert leads(circle, "li", at(61))[0] == f"/meetings/{meeting.id}"
    office = circle.actor("office")
    circle.store.write_at(SOON, scheduling.cancel, office, meeting.id, meeting.version, "汛情")
    turn(circle.store, SOON)
    assert leads(circle, "wang", SOON, "cancelled")[0] == f"/meetings/{meeting.id}"
    assert leads(circle, "wang", SOON)[0] == f"/meetings/{meeting.id}"
