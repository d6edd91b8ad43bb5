"""The first page: what is next for a member, and what an office has before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from consult.attendance import leases, settle
from consult.attendance.models import Lease, Presence
from consult.core import clock
from consult.core.store import Work
from consult.home import asked, today
from consult.home.today import Need
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.deadlines import Limits
from consult.meetings.models import Meeting
from consult.topics import calls
from tests.meetings.people import People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter

EIGHT = at(-60)


@pytest.fixture
def people(sqlite_people: People) -> People:
    return sqlite_people


def planned(people: People, opens_at: datetime, lasting: int = 60, **given: Any) -> Meeting:
    """A meeting of the county, planned long before; `draft=True` for a draft."""
    draft = given.pop("draft", False)
    plan = people.plan(opens_at=opens_at, closes_at=opens_at + timedelta(minutes=lasting), **given)
    return people.store.write_at(
        opens_at - timedelta(days=30),
        scheduling.schedule,
        people.office,
        people.cast.county,
        plan,
        draft=draft,
    )


def next_of(people: People, role: str, now: datetime) -> tuple[str | None, list[str]]:
    with people.store.read(now) as work:
        actor = people.actor(role)
        own = asked.of_member(work, actor, today.coming(work, actor))
    others = [one for one in (*own.unanswered, *own.later) if one is not own.next]
    return own.next and own.next.meeting.title, [one.meeting.title for one in others]


# A member


def test_what_is_open_comes_before_what_is_next(people: People) -> None:
    planned(people, NINE, title="正在开的")
    planned(people, at(90), title="下一场")
    planned(people, at(7 * 24 * 60), title="下周的")
    planned(people, at(-7 * 24 * 60), title="上周的")
    planned(people, at(30), title="草稿", draft=True)
    assert next_of(people, "wang", EIGHT) == ("正在开的", ["下一场", "下周的"])
    assert next_of(people, "wang", at(59)) == ("正在开的", ["下一场", "下周的"])
    assert next_of(people, "wang", at(60)) == ("下一场", ["下周的"])


def test_who_is_on_leave_or_not_expected_has_something_else_next(people: People) -> None:
    first = planned(people, NINE, title="请了假的")
    planned(
        people, at(90), title="别的界别", audience=Audience(units=(people.cast.county,), sectors=("农业界",))
    )
    planned(people, at(180), title="下一场")
    wang = people.cast.seats[people.cast.wang]
    people.store.write_at(EIGHT, conduct.excuse, people.office, first.id, wang, "住院")
    assert next_of(people, "wang", EIGHT) == ("下一场", ["请了假的"])
    assert next_of(people, "outsider", EIGHT) == (None, [])


def test_a_cancelled_meeting_is_not_next(people: People) -> None:
    meeting = planned(people, NINE, title="取消的")
    people.store.write_at(EIGHT, scheduling.cancel, people.office, meeting.id, 1, "另行安排")
    assert next_of(people, "wang", EIGHT) == (None, [])


@pytest.mark.parametrize(
    ("minutes", "button", "leads"),
    [
        (-20, "Go into the meeting", "/room"),
        (10, "Go into the lobby", "/room"),
        (60, "Look at the meeting", ""),
    ],
)
def test_one_large_button_leads_where_the_member_can_go_now(
    people: People, enter: Enter, minutes: int, button: str, leads: str
) -> None:
    meeting = planned(people, clock.now() + timedelta(minutes=minutes))
    page = enter(people.cast.wang).get("/").text
    assert page.count("button main big") + page.count("button big") == 1
    assert f'href="/meetings/{meeting.id}{leads}">{button}</a>' in page


def test_the_nearest_unanswered_stand_open_and_the_others_are_counted_and_folded(
    people: People, enter: Enter
) -> None:
    visitor = enter(people.cast.wang)
    for days in range(5):
        planned(people, clock.now() + timedelta(days=2 + days), title=f"第{days + 1}场会")
    shown, *folded = visitor.get("/").text.split("<details><summary>")
    assert ("第3场会" in shown, "第4场会" in shown) == (True, False)
    assert folded[0].startswith("2 more meetings wait for your answer</summary>")
    assert (shown.count('value="come"'), folded[0].count('value="come"')) == (3, 2)
    planned(people, clock.now() + timedelta(days=1), title="明天的会")
    assert "3 more meetings wait" in visitor.get("/").text


def test_a_member_sees_what_became_of_past_meetings(people: People, enter: Enter) -> None:
    meeting = planned(people, clock.now() - timedelta(days=3), title="上次的会议")
    people.store.write_at(clock.now() - timedelta(days=2), moves.advance_due)
    people.store.write(settle.settle_due)
    page = enter(people.cast.wang).get("/").text
    assert f'href="/meetings/{meeting.id}/report">上次的会议</a>' in page
    assert 'data-is="absent"' in page
    assert "No meeting is planned for you now" in page


def test_a_member_without_any_meeting_is_told_what_will_be_here(people: People, enter: Enter) -> None:
    page = enter(people.cast.wang).get("/")
    assert page.status_code == 200
    assert "No meeting is planned for you now" in page.text
    assert "After your first meeting" in page.text


# An office


def test_the_office_s_day_has_its_meetings_and_who_is_there(people: People, enter: Enter) -> None:
    meeting = planned(people, clock.now() - timedelta(minutes=5), title="正在开的会")
    people.store.write(_present, meeting.id, people.cast.wang)
    page = enter(people.cast.office).get("/").text
    assert "正在开的会" in page
    assert "1 there of 4 expected" in page
    assert f'href="/meetings/{meeting.id}/room"' in page


def _present(work: Work, meeting_id: int, person_id: int) -> None:
    work.db.add(Lease(process="web-1", kind=leases.WEB, started_at=work.now, renewed_at=work.now))
    work.db.add(
        Presence(
            meeting_id=meeting_id, person_id=person_id, membership_id=1, channel="browser",
            joined_at=work.now, seen_at=work.now, process="web-1",
        )
    )  # fmt: skip


def test_the_clock_s_health_is_told_with_its_next_act(people: People, enter: Enter) -> None:
    planned(people, clock.now() + timedelta(days=2))
    office = enter(people.cast.office)
    assert "No clock is running" in office.get("/").text
    people.store.write(leases.renew, "clock-1", leases.CLOCK)
    page = office.get("/").text
    assert "The clock is well" in page
    assert "The lobby opens by itself" in page
    people.store.write(leases.end, "clock-1")
    assert "No clock is running" in office.get("/").text


def test_a_clock_that_fell_silent_is_not_well(people: People) -> None:
    people.store.write_at(NINE, leases.renew, "clock-1", leases.CLOCK)
    for seconds, alive in ((14, True), (15, False)):
        with people.store.read(NINE + timedelta(seconds=seconds)) as work:
            assert today.clock_health(work).alive is alive


LIMITS = Limits(notice=15, materials=10, minutes=7)


def needs(people: People, role: str = "office", now: datetime = EIGHT) -> list[tuple[str, str, bool]]:
    with people.store.read(now) as work:
        found = today.needs(work, people.actor(role), LIMITS)
    return [(str(need.matter), _whose(need), need.bad) for need in found if not need.deadline]


def _whose(need: Need) -> str:
    if need.meeting is not None:
        return need.meeting.title
    assert need.unit is not None
    return f"{need.unit.name} {need.count}"


def test_what_needs_a_hand_is_listed_until_it_is_seen_to(people: People) -> None:
    link = "https://meeting.example/1"
    planned(people, at(24 * 60), title="齐全的", video_link=link)
    planned(people, at(2 * 24 * 60), title="没有链接的")
    planned(people, at(20 * 24 * 60), title="还早的")
    planned(people, at(4 * 24 * 60), title="没有人的", video_link=link, audience=Audience())
    planned(people, at(5 * 24 * 60), title="草稿", draft=True)
    off = planned(people, at(6 * 24 * 60), title="延期的", video_link=link)
    people.store.write_at(EIGHT, scheduling.postpone, people.office, off.id, 1, "雨雪")
    accounts = ("Never signed in", "清河县政协 4", False)
    assert needs(people) == [
        ("No video link", "没有链接的", True),
        ("Nobody is expected", "没有人的", False),
        ("Still a draft", "草稿", False),
        ("Needs a new time", "延期的", False),
        accounts,
    ]
    people.store.write_at(
        EIGHT, scheduling.reschedule, people.office, off.id, 2, at(9 * 24 * 60), at(9 * 24 * 60 + 60)
    )
    assert ("Needs a new time", "延期的", False) not in needs(people)
    assert needs(people, "reader") == []
    assert needs(people, "wang") == []


def test_deadlines_that_are_near_or_missed_need_a_hand(people: People) -> None:
    planned(people, at(60), title="明天的")
    planned(people, at(12 * 24 * 60), title="十二天后的")
    planned(people, at(23 * 24 * 60), title="二十三天后的")
    planned(people, at(60 * 24 * 60), title="还早的")
    with people.store.read(EIGHT) as work:
        found = [one for one in today.needs(work, people.office, LIMITS) if one.deadline]
    assert [(str(one.matter), _whose(one), one.bad) for one in found] == [
        ("Notice is late", "明天的", True),
        ("Notice is late", "十二天后的", True),
        ("Notice is due", "二十三天后的", False),
    ]


def test_meetings_that_overlap_are_drawn_in_rows_of_their_own(people: People) -> None:
    planned(people, NINE, lasting=120)
    planned(people, at(90))
    planned(people, at(100), lasting=20)
    planned(people, at(140))
    with people.store.read(NINE) as work:
        assert today.rows_of_day(today.today(work, people.office, "Asia/Shanghai")) == [0, 1, 2, 0]


def test_a_reader_is_offered_nothing_to_change(people: People, enter: Enter) -> None:
    planned(people, clock.now() + timedelta(days=2), title="看得到的会")
    page = enter(people.reader).get("/").text
    assert "看得到的会" in page
    assert "/meetings/new" not in page
    assert "/meetings/new" in enter(people.cast.office).get("/").text


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [([], (8, 20)), ([0], (8, 20)), ([-150], (6, 20)), ([13 * 60], (7, 23)), ([-300, 14 * 60], (2, 24))],
)
def test_the_day_is_drawn_as_long_as_its_meetings(
    people: People, minutes: list[int], hours: tuple[int, int]
) -> None:
    for minute in minutes:
        planned(people, at(minute))
    with people.store.read(NINE) as work:
        meetings = today.today(work, people.office, "Asia/Shanghai")
        start, end = today.day_drawn(meetings, NINE, "Asia/Shanghai")
    assert len(meetings) == len(minutes)
    assert (start.hour, (end - start) // timedelta(hours=1) + start.hour) == hours


def test_who_is_not_signed_in_is_asked_to(people: People, enter: Enter) -> None:
    visitor = enter(people.cast.wang)
    with visitor.client.session_transaction() as session:
        session.clear()
    answer = visitor.get("/")
    assert (answer.status_code, answer.location) == (302, "/sign-in")


def test_a_member_s_page_has_the_calls_that_are_open(people: People, enter: Enter) -> None:
    now = clock.now()
    said = calls.terms("明年议题征集", "", 2027, "unit", now, now + timedelta(days=9))
    call = people.store.write(calls.create, people.office, people.cast.county, said)
    wang = enter(people.cast.wang)
    page = wang.get("/").text
    assert ("明年议题征集" in page, f"/topics/calls/{call.id}" in page) == (True, True)
    assert "明年议题征集" not in enter(people.cast.outsider).get("/").text
    people.store.write(calls.close, people.office, call.id, 1)
    assert "明年议题征集" not in wang.get("/").text
