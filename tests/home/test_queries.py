"""Pages with many meetings on them: as many queries as with few."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from consult.attendance import settle
from consult.calendars import feeds
from consult.core import clock
from consult.core.store import Work
from consult.meetings import moves, scheduling
from consult.meetings.audience import Audience
from consult.members.models import Level, Membership, Person, Unit
from consult.topics import calls
from tests.meetings.people import People
from tests.support.visitor import Enter, Visitor

FEW, MANY = 3, 30


def season(people: People, count: int) -> None:
    """So many meetings of each sort: on now, to come and not answered, a draft, one to name people for, over;
    as many calls, and offices below with a member who never signed in."""
    now, county = clock.now(), people.cast.county
    for n in range(count):
        for minutes in (-5 - n, 60 * 24 * (2 + n), -60 * 24 * (3 + n)):
            opens = now + timedelta(minutes=minutes)
            plan = people.plan(title=f"第{n}次", opens_at=opens, closes_at=opens + timedelta(hours=2))
            people.store.write_at(
                opens - timedelta(days=30), scheduling.schedule, people.office, county, plan
            )
        ahead = now + timedelta(days=2 + n)
        later = {"opens_at": ahead, "closes_at": ahead + timedelta(hours=1)}
        draft = people.plan(**later)
        named = people.plan(**later, audience=Audience(naming=(county,), places=5))
        people.store.write(scheduling.schedule, people.office, county, draft, draft=True)
        people.store.write(scheduling.schedule, people.actor("province_office"), people.cast.province, named)
        call = calls.terms(f"征集{n}", "", ahead.year, "unit", now - timedelta(days=1), ahead)
        people.store.write_at(now - timedelta(days=2), calls.create, people.office, county, call)
        people.store.write(_office_below, county)
    people.store.write(moves.advance_due)
    while people.store.write(settle.settle_due):
        pass


def _office_below(work: Work, county_id: int) -> None:
    above = work.db.get_one(Unit, county_id)
    below = Unit(name="街道委员活动组", level=Level.COUNTY, parent_id=above.id, path="", created_at=work.now)
    person = Person(name="新委员", created_at=work.now)
    work.db.add_all([below, person])
    work.db.flush()
    below.path = f"{above.path}{below.id}/"
    work.db.add(
        Membership(
            unit_id=below.id, person_id=person.id, number=f"J{below.id}", sector="经济界",
            from_day=date(2022, 1, 1),
        )
    )  # fmt: skip


@pytest.mark.parametrize("role", ["wang", "office", "province_office"])
def test_thirty_of_each_take_as_many_queries_as_three(sqlite_people: People, enter: Enter, role: str) -> None:
    store, actor = sqlite_people.store, sqlite_people.actor(role)
    visitor, first = enter(actor.person_id), clock.now().date()
    paths = (
        "/",
        "/meetings",
        "/calendar",
        f"/calendar/events?start={first}&end={first + timedelta(days=60)}",
        f"/calendar/feed/{store.write(feeds.renew, actor)}.ics",
    )
    season(sqlite_people, FEW)
    few = {path: queries(sqlite_people, visitor, path) for path in paths}
    season(sqlite_people, MANY - FEW)
    assert {path: queries(sqlite_people, visitor, path) for path in paths} == few


def queries(people: People, visitor: Visitor, path: str) -> list[str]:
    """What the page asks of the database when it is shown once more."""
    visitor.get(path)
    people.store.write(lambda _work: None)  # what that left for the writer is done, too
    asked: list[str] = []

    def hear(*given: object) -> None:
        asked.append(str(given[2]).split("WHERE")[0])

    event.listen(people.store.engine, "before_cursor_execute", hear)
    try:
        assert visitor.get(path).status_code == 200
    finally:
        event.remove(people.store.engine, "before_cursor_execute", hear)
    return asked
