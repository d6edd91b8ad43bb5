"""The annual plan: planned against held, the same for all who may read it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import event

from consult.core import clock
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.core.store import Work
from consult.files.models import Purpose, StoredFile
from consult.meetings.lifecycle import State as MeetingState
from consult.plans import plan as plans
from consult.plans import reporting
from consult.plans.plan import Figure, Plan
from consult.topics import calls, decisions, proposals, topics
from consult.topics.calls import Within
from consult.topics.forms_of_consultation import Form
from consult.topics.life import Standing
from consult.topics.models import Topic
from tests.meetings.people import BEFORE, People
from tests.support.cast import at
from tests.support.visitor import Enter

ZONE = "Asia/Shanghai"
MID_2026 = datetime(2026, 7, 1, 4, tzinfo=UTC)
IN_2027 = datetime(2026, 12, 31, 16, tzinfo=UTC)
"""The first instant of 2027 in Shanghai."""


def planned(people: People, title: str, year: int = 2026, month: int | None = None) -> Topic:
    said = topics.matter(title, "", "remote", [])
    made = people.store.write_at(BEFORE, topics.create, people.office, people.cast.county, said)
    return people.store.write_at(BEFORE, decisions.take_into_plan, people.office, made.id, 1, year, month)


def meeting(people: People, topic: Topic | None, state: MeetingState, **given: Any) -> int:
    return people.cast.meeting(topic_id=topic.id if topic else None, state=state, **given)


def read(people: People, who: str = "office", now: datetime = MID_2026, year: int = 2026) -> Plan:
    with people.store.read(now) as work:
        return plans.read(work, people.actor(who), people.cast.county, year, ZONE)


def standings(plan: Plan) -> dict[str, Standing]:
    return {row.topic.title: row.standing for row in plan.rows}


def add_minutes(work: Work, meeting_id: int) -> None:
    work.db.add(
        StoredFile(
            owner=f"meeting:{meeting_id}", purpose=Purpose.MINUTES, name="纪要.pdf",
            media_type="application/pdf", size=1, sha256="0" * 64, added_at=work.now,
        )
    )  # fmt: skip


@pytest.fixture
def year(people: People) -> People:
    """A year with a topic of each standing."""
    planned(people, "尚无会议")
    planned(people, "五月", month=5)
    scheduled = planned(people, "已排期", month=5)
    august = datetime(2026, 8, 1, tzinfo=UTC)
    meeting(people, scheduled, MeetingState.SCHEDULED, opens_at=august, closes_at=august + timedelta(hours=1))
    meeting(people, planned(people, "已协商"), MeetingState.SETTLED)
    people.store.write(add_minutes, meeting(people, planned(people, "有纪要"), MeetingState.ARCHIVED))
    marked = planned(people, "已报送")
    meeting(people, marked, MeetingState.SETTLED)
    people.store.write(reporting.report, people.office, marked.id, 2, "报县委办")
    meeting(people, planned(people, "取消了"), MeetingState.CANCELLED)
    return people


def test_a_plan_sets_what_was_planned_against_what_was_held(year: People) -> None:
    plan = read(year)
    assert standings(plan) == {
        "尚无会议": Standing.PLANNED,
        "五月": Standing.OVERDUE,
        "已排期": Standing.SCHEDULED,
        "已协商": Standing.CONSULTED,
        "有纪要": Standing.REPORTED,
        "已报送": Standing.REPORTED,
        "取消了": Standing.PLANNED,
    }
    assert {figure: plan.count(figure) for figure in Figure} == {
        Figure.PLANNED: 7, Figure.SCHEDULED: 1, Figure.HELD: 3, Figure.REPORTED: 2, Figure.WAITING: 3,
        Figure.OVERDUE: 1, Figure.BEYOND: 0,
    }  # fmt: skip
    assert plan.count(Figure.PLANNED) == sum(
        plan.count(figure) for figure in (Figure.SCHEDULED, Figure.HELD, Figure.WAITING)
    )
    assert [row.topic.month for row in plan.rows][:3] == [5, 5, None]


def test_when_the_year_is_over_what_has_no_meeting_is_overdue(year: People) -> None:
    late = read(year, now=IN_2027)
    assert {title for title, one in standings(late).items() if one is Standing.OVERDUE} == {
        "尚无会议", "五月", "取消了",
    }  # fmt: skip


def test_all_who_may_read_a_plan_read_the_same_figures(year: People) -> None:
    hosted_above = planned(year, "省里主办")
    meeting(year, hosted_above, MeetingState.SETTLED, expected=(), host_id=year.cast.other_county)
    counts = [
        {figure: read(year, who).count(figure) for figure in Figure}
        for who in ("office", "administrator", "reader", "province_office", "wang", "both")
    ]
    assert all(one == counts[0] for one in counts)
    [sitting] = read(year, "wang").rows[-1].sittings
    assert (sitting.open_to_reader, sitting.state) == (False, MeetingState.SETTLED)
    [sitting] = read(year, "province_office").rows[-1].sittings
    assert sitting.open_to_reader


@pytest.mark.parametrize("who", ["outsider", "other_office"])
def test_a_plan_is_nothing_to_strangers(people: People, who: str) -> None:
    with pytest.raises(Missing):
        read(people, who)


def test_members_below_read_the_plan_of_a_year_whose_call_asked_them(people: People) -> None:
    def readable(year: int) -> set[int]:
        with people.store.read(at(1)) as work:
            return {unit.id for unit in plans.readable(work, people.actor("wang"), year)}

    assert readable(2027) == {people.cast.county}
    for within in Within:
        said = calls.terms("征集", "", 2027, within, at(0), at(60))
        people.store.write_at(
            BEFORE, calls.create, people.actor("province_office"), people.cast.province, said
        )
        above = {people.cast.province} if within is Within.TREE else set()
        assert readable(2027) == {people.cast.county, *above}
    assert readable(2026) == {people.cast.county}


def test_consultations_on_other_topics_are_listed_as_beyond_the_plan(people: People) -> None:
    inside, other_year = planned(people, "在计划内"), planned(people, "明年的", 2027)
    meeting(people, inside, MeetingState.SETTLED)
    beyond = [
        meeting(people, other_year, MeetingState.SETTLED),
        meeting(people, None, MeetingState.ARCHIVED),
        meeting(people, other_year, MeetingState.SETTLED, form=Form.TRAINING),
    ]
    meeting(people, None, MeetingState.SETTLED, form=Form.ACTIVITY)
    meeting(people, None, MeetingState.SCHEDULED)
    meeting(people, None, MeetingState.SETTLED, host_id=people.cast.province)
    meeting(people, None, MeetingState.SETTLED, opens_at=IN_2027)
    assert {one.meeting.id for one in read(people).beyond} == set(beyond)


def test_the_names_and_seconds_of_merged_topics_stand_with_the_planned_one(people: People) -> None:
    said = calls.terms("征集", "", 2026, Within.UNIT, at(0), at(60))
    call = people.store.write_at(BEFORE, calls.create, people.office, people.cast.county, said)
    lead, other = (
        people.store.write_at(
            at(1), proposals.propose, people.actor(who), call.id, topics.matter(who, "", "remote", [])
        )
        for who in ("wang", "li")
    )
    people.store.write_at(at(2), proposals.second, people.actor("zhao"), other.id)
    people.store.write_at(at(3), decisions.merge, people.office, other.id, 1, lead.id)
    people.store.write_at(at(4), decisions.take_into_plan, people.office, lead.id, 1, 2026)
    [row] = read(people).rows
    assert row.backing == proposals.Backing(("王秀兰", "李建国"), 1)


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_year_that_is_none_is_refused(sqlite_people: People, year: int) -> None:
    with pytest.raises(Invalid):
        read(sqlite_people, year=year)


def test_a_plan_asks_as_often_for_many_topics_as_for_one(sqlite_people: People) -> None:
    people, asked, numbers = sqlite_people, [], []

    def count(*_: object) -> None:
        asked.append(1)

    event.listen(people.store.engine, "before_cursor_execute", count)
    for title in ("一", "二"):
        meeting(people, planned(people, title), MeetingState.SETTLED)
        asked.clear()
        read(people)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


# Reported


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("office", None),
        ("administrator", None),
        ("reader", NotAllowed),
        ("wang", Missing),
        ("outsider", Missing),
        ("other_office", Missing),
    ],
)
def test_only_the_office_marks_a_topic_as_reported(
    people: People, who: str, refusal: type[Refusal] | None
) -> None:
    topic, actor = planned(people, "供水"), people.actor(who)
    meeting(people, topic, MeetingState.SETTLED)
    if refusal is None:
        people.store.write(reporting.report, actor, topic.id, 2, "报县委办")
        assert standings(read(people))["供水"] is Standing.REPORTED
        with pytest.raises(Stale):
            people.store.write(reporting.unreport, actor, topic.id, 2)
        people.store.write(reporting.unreport, actor, topic.id, 3)
        assert standings(read(people))["供水"] is Standing.CONSULTED
    else:
        for verb, *about in ((reporting.report, "报县委办"), (reporting.unreport,)):
            with pytest.raises(refusal):
                people.store.write(verb, actor, topic.id, 2, *about)  # type: ignore[arg-type]


def test_what_was_not_held_is_not_reported_and_a_note_has_an_end(people: People) -> None:
    topic = planned(people, "供水")
    meeting(people, topic, MeetingState.SCHEDULED)
    with pytest.raises(NotNow):
        people.store.write(reporting.report, people.office, topic.id, 2, "")
    with pytest.raises(Invalid):
        people.store.write(reporting.report, people.office, topic.id, 2, "报" * 501)


# Pages


@pytest.fixture
def shown(sqlite_people: People) -> People:
    meeting(sqlite_people, planned(sqlite_people, "=SUM(1)供水"), MeetingState.SETTLED)
    planned(sqlite_people, "养老", month=1)
    meeting(sqlite_people, None, MeetingState.SETTLED, title="临时协商")
    return sqlite_people


def test_each_figure_opens_its_rows(shown: People, enter: Enter) -> None:
    path = f"/plans/{shown.cast.county}/2026"
    for who in ("office", "wang"):
        visitor = enter(shown.actor(who).person_id)
        page = visitor.get(path).text
        assert "Planned 2 = held 1 + scheduled 0 + no meeting yet 1" in page
        assert all(title in page for title in ("供水", "养老", "临时协商"))
        overdue = visitor.get(f"{path}?show=overdue").text
        assert "养老" in overdue
        assert "SUM(1)" not in overdue
        assert "临时协商" in visitor.get(f"{path}?show=beyond").text
        assert ("/meetings/new?" in page) == (who == "office")
        assert visitor.get(f"{path}?show=everything").status_code == 400
        this_year = f"/plans/{shown.cast.county}/{clock.now().year}"
        assert visitor.get("/plans").location == this_year
        assert visitor.get(f"/plans/go?unit={shown.cast.county}&year=2026").location == path
        assert visitor.get("/plans/go?unit=x&year=2026").status_code == 400
    assert enter(shown.cast.outsider).get(path).status_code == 404


def test_the_sheets_hold_the_same_and_no_formulas(shown: People, enter: Enter) -> None:
    office, path = enter(shown.cast.office), f"/plans/{shown.cast.county}/2026/plan"
    rows = list(csv.reader(io.StringIO(office.get(f"{path}.csv").data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Topic", "养老", "'=SUM(1)供水"]
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"{path}.xlsx").data))
    assert [sheet.max_row for sheet in book] == [3, 2, 8]
    for form in ("csv", "xlsx"):
        assert enter(shown.cast.outsider).get(f"{path}.{form}").status_code == 404


def test_a_topic_is_marked_as_reported_on_its_page(shown: People, enter: Enter) -> None:
    office = enter(shown.cast.office)
    [row] = [one for one in read(shown).rows if one.sittings]
    path = f"/topics/{row.topic.id}/reported"
    sent = office.form(path)
    assert office.post(path, {**sent, "note": "报县委办〔2026〕3号"}).status_code == 302
    assert office.post(path, {**sent, "note": "又报"}).status_code == 409
    assert "报县委办〔2026〕3号" in office.get(path).text
    assert office.post(path, {**office.form(path), "do": "back"}).status_code == 302
    assert read(shown).count(Figure.REPORTED) == 0
    assert enter(shown.reader).get(path).status_code == 403
    assert enter(shown.cast.wang).get(path).status_code == 404
