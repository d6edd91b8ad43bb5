"""Meetings that repeat: on which days, made all at once and once, called off from one on; and copies."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.core import clock
from consult.core.errors import Invalid, Missing, NotAllowed, Refusal, Stale
from consult.meetings import agenda, scheduling, series
from consult.meetings.agenda import Item
from consult.meetings.audience import Audience
from consult.meetings.conflicts import Conflicting
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.meetings.repeat import Every, Pattern, days
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter

FIRST = date(2026, 3, 10)  # the second Tuesday of March
KEY = "k" * 20


@pytest.mark.parametrize(
    ("first", "pattern", "found"),
    [
        (FIRST, Pattern(Every.WEEKS, 2, times=3), ["2026-03-24", "2026-04-07", "2026-04-21"]),
        (FIRST, Pattern(Every.WEEKS, until=date(2026, 3, 24)), ["2026-03-17", "2026-03-24"]),
        (FIRST, Pattern(Every.WEEKDAY, times=2), ["2026-04-14", "2026-05-12"]),
        (date(2026, 1, 31), Pattern(Every.DAY, times=3), ["2026-03-31", "2026-05-31", "2026-07-31"]),
        (date(2026, 12, 29), Pattern(Every.WEEKDAY, times=1), ["2027-03-30"]),  # the fifth Tuesday
        (date(2026, 12, 30), Pattern(Every.DAY, until=date(2027, 3, 30)), ["2027-01-30", "2027-03-30"]),
    ],
)  # fmt: skip
def test_the_days_of_a_pattern(first: date, pattern: Pattern, found: list[str]) -> None:
    assert [day.isoformat() for day in days(first, pattern)] == found


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"times": 100_000}, "times"),
        ({"times": 0}, "times"),
        ({"weeks": 0, "times": 1}, "weeks"),
        ({"weeks": 53, "times": 1}, "weeks"),
        ({}, "times"),
        ({"times": 1, "until": FIRST}, "times"),
        ({"until": date(2099, 1, 1)}, "until"),
        ({"until": FIRST}, "until"),
    ],
)
@pytest.mark.parametrize("every", Every)
def test_a_pattern_has_bounds(every: Every, given: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        days(FIRST, Pattern(every, **given))  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_meeting_keeps_its_hour_when_clocks_are_set(sqlite_people: People) -> None:
    where = ZoneInfo("America/New_York")
    opens = NINE.astimezone(where).replace(day=5, hour=9)
    plan = sqlite_people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1), zone=where.key)
    later = series.on_day(plan, date(2026, 3, 12))
    assert later.opens_at.astimezone(where).hour == 9
    night = opens.replace(hour=2, minute=30)
    plan = sqlite_people.plan(opens_at=night, closes_at=night + timedelta(hours=1), zone=where.key)
    with pytest.raises(Invalid):
        series.on_day(plan, date(2026, 3, 8))


def repeated(people: People, meeting: Meeting, role: str = "office", draft: bool = False) -> list[Meeting]:
    wanted = days(FIRST, Pattern(Every.WEEKS, times=3))
    return people.store.write_at(
        BEFORE, series.repeat, people.actor(role), meeting.id, wanted, draft=draft, form_key=KEY
    )


def test_a_series_is_made_once_with_its_agenda(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(BEFORE, agenda.add, people.office, meeting.id, 1, Item("开场", "王秀兰", 5))
    made = repeated(people, meeting)
    assert [one.opens_at for one in made] == [at(7 * 1440 * week) for week in (1, 2, 3)]
    assert {one.state for one in made} == {State.SCHEDULED}
    repeated(people, meeting)
    with people.store.read() as work:
        fellows = series.of_meeting(work, people.office, work.db.get_one(Meeting, made[1].id))
        assert [one.id for one in fellows] == [meeting.id, *(one.id for one in made)]
        assert [slot.speaker for slot in agenda.of_meeting(work, made[2])] == ["王秀兰"]
    with pytest.raises(Stale):
        repeated(people, people.meeting())


def test_a_series_is_made_whole_or_not_at_all(people: People) -> None:
    meeting = people.meeting()
    wanted = [FIRST + timedelta(days=7), FIRST - timedelta(days=30)]
    with pytest.raises(Invalid):
        people.store.write_at(
            BEFORE, series.repeat, people.office, meeting.id, wanted, draft=False, form_key=KEY
        )
    with people.store.read() as work:
        assert work.db.query(Meeting).count() == 1


def test_each_day_of_a_series_is_looked_at_again(people: People) -> None:
    """Its agenda's speakers, too; without a word all or none of the meetings are made."""
    meeting = people.meeting(audience=Audience())
    people.store.write_at(BEFORE, agenda.add, people.office, meeting.id, 1, Item("开场", "王秀兰", 5))
    week = timedelta(days=7)
    people.meeting(opens_at=NINE + 2 * week, closes_at=at(60) + 2 * week)
    wanted = [FIRST + week, FIRST + 2 * week]
    given = (people.office, meeting.id, wanted)
    with pytest.raises(Conflicting) as refusal:
        people.store.write_at(BEFORE, series.repeat, *given, draft=False, form_key=KEY, careful=True)
    assert [one.name for one in refusal.value.conflicts.speakers] == ["王秀兰"]
    with people.store.read() as work:
        assert work.db.query(Meeting).count() == 2
    assert len(people.store.write_at(BEFORE, series.repeat, *given, draft=False, form_key=KEY)) == 2
    drafts = people.store.write_at(
        BEFORE, series.repeat, *given, draft=True, form_key=KEY + "x", careful=True
    )
    assert len(drafts) == 2


