"""Units that name participants and move their sub-venue: what those named are told, and their calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import event, select

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
from consult.notices import letters, own
from consult.notices.carrying import Letter
from consult.notices.models import Delivery, Notice
from tests.invitations.people import SOON, Circle, assemble
from tests.meetings.people import BEFORE, gather
from tests.notices.people import last_data, told, turn
from tests.notices.post import FROM, SITE, settings
from tests.support.cast import at

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


def test_a_moved_sub_venue_is_told_once_from_old_to_new_to_those_who_sit_there(circle: Circle) -> None:
    meeting, cast, later = circle.of_province(), circle.cast, SOON + timedelta(hours=1)
    name(circle, meeting, ["王秀兰", "李建国"], LIBRARY, SOON)
    elsewhere = (meeting.id, cast.other_county, 1, ["钱进"], LIBRARY)
    circle.store.write_at(SOON, delegations.name, circle.actor("other_office"), *elsewhere)
    turn(circle.store, SOON + timedelta(minutes=2))
    put = sequence(last_letter(circle, "invitation", SOON))
    for minute, venue in enumerate((Venue("县影院"), Venue("县医院"), HALL)):
        seen = circle.delegation(meeting, cast.county).version
        now = later + timedelta(minutes=minute)
        circle.store.write_at(
            now, delegations.name, circle.actor("office"), meeting.id, cast.county, seen,
            ["王秀兰", "李建国"], venue,
        )  # fmt: skip
        turn(circle.store, now + timedelta(seconds=30))
    for minutes in (5, 6, 60):
        turn(circle.store, later + timedelta(minutes=minutes))
    assert told(circle.store, "sub_venue", "change") == {cast.wang: ["sub_venue"], cast.li: ["sub_venue"]}
    data = last_data(circle.store, "sub_venue")
    assert (data["old"], data["new"]) == ("县图书馆 二楼", "县会堂 人民路 1 号")
    moved = sequence(last_letter(circle, "sub_venue", later))
    assert (moved[0], moved[1] > put[1]) == ("REQUEST", True)


def test_a_sub_venue_that_is_moved_back_in_time_is_no_news(circle: Circle) -> None:
    meeting = circle.of_province()
    name(circle, meeting, ["王秀兰"], LIBRARY, SOON)
    for minute, venue in enumerate((HALL, LIBRARY)):
        seen = circle.delegation(meeting, circle.cast.county).version
        circle.store.write_at(
            SOON + timedelta(hours=1, minutes=minute), delegations.name, circle.actor("office"), meeting.id,
            circle.cast.county, seen, ["王秀兰"], venue,
        )  # fmt: skip
    turn(circle.store, SOON + timedelta(hours=2))
    assert told(circle.store, "sub_venue") == {}


def test_a_meeting_and_a_sub_venue_that_both_moved_while_it_was_off_are_told_when_it_is_on(
    circle: Circle,
) -> None:
    meeting, office = circle.of_province(), circle.actor("province_office")
    name(circle, meeting, ["王秀兰"], LIBRARY, SOON)
    seen = circle.version(meeting)
    circle.store.write_at(SOON, scheduling.postpone, office, meeting.id, seen, "雨雪")
    turn(circle.store, SOON)
    moved = (meeting.id, seen + 1, at(1440), at(1500))
    circle.store.write_at(SOON, scheduling.reschedule, office, *moved)
    name(circle, meeting, ["王秀兰"], HALL, SOON + timedelta(minutes=1))
    turn(circle.store, SOON + timedelta(hours=1))
    assert told(circle.store)[circle.cast.wang] == ["invitation", "postponed", "change", "sub_venue"]


def test_sub_venues_that_are_edited_without_end_are_told_all_the_same(circle: Circle) -> None:
    meeting, later = circle.of_province(), SOON + timedelta(hours=1)
    name(circle, meeting, ["王秀兰"], LIBRARY, SOON)
    for minute in range(22):
        assert told(circle.store, "sub_venue") == {}, minute
        seen = circle.delegation(meeting, circle.cast.county).version
        now = later + timedelta(minutes=minute)
        circle.store.write_at(
            now, delegations.name, circle.actor("office"), meeting.id, circle.cast.county, seen, ["王秀兰"],
            Venue(f"第 {minute} 会议室"),
        )  # fmt: skip
        turn(circle.store, now)
        if minute == 20:
            break
    assert told(circle.store, "sub_venue") == {circle.cast.wang: ["sub_venue"]}


@pytest.mark.parametrize("kind", ["invitation", "reminder"])
def test_a_text_message_names_the_sub_venue(circle: Circle, kind: str) -> None:
    meeting = circle.of_province()
    name(circle, meeting, ["王秀兰"], HALL, SOON)
    turn(circle.store, at(-30))
    said = last_letter(circle, kind, at(-30), "sms").lines
    assert ["您所在单位的分会场：县会堂 人民路 1 号" in line for line in said] == [True]
    assert meeting.title in said[0]


def test_one_who_was_called_by_the_rules_sits_with_his_unit(circle: Circle) -> None:
    """As his calendar and the meeting's page say, so does the mail."""
    cast = circle.cast
    rule = Audience(also=(cast.seats[cast.wang],), naming=(cast.county,))
    meeting = circle.of_province(audience=rule)
    turn(circle.store, BEFORE + timedelta(hours=1))
    name(circle, meeting, ["李建国"], HALL, SOON)
    assert told(circle.store, "sub_venue") == {cast.wang: ["sub_venue"]}
    turn(circle.store, at(-30))
    assert any("县会堂" in line for line in last_letter(circle, "reminder", at(-30)).lines)


def test_one_s_notices_name_the_sub_venue_with_as_many_queries_for_many_as_for_one(circle: Circle) -> None:
    asked: list[str] = []
    event.listen(circle.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for number in range(1, 4):
        meeting = circle.of_province(
            title=f"第 {number} 次", opens_at=at(number * 100), closes_at=at(number * 100 + 60)
        )
        name(circle, meeting, ["王秀兰"], HALL, SOON)
        with circle.store.read(SOON) as work:
            asked.clear()
            page = own.listed(work, circle.actor("wang"), 1)
            counts.append(len(asked))
        assert set(page.sub_venues.values()) == {"县会堂 人民路 1 号"}
        assert len(page.sub_venues) == number
    assert len(set(counts)) == 1


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
