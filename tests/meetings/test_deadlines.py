"""Notice, materials and minutes by working days; what is late, what is next; the timeline page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from consult.core import clock
from consult.core.store import Store, Work
from consult.files.models import Purpose, StoredFile
from consult.meetings import deadlines, scheduling, timeline
from consult.meetings.deadlines import Limits, Step, Times, What
from consult.meetings.models import Meeting
from tests.meetings.people import People
from tests.support.cast import at
from tests.support.visitor import Enter

LIMITS = Limits(notice=15, materials=10, minutes=7)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def times(opens: datetime, **given: object) -> Times:
    parts = {
        "opens_at": opens,
        "closes_at": opens + timedelta(hours=1),
        "lobby": timedelta(minutes=15),
        "grace": timedelta(minutes=2),
        "zone": "Asia/Shanghai",
    }
    return Times(**{**parts, **given})  # type: ignore[arg-type]


def by_what(steps: list[Step]) -> dict[What, Step]:
    return {step.what: step for step in steps}


def test_the_deadlines_of_a_meeting_before_new_year() -> None:
    opens = datetime(2026, 12, 29, 9, tzinfo=SHANGHAI)
    answer_by = datetime(2026, 12, 22, 18, tzinfo=SHANGHAI)
    now = datetime(2026, 12, 9, 9, tzinfo=SHANGHAI)
    steps = deadlines.steps_of(times(opens, answer_by=answer_by), LIMITS, {}, now)
    assert [step.what for step in steps] == [
        What.NOTICE, What.MATERIALS, What.ANSWERS, What.LOBBY, What.OPEN, What.CLOSE, What.SETTLED,
        What.MINUTES,
    ]  # fmt: skip
    found = by_what(steps)
    assert (found[What.NOTICE].day, found[What.NOTICE].late) == (date(2026, 12, 8), True)
    assert (found[What.MATERIALS].day, found[What.MATERIALS].late) == (date(2026, 12, 15), False)
    assert deadlines.next_of(steps) == found[What.MATERIALS]
    assert deadlines.not_announced(steps) == [2027]


def test_holidays_put_a_deadline_off_and_are_named() -> None:
    opens = datetime(2026, 10, 15, 9, tzinfo=SHANGHAI)
    found = by_what(deadlines.steps_of(times(opens), LIMITS, {}, opens - timedelta(days=60)))
    assert found[What.MATERIALS].day == date(2026, 9, 24)
    assert [str(name) for name in found[What.MATERIALS].holidays] == ["Mid-autumn Festival", "National Day"]
    assert found[What.MINUTES].holidays == []


@pytest.mark.parametrize("zone", ["Asia/Urumqi", "America/New_York", "Pacific/Kiritimati"])
def test_a_day_ends_by_the_meetings_clocks(zone: str) -> None:
    where = ZoneInfo(zone)
    opens = datetime(2026, 3, 25, 0, 30, tzinfo=where)  # in New York after the clocks were set forward
    due = by_what(deadlines.steps_of(times(opens, zone=zone), LIMITS, {}, opens))[What.NOTICE]
    assert due.day == date(2026, 3, 4)
    assert due.due == datetime(2026, 3, 5, tzinfo=where)


def test_done_in_time_and_done_late() -> None:
    opens = datetime(2026, 12, 29, 9, tzinfo=SHANGHAI)
    done = {
        What.NOTICE: datetime(2026, 12, 8, 23, 59, tzinfo=SHANGHAI),
        What.MATERIALS: datetime(2026, 12, 16, 0, 0, tzinfo=SHANGHAI),
    }
    found = by_what(deadlines.steps_of(times(opens), LIMITS, done, opens))
    assert (found[What.NOTICE].late, found[What.MATERIALS].late) == (False, True)
    assert found[What.MATERIALS].done_at == done[What.MATERIALS]


def test_notice_materials_and_minutes_are_read_from_what_was_done(people: People) -> None:
    meeting = people.meeting()

    def announce(work: Work) -> None:
        work.db.get_one(Meeting, meeting.id).announced_at = at(-100)
        for minutes, purpose, removed in ((-90, Purpose.MATERIAL, True), (-80, Purpose.MATERIAL, False)):
            work.db.add(
                StoredFile(
                    owner=f"meeting:{meeting.id}",
                    purpose=purpose,
                    name="a.pdf",
                    media_type="application/pdf",
                    size=1,
                    sha256="0" * 64,
                    added_at=at(minutes),
                    removed_at=at(0) if removed else None,
                )
            )

    people.store.write(announce)
    with people.store.read(at(-30)) as work:
        found = by_what(timeline.steps(work, [work.db.get_one(Meeting, meeting.id)], LIMITS)[meeting.id])
    assert found[What.NOTICE].done_at == at(-100)
    assert found[What.MATERIALS].done_at == at(-80)
    assert found[What.MINUTES].done_at is None


def test_what_presses_is_read_in_as_many_queries_for_many_as_for_one(sqlite_people: People) -> None:
    def queries() -> int:
        asked: list[str] = []
        store: Store = people.store
        listen = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(store.engine, "before_cursor_execute", listen)
        with store.read(at(-30)) as work:
            timeline.pressing(work, [people.cast.county], LIMITS)
        event.remove(store.engine, "before_cursor_execute", listen)
        return len(asked)

    people = sqlite_people
    people.meeting()
    few = queries()
    for _ in range(30):
        people.meeting()
    assert queries() == few


def test_the_timeline_says_what_is_late_and_what_is_next(sqlite_people: People, enter: Enter) -> None:
    people, opens = sqlite_people, clock.now() + timedelta(days=20)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    meeting = people.store.write(scheduling.schedule, people.office, people.cast.county, plan)
    path = f"/meetings/{meeting.id}/timeline"
    page = enter(people.cast.office).get(path).text
    assert "15 working days before the meeting" in page
    assert "1 thing is late" in page
    assert "Late: this day has passed" in page
    assert "This is next" in page
    assert enter(people.reader).get(path).status_code == 200
    assert enter(people.cast.wang).get(path).status_code == 404
    assert enter(people.other_office).get(path).status_code == 404
    people.store.write(scheduling.cancel, people.office, meeting.id, 1, "不开了")
    assert "Nothing is due for it any more." in enter(people.cast.office).get(path).text


def test_the_editor_counts_the_deadlines_while_times_are_typed(sqlite_people: People, enter: Enter) -> None:
    office = enter(sqlite_people.cast.office)
    typed = {"day": "2027-06-15", "opens_at": "09:00", "closes_at": "10:00"}
    ahead = office.post("/meetings/preview", {**office.form("/meetings/new"), **typed}).get_json()
    assert "7 working days after the meeting" in ahead["steps"]
    assert "The holidays of 2027 are not announced yet" in ahead["steps"]
    ahead = office.post(
        "/meetings/preview", {**office.form("/meetings/new"), **typed, "closes_at": "08:00"}
    ).get_json()
    assert "15 working days before" in ahead["steps"]
    assert "after the meeting" not in ahead["steps"]