def test_a_copy_has_the_agenda_of_what_it_is_a_copy_of(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(BEFORE, agenda.add, people.office, meeting.id, 1, Item("开场", "王秀兰", 5))
    plan = people.plan(opens_at=at(600), closes_at=at(660))
    given = (people.cast.county, plan)
    for _ in range(2):
        made = people.store.write_at(
            BEFORE, scheduling.schedule, people.office, *given, form_key=KEY, copy_of=meeting.id
        )
    with people.store.read() as work:
        assert [slot.speaker for slot in agenda.of_meeting(work, made)] == ["王秀兰"]
        assert work.db.query(Meeting).count() == 2
    above = (people.actor("province_office"), people.cast.province, plan)
    people.store.write_at(BEFORE, scheduling.schedule, *above, copy_of=meeting.id)
    stranger = (people.actor("other_office"), people.cast.other_county, plan)
    with pytest.raises(Missing):
        people.store.write_at(BEFORE, scheduling.schedule, *stranger, copy_of=meeting.id)


def test_this_and_all_later_ones_are_called_off(people: People) -> None:
    made = repeated(people, people.meeting())
    gone = people.store.write_at(BEFORE, series.cancel_later, people.office, made[1].id, 1, "改为年底")
    assert [one.id for one in gone] == [made[1].id, made[2].id]
    with people.store.read() as work:
        states = [one.state for one in work.db.query(Meeting).order_by(Meeting.opens_at)]
    assert states == ["scheduled", "scheduled", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("role", "refused"),
    [("reader", NotAllowed), ("wang", NotAllowed), ("other_office", Missing), ("outsider", Missing)],
)
def test_who_may_not_repeat_or_call_off(sqlite_people: People, role: str, refused: type[Refusal]) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    with pytest.raises(refused):
        repeated(people, meeting, role)
    with pytest.raises(refused):
        people.store.write_at(BEFORE, series.cancel_later, people.actor(role), meeting.id, 1, "不开了")


def test_the_office_repeats_and_copies_on_its_pages(sqlite_people: People, enter: Enter) -> None:
    people, opens = sqlite_people, clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1), place="三楼")
    meeting = people.store.write(scheduling.schedule, people.office, people.cast.county, plan)
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/repeat"
    how = {"every": "weeks", "weeks": "1", "times": "2", "do": "preview", "form_key": KEY}
    page = office.post(path, how).text
    shown = [plan.day + timedelta(days=7 * week) for week in (1, 2)]
    assert all(f'name="on-{day}"' in page for day in shown)
    assert 'name="despite"' not in page
    assert office.post(path, {**how, "times": "100000"}).status_code == 400
    chosen = {f"on-{shown[0]}": "keep", f"on-{shown[1]}": "skip"}
    assert office.post(path, {**how, **chosen, "do": "draft"}).status_code == 302
    assert "This meeting repeats" in office.get(f"/meetings/{meeting.id}").text
    many = {f"on-2027-{month:02}-{day:02}": "keep" for month in (1, 3, 5) for day in range(1, 30)}
    assert office.post(path, {**how, **many, "do": "draft"}).status_code == 400
    assert enter(people.cast.wang).get(path).status_code == 403
    busy = people.plan(opens_at=opens + timedelta(days=7), closes_at=opens + timedelta(days=7, hours=1))
    people.store.write(scheduling.schedule, people.office, people.cast.county, busy)
    again = {**how, f"on-{shown[0]}": "keep", "do": "schedule", "form_key": KEY + "b"}
    refused = office.post(path, again)
    assert refused.status_code == 409
    assert f'name="on-{shown[0]}"' in refused.text
    assert 'name="despite"' in refused.text
    assert office.post(path, {**again, "despite": "y"}).status_code == 302
    form = office.form(f"/meetings/new?copy={meeting.id}")
    assert form["copy"] == [str(meeting.id)]
    assert (form["place"], form["day"], form["opens_at"]) == (["三楼"], [""], [""])
    assert enter(people.other_office).get(f"/meetings/new?copy={meeting.id}").status_code == 404
