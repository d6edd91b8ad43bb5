"""Figures over several meetings: what counts, under what, for whom, and that the rows are those counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise, product
from typing import Any

import pytest
from sqlalchemy import update

from consult.attendance import settle
from consult.attendance.rules import Figure
from consult.core.errors import Invalid, Missing
from consult.core.store import Store, Work
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members.access import Actor
from consult.members.models import Membership
from consult.reports import facts
from consult.reports.dimensions import DIMENSIONS, OF_MEETINGS, Dimension
from consult.reports.facts import Figures, Meetings, Table
from consult.reports.scope import Scope
from tests.reports.settled import LATER, YEAR, ZONE, held_meeting, staff
from tests.support.cast import NINE, Cast, at, cast

HOUR = (0.0, 60.0)


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def year_of(unit_id: int | None, *only: tuple[Dimension, str]) -> Scope:
    return Scope(unit_id, *YEAR, ZONE, only)


def count(people: Cast, actor: Actor, scope: Scope, *by: Dimension) -> Table:
    with people.store.read(LATER) as work:
        return facts.count(work, actor, scope, by, meetings=True)


def total(people: Cast, actor: Actor, scope: Scope) -> Figures:
    return count(people, actor, scope).total


def seat(people: Cast, person: int, **values: Any) -> None:
    """Makes his seat another."""

    def change(work: Work) -> None:
        work.db.execute(update(Membership).where(Membership.id == people.seats[person]).values(**values))

    people.store.write(change)


def keyed(table: Table, measure: str = "times") -> dict[str, int]:
    """The figure of each key of a table's one dimension, by what it is called."""
    return {table.name(0, key): getattr(table.at(key), measure) for key in table.keys[0]}


def test_a_meeting_of_the_province_is_attended_by_the_county_and_held_by_the_province(people: Cast) -> None:
    everybody = (people.wang, people.li, people.outsider)
    held_meeting(people, dict.fromkeys(everybody, HOUR), host=people.province, expected=everybody)
    held_meeting(people, {people.wang: HOUR}, days=1)
    office, above = people.actor(people.office), staff(people, people.province)
    county = total(people, office, year_of(people.county))
    province = total(people, above, year_of(people.province))
    assert (county.people, county.times, county.meetings) == (2, 3, Meetings(1, 2, 1))
    assert (province.people, province.times, province.meetings) == (3, 4, Meetings(2, 2, 0))


def test_totals_count_people_and_pairs_once(people: Cast) -> None:
    seat(people, people.wang, committees=["提案委", "经济委"])
    seat(people, people.li, committees=["经济委"])
    held_meeting(people, {people.wang: HOUR, people.li: HOUR})
    held_meeting(people, {people.wang: HOUR}, days=1)
    table = count(people, people.actor(people.office), year_of(people.county), Dimension.COMMITTEE)
    assert keyed(table) == {"经济委": 3, "提案委": 2, "(none)": 0}
    assert keyed(table, "people") == {"经济委": 2, "提案委": 1, "(none)": 0}
    assert (table.total.people, table.total.times, table.total.tally.expected) == (2, 3, 6)


def test_a_unit_has_what_is_below_it(people: Cast) -> None:
    everybody = (people.wang, people.li, people.zhao, people.outsider)
    held_meeting(people, dict.fromkeys(everybody, HOUR), host=people.province, expected=everybody)
    above = staff(people, people.province)
    scope = year_of(people.province)
    assert keyed(count(people, above, scope, Dimension.BRANCH)) == {"清河县政协": 3, "白塔县政协": 1}
    assert count(people, above, scope).total.times == 4


def test_party_and_non_party_stand_apart_and_unknown_with_neither(people: Cast) -> None:
    seat(people, people.wang, party="中共党员")
    seat(people, people.li, party="民盟盟员")
    held_meeting(people, dict.fromkeys((people.wang, people.li, people.zhao), HOUR))
    table = count(people, people.actor(people.office), year_of(people.county), Dimension.STANDING)
    assert [(key, table.at(key).times) for key in table.keys[0]] == [
        ("party", 1), ("non_party", 1), ("unknown", 1)
    ]  # fmt: skip


