"""Days are those of the site's calendar: half past midnight in China is a new day, in Greenwich not yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from consult.core.store import Store, Work, open_store
from consult.meetings import quiet
from consult.members import directory, seats
from consult.members.access import actor_of
from consult.members.models import Membership, Unit
from consult.members.seats import OF_THE_PERSON, OF_THE_SEAT
from tests.support.cast import Cast, cast

NEW_YEAR = date(2026, 1, 1)
HALF_PAST_MIDNIGHT = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
HALF_PAST_ELEVEN = HALF_PAST_MIDNIGHT - timedelta(hours=1)


@pytest.fixture
def in_china(database_url: str) -> Iterator[Store]:
    """An open store of a site in China, on each kind of database."""
    store = open_store(database_url, "Asia/Shanghai")
    yield store
    store.close()


@pytest.fixture
def people(in_china: Store) -> Cast:
    return cast(in_china)


def change(people: Cast, **days: date) -> None:
    def write(work: Work) -> None:
        work.db.execute(update(Membership).where(Membership.person_id == people.wang).values(**days))

    people.store.write(write)


def holds_a_seat(people: Cast, now: datetime) -> bool:
    with people.store.read(now) as work:
        return bool(actor_of(work, people.wang).seats)


def test_a_seat_begins_and_ends_at_midnight_where_the_site_is(people: Cast) -> None:
    change(people, from_day=NEW_YEAR)
    assert [holds_a_seat(people, now) for now in (HALF_PAST_ELEVEN, HALF_PAST_MIDNIGHT)] == [False, True]
    change(people, from_day=date(2020, 1, 1), to_day=NEW_YEAR)
    assert [holds_a_seat(people, now) for now in (HALF_PAST_ELEVEN, HALF_PAST_MIDNIGHT)] == [True, False]


def test_who_has_left_today_is_no_longer_listed(people: Cast) -> None:
    change(people, to_day=NEW_YEAR)
    office = people.actor(people.office)
    for now, listed in ((HALF_PAST_ELEVEN, True), (HALF_PAST_MIDNIGHT, False)):
        with people.store.read(now) as work:
            names = [one.name for one in directory.members_of(work, office, people.county)]
        assert ("王秀兰" in names) is listed


def test_a_member_added_after_midnight_belongs_from_that_day(people: Cast) -> None:
    typed = {**dict.fromkeys((*OF_THE_PERSON, *OF_THE_SEAT), ""), "number": "N1", "name": "周新"}

    def add(work: Work) -> Membership:
        return seats.create(work, work.db.get_one(Unit, people.county), {**typed, "committees": ()})

    seat = people.store.write_at(HALF_PAST_MIDNIGHT, add)
    assert seat.from_day == NEW_YEAR


def test_a_quiet_period_is_over_with_its_last_day(people: Cast) -> None:
    office = people.actor(people.office)
    last = NEW_YEAR - timedelta(days=1)
    people.store.write_at(HALF_PAST_ELEVEN, quiet.add, office, people.county, last, last, "会议周")
    for now, count in ((HALF_PAST_ELEVEN, 1), (HALF_PAST_MIDNIGHT, 0)):
        with people.store.read(now) as work:
            assert len(quiet.listed(work, office, people.county)) == count
