"""Units that name participants and move their sub-venue: what those named are told, and their calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from consult.calendars import entries
from consult.core.i18n import in_language
from consult.core.store import Store, Work
from consult.invitations import delegations
from consult.invitations.delegations import Venue
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Meeting
from consult.meetings.plan import plan_of
from consult.members.models import Person
from consult.notices import letters
from consult.notices.carrying import Letter
from consult.notices.models import Delivery, Notice
from tests.invitations.people import SOON, Circle, assemble
from tests.meetings.people import gather
from tests.notices.people import turn
from tests.notices.post import FROM, SITE, settings

LIBRARY, HALL = Venue("县图书馆", "二楼"), Venue("县会堂", "人民路 1 号")


@pytest.fixture
def circle(store: Store) -> Circle:
    """The cast with those in charge; 王秀兰 has a mailbox."""
    made = assemble(gather(store))

    def give_addresses(work: Work) -> None:
        work.db.get_one(Person, made.cast.wang).email = "wang@example.com"
        work.db.get_one(Person, made.cast.wang).phone = "13800000001"

    store.write(give_addresses)
    return made


def name(circle: Circle, meeting: Meeting, people: Sequence[str], venue: Venue, now: datetime) -> None:
    """The county names them, and the clock tells of it."""
    seen = circle.delegation(meeting, circle.cast.county).version
    circle.store.write_at(
        now, delegations.name, circle.actor("office"), meeting.id, circle.cast.county, seen, people, venue
    )
    turn(circle.store, now + timedelta(minutes=2))


def last_letter(circle: Circle, kind: str, now: datetime, channel: str = "email") -> Letter:
    """The last one of that kind to 王秀兰, as it would be written now."""
    with circle.store.read(now) as work:
        last = work.db.scalars(
            select(Delivery.id)
            .join(Notice)
            .where(Notice.person_id == circle.cast.wang, Notice.kind == kind, Delivery.channel == channel)
            .order_by(Delivery.id.desc())
        ).first()
        assert last is not None
        (parcel,) = letters.packed(work, [last])
        config = settings(SMTP_URL="smtp://localhost", MAIL_FROM=FROM)
        with in_language("zh_Hans_CN"):
            return letters.written(parcel, config, None, [], now)


def sequence(letter: Letter) -> tuple[str, int]:
    """The method and the SEQUENCE of the letter's calendar part."""
    assert letter.calendar is not None
    (event,) = Calendar.from_ical(letter.calendar.ics).walk("VEVENT")
    return letter.calendar.method, int(str(event["SEQUENCE"]))


def test_who_is_named_no_more_is_taken_out_of_his_calendar_by_a_newer_message(circle: Circle) -> None:
    meeting = circle.of_province()
    name(circle, meeting, ["王秀兰"], LIBRARY, SOON)
    put = sequence(last_letter(circle, "invitation", SOON))
    name(circle, meeting, ["李建国"], LIBRARY, SOON + timedelta(hours=1))
    taken = sequence(last_letter(circle, "withdrawn", SOON + timedelta(hours=1)))
    assert (put[0], taken[0]) == ("REQUEST", "CANCEL")
    assert taken[1] > put[1]


def test_mail_and_download_agree_and_a_moved_sub_venue_is_newer(circle: Circle) -> None:
    meeting, later = circle.of_province(), SOON + timedelta(hours=1)

    def downloaded(now: datetime) -> int:
        with circle.store.read(now) as work:
            return entries.one(work, circle.actor("wang"), meeting.id, SITE).sequence

    name(circle, meeting, ["王秀兰"], LIBRARY, SOON)
    before = downloaded(SOON)
    assert sequence(last_letter(circle, "invitation", SOON))[1] == before
    name(circle, meeting, ["王秀兰"], HALL, later)
    assert downloaded(later) > before


def test_units_that_name_no_longer_do_not_turn_the_calendars_back(circle: Circle) -> None:
    meeting, later = circle.of_province(), SOON + timedelta(hours=1)

    def number() -> int:
        with circle.store.read(SOON) as work:
            return entries.one(work, circle.actor("province_office"), meeting.id, SITE).sequence

    for hours, people in enumerate((["王秀兰"], ["李建国"], [])):
        name(circle, meeting, people, LIBRARY, SOON + timedelta(minutes=10 * hours))
    seen = [number()]
    for naming in ((circle.cast.other_county,), (circle.cast.county, circle.cast.other_county)):
        with circle.store.read(later) as work:
            fresh = work.db.get_one(Meeting, meeting.id)
            plan = replace(plan_of(fresh), audience=Audience(naming=naming))
        circle.store.write_at(
            later,
            scheduling.edit,
            circle.actor("province_office"),
            meeting.id,
            fresh.version,
            plan,
            reason="",
        )
        seen.append(number())
    assert seen == sorted(set(seen))