def test_a_row_stays_what_it_was_on_the_meetings_day(people: Cast) -> None:
    held_meeting(people, {people.wang: HOUR}, expected=(people.wang,))
    seat(people, people.wang, sector="特邀界")
    held_meeting(people, {people.wang: HOUR}, expected=(people.wang,), days=1)
    table = count(people, people.actor(people.office), year_of(people.county), Dimension.SECTOR)
    assert keyed(table) == {"医药卫生界": 1, "特邀界": 1}
    assert table.total.people == 1


def test_months_are_those_of_the_zone(people: Cast) -> None:
    """At half past midnight of April 1 in Shanghai it is still March in Greenwich."""
    held_meeting(people, {people.wang: HOUR})
    held_meeting(people, {}, expected=(people.wang,), days=21 + 15.5 / 24)
    office = people.actor(people.office)
    scope = year_of(people.county)
    for dimension, keys in (
        (Dimension.MONTH, ("2026-03", "2026-04")),
        (Dimension.QUARTER, ("2026-Q1", "2026-Q2")),
        (Dimension.HALF, ("2026-H1",)),
        (Dimension.YEAR, ("2026",)),
    ):
        assert count(people, office, scope, dimension).keys == (keys,)
    assert total(people, office, scope.within((Dimension.MONTH, "2026-04"))).tally.expected == 1
    assert count(people, office, replace(scope, zone="UTC"), Dimension.MONTH).keys == (("2026-03",),)


def test_whose_meeting_it_was_is_seen_from_the_unit(people: Cast) -> None:
    held_meeting(people, {people.wang: HOUR}, host=people.province)
    held_meeting(people, {people.wang: HOUR}, days=1)
    office, above = people.actor(people.office), staff(people, people.province)
    assert count(people, office, year_of(people.county), Dimension.SIDE).keys == (("own", "above"),)
    assert count(people, above, year_of(people.province), Dimension.SIDE).keys == (("own", "below"),)
    levels = count(people, office, year_of(people.county), Dimension.LEVEL)
    assert keyed(levels) == {"Province": 1, "County": 1}


def test_a_meeting_to_which_nobody_came_was_held(people: Cast) -> None:
    held_meeting(people, {}, expected=())
    office = people.actor(people.office)
    table = count(people, office, year_of(people.county), Dimension.FORM)
    assert table.total.meetings == table.at("remote").meetings == Meetings(1, 0, 0)
    by_sector = count(people, office, year_of(people.county), Dimension.SECTOR)
    assert by_sector.total.meetings == Meetings(None, 0, 0)


@pytest.mark.parametrize("state", [State.CANCELLED, State.POSTPONED])
def test_what_was_put_off_or_called_off_does_not_count(people: Cast, state: State) -> None:
    meeting_id = held_meeting(people, {people.wang: HOUR})

    def undo(work: Work) -> None:
        work.db.execute(update(Meeting).where(Meeting.id == meeting_id).values(state=state))

    people.store.write(undo)
    assert total(people, people.actor(people.office), year_of(people.county)).times == 0


def test_only_the_latest_settlement_counts(people: Cast) -> None:
    meeting_id = held_meeting(people, {people.wang: HOUR}, expected=(people.wang,))

    def again(work: Work) -> None:
        settle.settle(work, work.db.get_one(Meeting, meeting_id), reason="again")

    people.store.write_at(at(200), again)
    assert total(people, people.actor(people.office), year_of(people.county)).tally.expected == 1


def refused(people: Cast, actor: Actor, scope: Scope) -> None:
    with people.store.read(LATER) as work:
        for ask in (facts.count, facts.rows, facts.meetings):
            with pytest.raises(Missing):
                ask(work, actor, scope)


def test_stranger_and_member_are_refused_and_a_county_counts_its_own(people: Cast) -> None:
    everybody = (people.wang, people.outsider)
    held_meeting(people, dict.fromkeys(everybody, HOUR), host=people.province, expected=everybody)
    held_meeting(people, {people.wang: HOUR}, days=1)
    stranger, wang = staff(people, people.other_county), people.actor(people.wang)
    for actor, unit in product((stranger, wang), (people.county, people.province)):
        refused(people, actor, year_of(unit))
    refused(people, wang, year_of(None))
    assert total(people, stranger, year_of(None)).times == 1
    assert total(people, people.actor(people.office), year_of(None)).times == 2


def test_who_walked_into_a_meeting_that_his_office_does_not_see_is_not_counted_there(people: Cast) -> None:
    held_meeting(people, {people.wang: HOUR}, host=people.province, expected=(people.outsider,))
    assert total(people, people.actor(people.office), year_of(people.county)).times == 0
    assert total(people, staff(people, people.province), year_of(people.province)).times == 1


