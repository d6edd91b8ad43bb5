"""Figures and the rows behind them: for whom, of which version, over which time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from consult.attendance import settle
from consult.attendance.models import Presence
from consult.attendance.rules import Figure, Tally
from consult.core.errors import Missing
from consult.core.store import Store, Work
from consult.meetings.models import Meeting
from consult.members.access import Actor
from consult.reports import facts, queries
from consult.reports.queries import Held, Report
from consult.reports.scope import Scope
from consult.reports.tables import Grouping, behind, by
from tests.reports.settled import LATER, YEAR, ZONE, held_meeting, staff
from tests.support.cast import Cast, at, cast

GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def report_of(people: Cast, actor: Actor, meeting_id: int) -> Report:
    with people.store.read(LATER) as work:
        report = queries.report(work, actor, meeting_id)
    assert report is not None
    return report


def held_by(people: Cast, actor: Actor) -> list[Held]:
    with people.store.read(LATER) as work:
        return queries.held(work, actor, *YEAR, ZONE)


def people_and_times(people: Cast, actor: Actor, unit_id: int) -> tuple[int | None, int]:
    with people.store.read(LATER) as work:
        found = facts.count(work, actor, Scope(unit_id, *YEAR, ZONE)).total
    return found.people, found.times


def all_of_us(people: Cast) -> tuple[int, ...]:
    return (people.wang, people.li, people.zhao, people.outsider)


def test_every_figure_leads_to_as_many_rows(people: Cast) -> None:
    present = {people.wang: (0, 60), people.li: (12, 60), people.outsider: (0, 59)}
    meeting = held_meeting(
        people, present, host=people.province, expected=(people.wang, people.li, people.zhao),
        excused=people.zhao,
    )  # fmt: skip
    report = report_of(people, staff(people, people.province), meeting)
    assert (report.tally.expected, report.tally.present, report.tally.walk_ins) == (3, 2, 1)
    for figure in Figure:
        assert len(behind(report.rows, figure)) == getattr(report.tally, figure)
    for figure, grouping in product(Figure, GROUPINGS):
        for group in by(report.rows, grouping):
            rows = behind(report.rows, figure, (grouping, group.name))
            assert len(rows) == getattr(group.tally, figure)


def test_list_and_report_agree_for_every_reader(people: Cast) -> None:
    present = {people.wang: (0, 60), people.outsider: (30, 60)}
    for days, host in enumerate((people.province, people.county, people.other_county)):
        expected = all_of_us(people) if host == people.province else None
        held_meeting(
            people, present if host == people.province else {}, host=host, expected=expected, days=days
        )
    readers = [
        staff(people, people.province),
        staff(people, people.county),
        staff(people, people.other_county),
        people.actor(people.office),
    ]
    for reader in readers:
        for held in held_by(people, reader):
            report = report_of(people, reader, held.meeting.id)
            assert held.tally == report.tally == Tally.of(row.outcome for row in report.rows)


def test_county_reads_only_its_rows_of_a_province_meeting(people: Cast) -> None:
    present = dict.fromkeys(all_of_us(people), (0.0, 60.0))
    meeting = held_meeting(people, present, host=people.province, expected=all_of_us(people))
    whole = report_of(people, staff(people, people.province), meeting)
    assert (whole.whole, len(whole.rows)) == (True, 4)
    ours = report_of(people, people.actor(people.office), meeting)
    assert not ours.whole
    assert {row.person_id for row in ours.rows} == {people.wang, people.li, people.zhao}
    theirs = report_of(people, staff(people, people.other_county), meeting)
    assert [row.person_id for row in theirs.rows] == [people.outsider]
    assert theirs.tally.expected == theirs.tally.present == 1


def test_county_does_not_read_its_neighbours_meeting(people: Cast) -> None:
    meeting = held_meeting(people, {people.wang: (0, 60)})
    stranger = staff(people, people.other_county)
    with people.store.read(LATER) as work, pytest.raises(Missing):
        queries.report(work, stranger, meeting)
    assert held_by(people, stranger) == []
    assert people_and_times(people, stranger, people.other_county) == (0, 0)


def test_member_reads_his_own_and_no_report(people: Cast) -> None:
    meeting = held_meeting(people, {people.wang: (0, 60), people.li: (0, 60)})
    wang = people.actor(people.wang)
    with people.store.read(LATER) as work:
        assert [one.row.person_id for one in queries.own(work, people.wang)] == [people.wang]
        assert queries.own(work, people.wang, meeting)[0].row.seconds == 3600
        assert queries.own(work, people.outsider, meeting) == []
        with pytest.raises(Missing):
            queries.report(work, wang, meeting)
        assert queries.held(work, wang, *YEAR, ZONE) == []


def test_people_count_once_and_person_times_each_meeting(people: Cast) -> None:
    held_meeting(people, {people.wang: (0, 60), people.li: (0, 60)})
    held_meeting(people, {people.wang: (0, 60), people.zhao: (0, 5)}, days=1)
    held_meeting(people, {people.wang: (0, 60)}, days=2)
    office = people.actor(people.office)
    assert people_and_times(people, office, people.county) == (2, 4)
    assert sum(held.tally.attending for held in held_by(people, office)) == 4


def test_person_times_are_those_of_the_meetings_listed(people: Cast) -> None:
    """Somebody of ours who came unlisted to a meeting that we can't read is in neither."""
    held_meeting(people, {people.wang: (0, 60)}, host=people.province, expected=(people.outsider,))
    office, above = people.actor(people.office), staff(people, people.province)
    assert held_by(people, office) == []
    assert people_and_times(people, office, people.county) == (0, 0)
    assert people_and_times(people, above, people.province) == (1, 1)


