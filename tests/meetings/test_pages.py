"""The pages of meetings over HTTP: planned, edited, held and looked up; all kinds of bad input."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from consult.core import clock
from consult.core.store import Work
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting
from consult.meetings.plan import plan_of
from consult.members.models import Membership
from consult.topics import topics
from consult.topics.forms_of_consultation import Form
from tests.meetings.people import People
from tests.support.visitor import Enter, Visitor

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = (clock.now() + timedelta(days=40)).astimezone(SHANGHAI).date()
OPENS = datetime(DAY.year, DAY.month, DAY.day, 15, 0, tzinfo=SHANGHAI)
TYPED: dict[str, object] = {
    "title": "推进城乡供水一体化协商会",
    "day": DAY.isoformat(),
    "opens_at": "15:00",
    "closes_at": "16:30",
    "do": "schedule",
}


@pytest.fixture
def people(sqlite_people: People) -> People:
    return sqlite_people


@pytest.fixture
def office(people: People, enter: Enter) -> Visitor:
    return enter(people.cast.office)


def scheduled(people: People, **given: object) -> Meeting:
    """A meeting of the county, planned now for OPENS."""
    plan = people.plan(**{"opens_at": OPENS, "closes_at": OPENS + timedelta(hours=1), **given})
    return people.store.write(scheduling.schedule, people.office, people.cast.county, plan)


def open_now(people: People, **given: object) -> Meeting:
    """A meeting that has been open for ten minutes."""
    opened = clock.now() - timedelta(minutes=10)
    plan = people.plan(**{"opens_at": opened, "closes_at": opened + timedelta(hours=1), **given})
    return people.store.write_at(
        opened - timedelta(days=1), scheduling.schedule, people.office, people.cast.county, plan
    )


def kept(people: People, meeting_id: int) -> Meeting:
    with people.store.read() as work:
        return work.db.get_one(Meeting, meeting_id)


def count(people: People, of: type = Meeting) -> int:
    with people.store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


# Planning


def test_a_meeting_is_planned_in_the_editor(office: Visitor, people: People) -> None:
    topic = people.store.write(
        topics.create, people.office, people.cast.county, topics.matter("供水", "", Form.REMOTE, [])
    )
    form = office.form(f"/meetings/new?topic={topic.id}")
    answer = office.post(
        "/meetings/new",
        {
            **form, **TYPED, "title": "", "form": "sector", "mode": "hybrid", "place": "三楼会议室",
            "video_link": "https://meeting.example/1", "lobby_minutes": "20", "sectors": ["农业界"],
            "also": "王秀兰、C7", "minus": "赵敏", "share": "3/4", "late_after": "5", "early_before": "2.5",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    meeting = kept(people, int(answer.location.rsplit("/", 1)[1]))
    cast = people.cast
    plan = plan_of(meeting)
    assert (plan.title, plan.topic_id, plan.form, plan.mode, plan.place) == (
        "供水", topic.id, "sector", "hybrid", "三楼会议室"
    )  # fmt: skip
    assert (plan.opens_at, plan.closes_at, plan.lobby_minutes) == (
        OPENS, OPENS + timedelta(minutes=90), 20
    )  # fmt: skip
    assert (plan.rule.share, plan.rule.late_after, plan.rule.early_before) == ((3, 4), 300, 150)
    assert (plan.rule.bridge_hidden, plan.rule.video_lasts, plan.grace_seconds) == (300, 1800, 120)
    assert (meeting.state, meeting.zone) == (State.SCHEDULED, "Asia/Shanghai")
    with people.store.read() as work:
        expected = set(work.db.scalars(select(Expected.person_id)))
    assert expected == {cast.li, cast.wang, people.both}
    page = office.get(answer.location)
    assert "The meeting is on the calendar." in page.text
    assert "供水" in page.text


def test_a_draft_is_kept_and_put_on_the_calendar(office: Visitor, people: People) -> None:
    made = office.post("/meetings/new", {**office.form("/meetings/new"), **TYPED, "do": "draft"})
    meeting = kept(people, int(made.location.rsplit("/", 1)[1]))
    assert meeting.state == State.DRAFT
    answer = office.post(f"{made.location}/schedule", office.form(f"{made.location}/schedule"))
    assert answer.status_code == 302
    assert kept(people, meeting.id).state == State.SCHEDULED


def test_what_was_not_touched_in_the_editor_stays_to_the_second(office: Visitor, people: People) -> None:
    """Programs plan by seconds, the form by minutes."""
    odd = timedelta(seconds=17)
    meeting = scheduled(people, opens_at=OPENS + odd, closes_at=OPENS + 3 * odd, grace_seconds=7)
    plan = plan_of(meeting)
    plan = replace(plan, rule=replace(plan.rule, share=(5, 7), late_after=20, early_before=45))
    people.store.write(scheduling.edit, people.office, meeting.id, 1, plan)
    path = f"/meetings/{meeting.id}/edit"
    assert office.post(path, {**office.form(path), "place": "三楼", "do": "save"}).status_code == 302
    assert plan_of(kept(people, meeting.id)) == replace(plan, place="三楼")


def test_counting_saves_nothing_and_loses_nothing(office: Visitor, people: People) -> None:
    answer = office.post("/meetings/new", {**office.form("/meetings/new"), **TYPED, "do": "count"})
    assert answer.status_code == 200
    assert '<b class="num">4</b>' in answer.text
    assert "推进城乡供水一体化协商会" in answer.text
    assert count(people) == 0


def test_the_preview_counts_people_and_foretells_the_clock(office: Visitor, people: People) -> None:
    other = scheduled(people, title="民生座谈会")
    form = {**office.form("/meetings/new"), **TYPED, "minus": "赵敏"}
    ahead = office.post("/meetings/preview", form).get_json()
    assert (ahead["ok"], ahead["people"]) == (True, 3)
    assert ahead["commit"] == "Put on the calendar, 3 expected"
    for time in ("14:45", "15:00", "16:30", "16:32"):
        assert time in ahead["steps"]
    assert "民生座谈会" in ahead["conflicts"]
    assert "王秀兰" in ahead["audience"]
    own = {**office.form(f"/meetings/{other.id}/edit"), "do": "save"}
    again = office.post("/meetings/preview", own).get_json()
    assert again["people"] == 4
    assert "民生座谈会" not in again["audience"]


@pytest.mark.parametrize(
    "given",
    [
        {"day": "", "opens_at": "", "closes_at": ""},
        {"day": "2026-02-30"},
        {"closes_at": "14:00"},
        {"lobby_minutes": "x"},
        {"lobby_minutes": "99999"},
        {"zone": "Mars/Base"},
        {"also": "查无此人"},
        {"units": ["unit:999999999"]},
    ],
)
def test_the_preview_bears_a_half_filled_form(
    office: Visitor, people: People, given: dict[str, object]
) -> None:
    answer = office.post("/meetings/preview", {**office.form("/meetings/new"), **TYPED, **given})
    assert answer.status_code == 200
    assert answer.get_json()["ok"] is True


@pytest.mark.parametrize("about", [{"host": ""}, {"host": "x"}, {"host": "9" * 20}, {"meeting": "-1"}])
def test_a_preview_of_nothing_is_refused(office: Visitor, about: dict[str, object]) -> None:
    form = {**office.form("/meetings/new"), **TYPED, **about}
    answer = office.post("/meetings/preview", form, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"closes_at": "14:59"}, "closes_at"),
        ({"closes_at": "15:00"}, "closes_at"),
        ({"closes_at": "25:00"}, "closes_at"),
        ({"closes_at": "soon"}, "closes_at"),
        ({"opens_at": ""}, "opens_at"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "0000-01-01"}, "day"),
        ({"day": "2027-02-29"}, "day"),
        ({"day": "10/03/2027"}, "day"),
        ({"day": ""}, "day"),
        ({"day": "2020-01-01"}, "opens_at"),
        ({"closes_day": "9999-12-31"}, "closes_day"),
        ({"closes_day": (DAY + timedelta(days=15)).isoformat()}, "closes_at"),
        ({"closes_day": (DAY - timedelta(days=1)).isoformat()}, "closes_at"),
        ({"day": "2027-03-28", "opens_at": "02:30", "zone": "Europe/Berlin"}, "opens_at"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"zone": "\x00"}, "zone"),
        ({"title": ""}, "title"),
        ({"title": "\u202e\u200b"}, "title"),
        ({"title": "议" * 121}, "title"),
        ({"title": "x" * 100_000}, "title"),
        ({"topic_id": "12"}, "topic_id"),
        ({"topic_id": "' OR 1=1"}, "topic_id"),
        ({"form": "secret"}, "form"),
        ({"mode": ""}, "mode"),
        ({"mode": "hybrid"}, "place"),
        ({"video_link": "javascript:alert(1)"}, "video_link"),
        ({"video_link": "http://meeting.example"}, "video_link"),
        ({"lobby_minutes": "241"}, "lobby_minutes"),
        ({"lobby_minutes": "-5"}, "lobby_minutes"),
        ({"lobby_minutes": "1.5"}, "lobby_minutes"),
        ({"late_after": "x"}, "late_after"),
        ({"late_after": "1441"}, "late_after"),
        ({"late_after": "1e3"}, "late_after"),
        ({"share": "0/1"}, "share"),
        ({"share": ""}, "share"),
        ({"units": ["unit:1"]}, "units"),
        ({"units": ["tree:x"]}, "units"),
        ({"sectors": ["{{7*7}}"]}, "sectors"),
        ({"also": "钱进"}, "also"),
        ({"minus": "'; DROP TABLE person; --"}, "minus"),
        ({"posts": "长" * 200}, "posts"),
    ],
)
def test_what_is_refused_stands_at_its_field_and_nothing_is_saved(
    office: Visitor, people: People, given: dict[str, object], field: str
) -> None:
    answer = office.post("/meetings/new", {**office.form("/meetings/new"), **TYPED, **given})
    assert answer.status_code == 400
    errors = {part.split('"')[0] for part in answer.text.split('<p class="error" id="')[1:]}
    assert errors == {f"{field}-error"}
    assert count(people) == 0


def test_several_wrong_things_are_said_at_once(office: Visitor) -> None:
    wrong = {**TYPED, "title": "", "closes_at": "14:00", "lobby_minutes": "", "also": "查无此人"}
    answer = office.post("/meetings/new", {**office.form("/meetings/new"), **wrong})
    for field in ("title", "closes_at", "lobby_minutes", "also"):
        assert f'id="{field}-error"' in answer.text
    undated = office.post("/meetings/new", {**office.form("/meetings/new"), **TYPED, "day": ""})
    assert undated.text.count("Please give a day.") == 2  # in the summary and at the field
    assert "查无此人" in answer.text


def test_two_presses_plan_one_meeting(office: Visitor, people: People) -> None:
    form = {**office.form("/meetings/new"), **TYPED}
    answers = [office.post("/meetings/new", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    assert count(people) == 1
    changed = office.post("/meetings/new", {**form, "title": "另一场"})
    assert changed.status_code == 409
    assert "另一场" in changed.text
    assert count(people) == 1


# Two editors


def test_the_second_editor_is_shown_who_changed_what_and_keeps_his_words(
    office: Visitor, people: People, enter: Enter
) -> None:
    meeting = scheduled(people)
    path, other = f"/meetings/{meeting.id}/edit", enter(people.administrator)
    mine = {**office.form(path), "place": "我的会议室", "do": "save"}
    theirs = {**other.form(path), "title": "先改的名称", "closes_at": "17:00", "do": "save"}
    assert other.post(path, theirs).status_code == 302
    answer = office.post(path, mine)
    assert answer.status_code == 409
    for words in ("县管理员", "我的会议室", "Kept now: 先改的名称", "Kept now: 17:00"):
        assert words in answer.text
    assert kept(people, meeting.id).place == ""
    assert 'name="version" value="2"' in answer.text
    assert office.post(path, {**mine, "version": "2"}).status_code == 302
    assert (kept(people, meeting.id).place, kept(people, meeting.id).title) == ("我的会议室", meeting.title)


def test_a_clock_that_opened_the_meeting_spoils_nobody_s_edit(office: Visitor, people: People) -> None:
    meeting = open_now(people)
    path = f"/meetings/{meeting.id}/edit"
    form = office.form(path)
    assert set(form) == {"version", "title", "place", "video_link"}
    answer = office.post(path, {**form, "title": "改正的名称"})
    assert answer.status_code == 302
    assert (kept(people, meeting.id).title, kept(people, meeting.id).state) == ("改正的名称", State.OPEN)


def test_an_editor_whose_meeting_opened_meanwhile_keeps_his_words(office: Visitor, people: People) -> None:
    meeting = open_now(people)
    stale = {"version": "1", **TYPED, "title": "改正的名称", "do": "save"}
    answer = office.post(f"/meetings/{meeting.id}/edit", stale)
    assert answer.status_code == 302
    after = kept(people, meeting.id)
    assert (after.title, after.opens_at) == ("改正的名称", meeting.opens_at)


def test_a_meeting_that_is_over_has_no_editor(office: Visitor, people: People) -> None:
    over = open_now(
        people, opens_at=clock.now() - timedelta(hours=3), closes_at=clock.now() - timedelta(hours=2)
    )
    assert office.get(f"/meetings/{over.id}/edit").status_code == 409
    assert office.post(f"/meetings/{over.id}/edit", {"version": "1", **TYPED}).status_code == 409


# Holding


def test_each_act_asks_once_more_and_is_done(office: Visitor, people: People) -> None:
    meeting = scheduled(
        people, opens_at=clock.now() + timedelta(hours=2), closes_at=clock.now() + timedelta(hours=3)
    )
    home = f"/meetings/{meeting.id}"
    for name, given, state in (
        ("postpone", {"reason": "雨雪"}, State.POSTPONED),
        ("reschedule", {"day": DAY.isoformat(), "opens_at": "9:00", "closes_at": "10:00"}, State.SCHEDULED),
        ("reschedule", {}, State.SCHEDULED),
        ("cancel", {"reason": "另行安排"}, State.CANCELLED),
    ):
        assert f'href="{home}/{name}"' in office.get(home).text
        answer = office.post(f"{home}/{name}", {**office.form(f"{home}/{name}"), **given})
        assert answer.status_code == 302
        assert kept(people, meeting.id).state == state
    page = office.get(home).text
    assert "雨雪" in page
    assert "/edit" not in page
    assert kept(people, meeting.id).opens_at == datetime(DAY.year, DAY.month, DAY.day, 9, 0, tzinfo=SHANGHAI)


def test_an_open_meeting_is_extended_ended_and_opened_again(office: Visitor, people: People) -> None:
    meeting = open_now(people)
    home = f"/meetings/{meeting.id}"
    assert office.post(f"{home}/extend", {**office.form(f"{home}/extend"), "by": "30"}).status_code == 302
    assert kept(people, meeting.id).closes_at == meeting.closes_at + timedelta(minutes=30)
    assert office.post(f"{home}/close", office.form(f"{home}/close")).status_code == 302
    assert kept(people, meeting.id).state == State.CLOSED
    form = {**office.form(f"{home}/reopen"), "by": "15", "reason": ""}
    refused = office.post(f"{home}/reopen", form)
    assert refused.status_code == 400
    assert 'id="reason-error"' in refused.text
    assert office.post(f"{home}/reopen", {**form, "reason": "误按结束"}).status_code == 302
    assert kept(people, meeting.id).state == State.OPEN


def test_of_two_who_extend_the_second_is_told(office: Visitor, people: People, enter: Enter) -> None:
    meeting = open_now(people)
    path, other = f"/meetings/{meeting.id}/extend", enter(people.administrator)
    form = {**office.form(path), "by": "15"}
    assert other.post(path, {**other.form(path), "by": "15"}).status_code == 302
    answer = office.post(path, form)
    assert answer.status_code == 409
    assert "县管理员" in answer.text
    assert kept(people, meeting.id).closes_at == meeting.closes_at + timedelta(minutes=15)


@pytest.mark.parametrize("by", ["", "0", "-5", "7", "1e9", "x"])
def test_an_extension_is_one_of_those_offered(office: Visitor, people: People, by: str) -> None:
    meeting = open_now(people)
    answer = office.post(f"/meetings/{meeting.id}/extend", {"version": "1", "by": by})
    assert answer.status_code == 400
    assert kept(people, meeting.id).closes_at == meeting.closes_at


@pytest.mark.parametrize("name", ["extend", "close", "reopen", "schedule"])
def test_an_act_that_the_state_does_not_allow_is_refused(office: Visitor, people: People, name: str) -> None:
    meeting = scheduled(people)
    assert office.get(f"/meetings/{meeting.id}/{name}").status_code == 409
    assert office.post(f"/meetings/{meeting.id}/{name}", {"version": "1"}).status_code == 409


def test_leave_is_given_by_name(office: Visitor, people: People) -> None:
    meeting, wang = scheduled(people), people.cast.seats[people.cast.wang]
    path = f"/meetings/{meeting.id}/leave/{wang}"
    listed = office.get(f"/meetings/{meeting.id}/answers?q=王秀兰")
    assert f"/meetings/{meeting.id}/answers/{wang}" in listed.text
    assert path in office.get(f"/meetings/{meeting.id}/answers/{wang}").text
    assert ">李建国<" not in listed.text
    assert office.post(path, {"reason": " "}).status_code == 400
    assert office.post(path, {"reason": "住院"}).status_code == 302
    assert "住院" in office.get(f"/meetings/{meeting.id}/answers").text
    assert office.post(path, {"do": "back"}).status_code == 302
    assert "住院" not in office.get(f"/meetings/{meeting.id}/answers").text
    assert office.get(f"/meetings/{meeting.id}/leave/999").status_code == 404


def test_a_roster_that_changed_is_noticed_and_followed(office: Visitor, people: People) -> None:
    meeting = scheduled(people)
    with people.store.read() as work:
        leaving = work.db.scalars(select(Expected).where(Expected.person_id == people.cast.li)).one()
    people.store.write(_ends, leaving.membership_id)
    page = office.get(f"/meetings/{meeting.id}").text
    assert "by it 3 would be expected, 4 are" in page
    assert office.post(f"/meetings/{meeting.id}/refresh", {"version": "1"}).status_code == 302
    assert count(people, Expected) == 3
    assert "would be expected" not in office.get(f"/meetings/{meeting.id}").text


def _ends(work: Work, membership_id: int) -> None:
    work.db.get_one(Membership, membership_id).to_day = work.now.date()


# Lists


def test_the_month_lists_what_one_may_see(office: Visitor, people: People, enter: Enter) -> None:
    scheduled(people, title="全体会议")
    people.store.write(
        scheduling.schedule, people.office, people.cast.county,
        people.plan(title="还没定的", opens_at=OPENS, closes_at=OPENS + timedelta(hours=1)), draft=True,
    )  # fmt: skip
    month = f"/meetings?month={DAY:%Y-%m}"
    found = {
        who: [title for title in ("全体会议", "还没定的") if title in enter(person).get(month).text]
        for who, person in (
            ("office", people.cast.office),
            ("member", people.cast.wang),
            ("reader", people.reader),
            ("elsewhere", people.other_office),
            ("outsider", people.cast.outsider),
        )
    }
    assert found == {
        "office": ["全体会议", "还没定的"],
        "member": ["全体会议"],
        "reader": ["全体会议"],
        "elsewhere": [],
        "outsider": [],
    }
    assert "还没定的" not in office.get(f"{month}&state=scheduled").text
    assert "No meeting is found" in office.get(f"{month}&state=open").text
    assert "全体会议" not in office.get("/meetings?month=2025-01").text


def test_the_search_goes_through_all_months_and_topics(office: Visitor, people: People) -> None:
    topic = people.store.write(
        topics.create, people.office, people.cast.county, topics.matter("苹果产业", "", Form.REMOTE, [])
    )
    scheduled(people, title="协商会", topic_id=topic.id)
    scheduled(
        people,
        title="苹果交易会",
        opens_at=OPENS + timedelta(days=200),
        closes_at=OPENS + timedelta(days=201),
    )
    page = office.get("/meetings?q=苹果&month=2025-01").text
    assert "协商会" in page
    assert "苹果交易会" in page
    assert "No meeting is found" in office.get("/meetings?q=%25").text


@pytest.mark.parametrize("month", ["2026-13", "1999-01", "9999-01", "2026-1", "x", "%00", "2100-01"])
def test_a_month_that_is_none_is_refused(office: Visitor, month: str) -> None:
    assert office.get(f"/meetings?month={month}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/meetings/0",
        "/meetings/999",
        "/meetings/99999999999999999999",
        "/meetings/-1",
        "/meetings/1x",
        "/meetings/1/explode",
    ],
)
def test_what_is_not_there_is_missing(office: Visitor, path: str) -> None:
    assert office.get(path).status_code == 404


# Who sees and does what

PAGES = ("", "/answers", "/edit", "/postpone", "/leave/1")
SEES: dict[str, tuple[int, ...]] = {
    "office": (200, 200, 200, 200, 200),
    "administrator": (200, 200, 200, 200, 200),
    "province_office": (200, 200, 200, 200, 200),
    "reader": (200, 200, 403, 403, 403),
    "wang": (200, 404, 403, 403, 403),
    "outsider": (404, 404, 404, 404, 404),
    "other_office": (404, 404, 404, 404, 404),
}


@pytest.mark.parametrize("role", SEES)
def test_pages_are_for_those_whose_they_are(people: People, enter: Enter, role: str) -> None:
    meeting = scheduled(people)
    visitor = enter(getattr(people.cast, role, None) or getattr(people, role))
    assert tuple(visitor.get(f"/meetings/{meeting.id}{page}").status_code for page in PAGES) == SEES[role]
    refused = visitor.post(f"/meetings/{meeting.id}/postpone", {"version": "1", "reason": "雨雪"}).status_code
    assert refused == (302 if SEES[role][3] == 200 else SEES[role][3])


def test_names_are_not_shown_to_members_nor_to_other_counties(people: People, enter: Enter) -> None:
    cast = people.cast
    meeting = people.store.write(
        scheduling.schedule, people.actor("province_office"), cast.province,
        people.plan(
            opens_at=OPENS, closes_at=OPENS + timedelta(hours=1), audience=Audience(trees=(cast.province,))
        ),
    )  # fmt: skip
    shown = {
        who: [
            name
            for name in ("李建国", "钱进")
            if name in enter(person).get(f"/meetings/{meeting.id}/answers").text
        ]
        for who, person in (
            ("province", people.province_office),
            ("county", cast.office),
            ("other", people.other_office),
            ("member", cast.wang),
        )
    }
    assert shown == {"province": ["李建国", "钱进"], "county": ["李建国"], "other": ["钱进"], "member": []}


def test_nobody_plans_without_signing_in_or_without_the_form_s_token(people: People, enter: Enter) -> None:
    office = enter(people.cast.office)
    bare = office.client.post("/meetings/new", data=TYPED)
    assert bare.status_code == 400
    with office.client.session_transaction() as session:
        session.clear()
    assert office.get("/meetings/new").status_code == 302
    assert count(people) == 0