def test_every_figure_of_every_cross_leads_to_its_rows(people: Cast) -> None:
    seat(people, people.wang, committees=["提案委", "经济委"], party="九三学社社员")
    seat(people, people.li, committees=["经济委"], party="中共党员")
    everybody = (people.wang, people.li, people.zhao, people.outsider)
    held_meeting(people, {people.wang: HOUR, people.li: (12, 60)}, excused=people.zhao)
    held_meeting(people, {people.wang: (0, 5), people.zhao: (0, 40)}, days=40, form="sector")
    held_meeting(
        people, dict.fromkeys(everybody, HOUR), host=people.province, expected=everybody, days=120
    )  # fmt: skip
    office = people.actor(people.office)
    scope = year_of(people.county)
    for one, other in pairwise((*DIMENSIONS, Dimension.MONTH, Dimension.SECTOR)):
        table = count(people, office, scope, one, other)
        with people.store.read(LATER) as work:
            for a, b in product((None, *table.keys[0]), (None, *table.keys[1])):
                keys = [pair for pair in ((one, a), (other, b)) if pair[1] is not None]
                cell = scope.within(*((d, k) for d, k in keys if k is not None))
                for figure in Figure:
                    listed = facts.rows(work, office, cell, figure)
                    assert listed.total == len(list(listed.rows)) == getattr(table.at(a, b).tally, figure)
                met = facts.meetings(work, office, cell)
                counted = table.at(a, b).meetings
                attended = [one for one in met if one.attending]
                assert len(attended) == (counted.attended if counted else 0)
                if counted and {one, other} <= OF_MEETINGS:
                    assert sum(one.held for one in met) == counted.held
                rows = list(facts.rows(work, office, cell, Figure.ATTENDING).rows)
                assert len({row.person_id for row in rows}) == table.at(a, b).people


def test_rows_come_in_pages_in_the_order_of_time(people: Cast) -> None:
    for days in (2, 1, 0):
        held_meeting(people, {people.wang: HOUR}, days=days)
    office = people.actor(people.office)
    with people.store.read(LATER) as work:
        whole = list(facts.rows(work, office, year_of(people.county), Figure.EXPECTED).rows)
        pages = [
            list(facts.rows(work, office, year_of(people.county), Figure.EXPECTED, start=start, most=4).rows)
            for start in (0, 4, 8)
        ]
    assert [row for page in pages for row in page] == whole
    assert [row.opens_at for row in whole] == sorted(row.opens_at for row in whole)
    assert [len(page) for page in pages] == [4, 4, 1]
    assert whole[0].opens_at == NINE


@pytest.mark.parametrize("key", ["", "x", "-1", "1e3", "²", "9" * 30])
def test_what_can_be_no_key_is_refused(people: Cast, key: str) -> None:
    with people.store.read(LATER) as work, pytest.raises(Invalid):
        facts.count(work, people.actor(people.office), year_of(people.county, (Dimension.MEETING, key)))


def test_a_time_of_more_than_ten_years_or_of_none_is_refused(people: Cast) -> None:
    office = people.actor(people.office)
    start, end = YEAR
    for wrong in (
        replace(year_of(people.county), end=start),
        Scope(people.county, start, end.replace(year=2040), ZONE),
    ):
        with people.store.read(LATER) as work, pytest.raises(Invalid):
            facts.count(work, office, wrong)


def test_a_dimension_crossed_with_itself_is_refused(people: Cast) -> None:
    with pytest.raises(Invalid):
        count(people, people.actor(people.office), year_of(people.county), Dimension.FORM, Dimension.FORM)


def test_a_members_seat_that_ended_still_stands_in_its_year(people: Cast) -> None:
    held_meeting(people, {people.wang: HOUR}, expected=(people.wang,))
    seat(people, people.wang, to_day=date(2026, 4, 1))
    assert total(people, people.actor(people.office), year_of(people.county)).people == 1


def test_a_name_is_told_only_of_what_may_be_read(people: Cast) -> None:
    held_meeting(people, {people.wang: HOUR})
    office = people.actor(people.office)
    with people.store.read(LATER) as work:
        for key, name in ((people.wang, "王秀兰"), (people.outsider, "–"), (999, "–")):
            told = facts.name_of(work, office, year_of(people.county), Dimension.MEMBER, str(key))
            assert told == name
