"""The calendar's data: who sees what, filters, marked days, bounds; moving by dragging."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as happenings

from consult.calendars import moving, view
from consult.calendars.view import Filters
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow
from consult.core.store import Work
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Expected, Invitation, Meeting, QuietPeriod
from consult.topics.forms_of_consultation import Form
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter

ZONE, HOUR = "Asia/Shanghai", timedelta(hours=1)
WEEK = (date(2026, 3, 9), date(2026, 3, 16))
ADDRESS = "/calendar/events?start=2026-03-09&end=2026-03-16"


def titles(
    people: People, who: str, filters: Filters = view.ALL, days: tuple[date, date] = WEEK
) -> list[str]:
    with people.store.read(BEFORE) as work:
        return [
            one.meeting.title
            for one in view.meetings(work, people.actor(who), *view.span(*days, ZONE), filters)
        ]


def test_everybody_sees_what_he_may_see(people: People) -> None:
    people.meeting(title="全县")
    people.meeting(title="草稿", draft=True)
    assert titles(people, "office") == ["全县", "草稿"]
    assert titles(people, "province_office") == ["全县", "草稿"]
    assert titles(people, "reader") == ["全县"]
    assert titles(people, "wang") == ["全县"]
    assert titles(people, "outsider") == []
    assert titles(people, "other_office") == []


def test_only_who_manages_a_meeting_may_move_it_and_only_while_its_state_allows(people: People) -> None:
    meeting = people.meeting()

    def movable(who: str, now: datetime = BEFORE) -> list[bool]:
        with people.store.read(now) as work:
            shown = view.meetings(work, people.actor(who), *view.span(*WEEK, ZONE))
        return [one.movable for one in shown]

    assert [movable(who) for who in ("office", "province_office", "reader", "wang")] == [
        [True], [True], [False], [False],
    ]  # fmt: skip
    assert movable("office", at(30)) == [False]
    people.store.write_at(BEFORE, scheduling.cancel, people.office, meeting.id, meeting.version, "合并")
    assert movable("office") == [False]


def test_filters_leave_what_they_name(sqlite_people: People) -> None:
    people = sqlite_people
    people.meeting(title="远程")
    people.meeting(
        title="活动", form=Form.ACTIVITY, audience=Audience(also=(people.cast.seats[people.cast.li],))
    )
    off = people.meeting(title="取消")
    people.store.write_at(BEFORE, scheduling.cancel, people.office, off.id, off.version, "合并")
    assert titles(people, "office", Filters(form=Form.ACTIVITY)) == ["活动"]
    assert titles(people, "office", Filters(state=State.CANCELLED)) == ["取消"]
    assert titles(people, "office", Filters(unit=people.cast.county)) == ["远程", "活动", "取消"]
    assert titles(people, "office", Filters(unit=people.cast.province)) == []
    assert titles(people, "wang", Filters(mine=True)) == ["远程", "取消"]
    assert titles(people, "office", Filters(mine=True)) == ["远程", "活动", "取消"]
    assert titles(people, "reader", Filters(mine=True)) == []


def test_a_meeting_that_lasts_into_the_days_is_there(sqlite_people: People) -> None:
    sqlite_people.meeting(title="两天", opens_at=NINE, closes_at=at(60 * 30))
    following = (date(2026, 3, 11), date(2026, 3, 12))
    assert titles(sqlite_people, "office", days=following) == ["两天"]
    assert titles(sqlite_people, "office", days=(date(2026, 3, 12), date(2026, 3, 13))) == []


def test_the_own_sub_venue_is_shown_and_how_many_there_are(sqlite_people: People) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    people.store.write_at(BEFORE, _delegate, people, meeting)
    with people.store.read(BEFORE) as work:
        (office,) = view.meetings(work, people.office, *view.span(*WEEK, ZONE))
        (outsider,) = view.meetings(work, people.actor("outsider"), *view.span(*WEEK, ZONE))
    assert (office.venue, office.venues) == ("", 1)
    assert (outsider.venue, outsider.venues) == ("白塔县分会场", 1)


def _delegate(work: Work, people: People, meeting: Meeting) -> None:
    unit, person = people.cast.other_county, people.cast.outsider
    whom = {"meeting_id": meeting.id, "membership_id": people.cast.seats[person], "person_id": person}
    work.db.add(
        Delegation(meeting_id=meeting.id, unit_id=unit, venue="白塔县分会场", updated_at=work.now)
    )  # fmt: skip
    work.db.flush()
    work.db.add_all([Invitation(named_by_unit=unit, invited_at=work.now, **whom), Expected(**whom)])


def test_holidays_and_make_up_days_are_marked(sqlite_people: People) -> None:
    with sqlite_people.store.read() as work:
        days = view.marked(work, sqlite_people.office, date(2026, 9, 28), date(2026, 10, 12))
    assert [(one.kind, one.first.isoformat()) for one in days if one.first.day in (1, 7, 8, 10)] == [
        ("holiday", "2026-10-01"), ("holiday", "2026-10-07"), ("workday", "2026-10-10"),
    ]  # fmt: skip


def test_quiet_periods_are_told_to_whom_they_bind(sqlite_people: People) -> None:
    people = sqlite_people

    def keep(work: Work) -> None:
        for unit, reason in ((people.cast.province, "省两会"), (people.cast.county, "县两会")):
            work.db.add(
                QuietPeriod(
                    unit_id=unit, from_day=date(2026, 3, 14), to_day=date(2026, 3, 20), reason=reason,
                    made_by=people.administrator, made_at=work.now,
                )
            )  # fmt: skip

    people.store.write(keep)

    def told(who: str) -> list[str]:
        with people.store.read() as work:
            return [
                str(one.name) for one in view.marked(work, people.actor(who), *WEEK) if one.kind == "quiet"
            ]

    both = ["Quiet period: 省两会 (岭南省政协)", "Quiet period: 县两会 (清河县政协)"]
    assert told("office") == told("wang") == told("province_office") == both
    assert told("outsider") == both[:1]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?start=2026-03-09",
        "?start=x&end=y",
        "?start=2026-03-09&end=2026-03-09",
        "?start=2026-02-30&end=2026-03-09",
        "?start=2026-01-01&end=2027-03-01",
        "?start=2026-03-09&end=2026-03-01",
    ],
)
def test_days_that_make_no_sense_are_refused(enter: Enter, sqlite_people: People, query: str) -> None:
    answer = enter(sqlite_people.cast.wang).get(
        f"/calendar/events{query}", headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid")


def test_the_page_gets_its_data(enter: Enter, sqlite_people: People) -> None:
    meeting = sqlite_people.meeting()
    visitor = enter(sqlite_people.cast.office)
    assert "data-calendar-ask" in visitor.get("/calendar?unit=nonsense&form=x&state=y").text
    found = visitor.get(ADDRESS).get_json()
    assert [(one["id"], one["start"], one["version"]) for one in found] == [
        (str(meeting.id), "2026-03-10T01:00:00+00:00", 1)
    ]
    assert "data-calendar-ask" not in enter(sqlite_people.cast.wang).get("/calendar").text


def test_nobody_is_shown_anything_without_signing_in(app: Any) -> None:
    client = app.test_client()
    paths = ("/calendar", ADDRESS, "/calendar/subscribe", "/meetings/1.ics", "/calendar/meetings/1/move")
    for path in paths:
        assert client.get(path, headers={"Accept": "application/json"}).status_code == 401


def test_many_meetings_need_no_more_queries_than_one(people: People) -> None:
    office = people.office

    def count(work: Work) -> int:
        asked: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        happenings.listen(people.store.engine, "before_cursor_execute", note)
        view.meetings(work, office, *view.span(*WEEK, ZONE))
        view.marked(work, office, *WEEK)
        happenings.remove(people.store.engine, "before_cursor_execute", note)
        return len(asked)

    people.meeting()
    with people.store.read() as work:
        one = count(work)
    for number in range(5):
        people.meeting(title=f"第{number}次")
    with people.store.read() as work:
        assert count(work) == one <= 5


def times(opens: datetime, minutes: int = 60) -> dict[str, str]:
    return {"opens_at": opens.isoformat(), "closes_at": (opens + timedelta(minutes=minutes)).isoformat()}


@pytest.fixture
def ahead(sqlite_people: People) -> tuple[People, Meeting, datetime]:
    """A meeting in two weeks from now on, and a working day's morning after that."""
    people = sqlite_people
    with people.store.read() as work:
        day = work.now.astimezone(ZoneInfo(ZONE)).replace(hour=9, minute=0, second=0, microsecond=0)
    opens = (day + timedelta(days=14)).astimezone(UTC)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    return people, people.store.write(scheduling.schedule, people.office, people.cast.county, plan), opens


