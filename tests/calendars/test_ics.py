"""iCalendar files: read strictly, by a reader of ours and by the package; a moved meeting moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.calendars import ics
from consult.meetings import conduct, moves, scheduling
from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Meeting, Mode
from tests.calendars import strict
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at

SITE = "https://consult.example.gov.cn"
OFFICE, WANG = ics.Party("office@example.gov.cn", "清河县政协办公室"), ics.Party("wang@example.com", "王秀兰")
EVENT = ics.Event(
    uid="20260301T000000000000Z-7@meetings.consult",
    sequence=1,
    stamped=BEFORE,
    starts=NINE,
    ends=at(60),
    title="推进城乡供水一体化",
    place="远程",
    host="清河县政协",
    url=f"{SITE}/meetings/7",
    state=State.SCHEDULED,
)
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=120)


def mailed(people: People, meeting: Meeting, now: datetime = BEFORE) -> bytes:
    """The file of a mail about the meeting as it is now in the database."""
    with people.store.read(now) as work:
        meeting = work.db.get_one(Meeting, meeting.id)
        event = ics.event(meeting, moves.state_now(meeting, now), "清河县政协", SITE, meeting.version)
    return ics.message(event, OFFICE, WANG)


@given(title=WORDS, place=WORDS, name=WORDS)
def test_any_text_comes_out_as_it_went_in(title: str, place: str, name: str) -> None:
    data = ics.message(replace(EVENT, title=title, place=place), OFFICE, replace(WANG, name=name))
    event = strict.only(data)
    assert (event.text("SUMMARY"), event.text("LOCATION")) == (title, place)
    (parsed,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert (str(parsed["SUMMARY"]), str(parsed["LOCATION"])) == (title, place)
    assert parsed.errors == []


def test_chinese_lines_are_folded_by_octets_between_characters() -> None:
    data = ics.published([replace(EVENT, title="推进城乡供水一体化，" * 12)])
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) in range(70, strict.WIDEST + 1)
    assert strict.only(data).text("SUMMARY") == "推进城乡供水一体化，" * 12


def test_a_mail_carries_all_that_a_calendar_needs() -> None:
    calendar = strict.read(ics.message(EVENT, OFFICE, WANG))
    (event,) = calendar.inside
    assert calendar["METHOD"] == "REQUEST"
    assert (event["DTSTART"], event["DTEND"]) == ("20260310T010000Z", "20260310T020000Z")
    assert event["URL"] == EVENT.url
    assert EVENT.url in event.text("DESCRIPTION")
    assert event["ORGANIZER"] == "mailto:office@example.gov.cn"
    assert event["ATTENDEE"] == "mailto:wang@example.com"
    assert ("ORGANIZER", {"CN": "清河县政协办公室"}, event["ORGANIZER"]) in event.properties


def test_the_method_of_a_file_can_be_asked() -> None:
    assert ics.method(ics.message(EVENT, OFFICE, WANG)) == "REQUEST"
    assert ics.method(ics.message(EVENT, OFFICE, WANG, off=True)) == "CANCEL"
    assert ics.method(ics.published([EVENT])) == "PUBLISH"


def test_who_is_no_longer_invited_loses_the_meeting_but_is_not_told_that_it_is_cancelled() -> None:
    calendar = strict.read(ics.message(EVENT, OFFICE, WANG, off=True))
    (event,) = calendar.inside
    assert (calendar["METHOD"], event["STATUS"], event.text("SUMMARY")) == (
        "CANCEL",
        "CANCELLED",
        EVENT.title,
    )


def test_a_feed_holds_many_meetings_and_nobody_is_asked_to_answer() -> None:
    other = replace(EVENT, uid="other@meetings.consult", state=State.CANCELLED)
    calendar = strict.read(ics.published([EVENT, other], name="我的会议"))
    assert (calendar["METHOD"], calendar["X-WR-CALNAME"]) == ("PUBLISH", "我的会议")
    assert [event["STATUS"] for event in calendar.inside] == ["CONFIRMED", "CANCELLED"]
    assert calendar.inside[0]["ORGANIZER"] == ics.NO_MAILBOX


def test_a_feed_without_meetings_is_a_calendar() -> None:
    assert strict.read(ics.published([], name="我的会议")).inside == []


def test_a_draft_is_on_no_calendar(sqlite_people: People) -> None:
    meeting = sqlite_people.meeting(draft=True)
    with pytest.raises(ValueError, match="draft"):
        ics.event(meeting, State.DRAFT, "", SITE, 1)


def test_the_same_state_gives_the_same_bytes(people: People) -> None:
    meeting = people.meeting()
    assert mailed(people, meeting) == mailed(people, meeting, BEFORE + timedelta(hours=1))


def _reschedule(people: People, meeting: Meeting) -> None:
    people.store.write_at(
        BEFORE + timedelta(minutes=1), scheduling.reschedule, people.office, meeting.id, meeting.version,
        at(120), at(180),
    )  # fmt: skip


def _postpone(people: People, meeting: Meeting) -> None:
    people.store.write_at(
        BEFORE + timedelta(minutes=1), scheduling.postpone, people.office, meeting.id, meeting.version, "台风"
    )


def _cancel(people: People, meeting: Meeting) -> None:
    people.store.write_at(
        BEFORE + timedelta(minutes=1), scheduling.cancel, people.office, meeting.id, meeting.version, "合并"
    )


@pytest.mark.parametrize(
    ("change", "method", "status", "starts", "title"),
    [
        (_reschedule, "REQUEST", "CONFIRMED", "20260310T030000Z", "推进城乡供水一体化"),
        (_postpone, "REQUEST", "TENTATIVE", "20260310T010000Z", "[Postponed] 推进城乡供水一体化"),
        (_cancel, "CANCEL", "CANCELLED", "20260310T010000Z", "[Cancelled] 推进城乡供水一体化"),
    ],
)
def test_a_change_has_the_same_uid_and_a_higher_sequence(
    people: People,
    change: Callable[[People, Meeting], None],
    method: str,
    status: str,
    starts: str,
    title: str,
) -> None:
    meeting = people.meeting()
    before = strict.only(mailed(people, meeting))
    change(people, meeting)
    calendar = strict.read(mailed(people, meeting))
    (after,) = calendar.inside
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["DTSTAMP"] > before["DTSTAMP"]
    assert (calendar["METHOD"], after["STATUS"], after["DTSTART"]) == (method, status, starts)
    assert after.text("SUMMARY") == title


def test_what_was_postponed_and_gets_a_new_time_is_confirmed_again(sqlite_people: People) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    _postpone(people, meeting)
    with people.store.read() as work:
        _reschedule(people, work.db.get_one(Meeting, meeting.id))
    event = strict.only(mailed(people, meeting))
    assert (event["STATUS"], event["DTSTART"], event["SEQUENCE"]) == ("CONFIRMED", "20260310T030000Z", "3")


def test_only_an_extension_changes_a_calendar_while_a_meeting_is_held(sqlite_people: People) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    planned = mailed(people, meeting)
    assert mailed(people, meeting, at(30)) == planned
    people.store.write_at(
        at(30), conduct.extend, people.office, meeting.id, meeting.version, timedelta(minutes=15)
    )
    longer = strict.only(mailed(people, meeting, at(31)))
    assert (longer["DTEND"], longer["SEQUENCE"]) == ("20260310T021500Z", "2")


def test_the_uid_does_not_depend_on_where_the_site_is() -> None:
    meeting = Meeting(
        id=7, version=1, title="一", mode=Mode.REMOTE, opens_at=NINE, closes_at=at(60), updated_at=BEFORE,
        created_at=datetime(2026, 3, 1, 2, 3, 4, 567, tzinfo=UTC),
    )  # fmt: skip
    here, there = (
        ics.event(meeting, State.SCHEDULED, "", site, 1) for site in (SITE, "http://localhost:8000")
    )
    assert here.uid == there.uid == "20260301T020304000567Z-7@meetings.consult"
    assert here.url != there.url


@pytest.mark.parametrize(
    ("mode", "main", "venue", "street", "told"),
    [
        (Mode.REMOTE, "", "", "", "Remote"),
        (Mode.ON_SITE, "县会议中心", "", "", "县会议中心"),
        (Mode.HYBRID, "", "", "", "Remote"),
        (Mode.HYBRID, "省会议中心", "白塔县分会场", "人民路一号", "白塔县分会场 人民路一号"),
        (Mode.REMOTE, "", "白塔县分会场", "", "白塔县分会场"),
    ],
)
def test_the_place_is_where_the_reader_goes(
    mode: Mode, main: str, venue: str, street: str, told: str
) -> None:
    delegation = Delegation(venue=venue, address=street) if venue else None
    assert ics.place(Meeting(mode=mode, place=main), delegation) == told


def test_a_sub_venue_that_is_changed_has_a_newer_stamp(sqlite_people: People) -> None:
    meeting = sqlite_people.meeting()
    delegation = Delegation(venue="分会场", address="", updated_at=BEFORE + timedelta(hours=2))
    event = ics.event(meeting, State.SCHEDULED, "", SITE, 1, delegation)
    assert (event.stamped, event.place) == (BEFORE + timedelta(hours=2), "分会场")