def test_settled_meeting_with_nobody_expected_is_listed(people: Cast) -> None:
    held_meeting(people, {}, expected=())
    assert [held.tally.expected for held in held_by(people, people.actor(people.office))] == [0]


def test_superseded_version_counts_nowhere(people: Cast) -> None:
    meeting_id = held_meeting(people, {people.wang: (0, 60), people.li: (0, 60)})

    def count_again(work: Work) -> None:
        work.db.delete(work.db.scalars(select(Presence).where(Presence.person_id == people.li)).one())
        work.db.flush()
        meeting = work.db.get_one(Meeting, meeting_id)
        settle.settle(work, meeting, by_id=people.office, reason="the venue's list")

    people.store.write_at(at(200), count_again)
    office = people.actor(people.office)
    report = report_of(people, office, meeting_id)
    assert (report.versions, report.settlement.version, report.tally.present) == (2, 2, 1)
    assert [held.tally.present for held in held_by(people, office)] == [1]
    assert people_and_times(people, office, people.county) == (1, 1)
    with people.store.read(LATER) as work:
        assert [one.row.seconds for one in queries.own(work, people.li)] == [0]


def test_report_is_none_until_settled(people: Cast) -> None:
    meeting = people.meeting()
    with people.store.read(LATER) as work:
        assert queries.report(work, people.actor(people.office), meeting) is None


def test_year_is_the_zones(people: Cast) -> None:
    start, end = queries.year_bounds(2026, "Asia/Shanghai")
    assert start.astimezone(UTC) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Shanghai", datetime(2025, 12, 31, 16, 30, tzinfo=UTC)),
        ("America/Lima", datetime(2026, 1, 1, 2, tzinfo=UTC)),
    ],
)
def test_years_offered_are_those_with_meetings(people: Cast, zone: str, first: datetime) -> None:
    """A meeting at the turn of the year lies in the year of its list."""
    people.meeting(opens_at=first, closes_at=first + timedelta(hours=1))
    with people.store.read(LATER) as work:
        offered = queries.years(work, people.actor(people.office), date(2027, 5, 1), zone)
    assert offered == list(range(2027, first.astimezone(ZoneInfo(zone)).year - 1, -1))


def test_list_takes_as_many_queries_for_many_meetings_as_for_one(people: Cast) -> None:
    office = people.actor(people.office)
    asked: list[str] = []
    event.listen(people.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries_for_list() -> int:
        asked.clear()
        held_by(people, office)
        return len(asked)

    held_meeting(people, {people.wang: (0, 60)})
    one = queries_for_list()
    for days in range(1, 5):
        held_meeting(people, {people.wang: (0, 60)}, days=days)
    assert queries_for_list() == one