def test_before_it_is_moved_one_is_told_what_comes_of_it(enter: Enter, ahead: Any) -> None:
    people, meeting, opens = ahead
    people.store.write(
        scheduling.schedule, people.office, people.cast.county,
        people.plan(title="另一场", opens_at=opens + 5 * HOUR, closes_at=opens + 6 * HOUR),
    )  # fmt: skip
    office = enter(people.cast.office)
    path = f"/calendar/meetings/{meeting.id}/move"
    told = office.get(path, query_string=times(opens + timedelta(hours=5, minutes=30))).get_json()
    assert told["told"] == "4 people will be told."
    assert "4 people are also expected at “另一场”" in told["warnings"][0]
    assert "09:00–10:00" in told["old"]
    assert "14:30–15:30" in told["new"]
    past = office.get(path, query_string=times(NINE), headers={"Accept": "application/json"})
    assert (past.status_code, past.get_json()["error"]["code"]) == (400, "invalid")


def test_a_moved_meeting_is_moved_once_and_the_second_is_told_by_whom(enter: Enter, ahead: Any) -> None:
    people, meeting, opens = ahead
    path, later = f"/calendar/meetings/{meeting.id}/move", opens + timedelta(days=1)
    office = enter(people.cast.office)

    def send(body: Any) -> Any:
        page = office.get("/calendar").text
        token = page.split('data-csrf="')[1].split('"')[0]
        return office.client.post(path, json=body, headers={"X-CSRFToken": token})

    first = send({"version": meeting.version, "reason": "场地", **times(later)})
    assert (first.status_code, first.json) == (200, {"ok": True, "version": meeting.version + 1})
    with people.store.read() as work:
        moved = work.db.get_one(Meeting, meeting.id)
    assert (moved.opens_at, moved.state) == (later, State.SCHEDULED)
    second = send({"version": meeting.version, **times(opens)})
    assert second.status_code == 409
    assert "清河县政协办公室 has changed this meeting" in second.get_json()["error"]["message"]
    wrongs: list[Any] = [[], {}, {"version": "1"}, {"version": 2, "opens_at": "2026-03-10T09:00"}]
    for wrong in wrongs:
        assert send(wrong).status_code == 400
    assert office.client.post(path, json={"version": 2, **times(later)}).status_code == 400, (
        "without its token"
    )


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("wang", NotAllowed),
        ("reader", NotAllowed),
        ("outsider", Missing),
        ("other_office", Missing),
    ],
)
def test_others_may_not_even_ask(sqlite_people: People, who: str, refusal: type[Exception]) -> None:
    meeting = sqlite_people.meeting()
    with sqlite_people.store.read(BEFORE) as work, pytest.raises(refusal):
        moving.look(work, sqlite_people.actor(who), meeting.id, at(60), at(120))


def test_a_draft_and_what_is_over_are_not_moved_by_dragging(sqlite_people: People) -> None:
    people = sqlite_people
    draft, meeting = people.meeting(draft=True), people.meeting()
    with people.store.read(BEFORE) as work, pytest.raises(NotNow):
        moving.look(work, people.office, draft.id, at(60), at(120))
    with people.store.read(at(90)) as work, pytest.raises(NotNow):
        moving.look(work, people.office, meeting.id, at(100), at(120))
    with people.store.read(BEFORE) as work, pytest.raises(Invalid):
        moving.look(work, people.office, meeting.id, at(60), at(60))


def test_quiet_periods_and_days_off_stand_against_it(sqlite_people: People) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()

    def keep(work: Work) -> None:
        work.db.add(
            QuietPeriod(
                unit_id=people.cast.province, from_day=date(2026, 3, 14), to_day=date(2026, 3, 14),
                reason="省两会", made_by=people.administrator, made_at=work.now,
            )
        )  # fmt: skip

    people.store.write(keep)
    saturday = NINE + timedelta(days=4)
    with people.store.read(BEFORE) as work:
        found = moving.look(work, people.office, meeting.id, saturday, saturday + timedelta(hours=1))
    assert [one.reason for one in found.conflicts.quiet] == ["省两会"]
    assert ([day for day, _name in found.conflicts.free_days], found.told) == ([date(2026, 3, 14)], 4)
