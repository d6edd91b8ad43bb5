"""A server that dies in the middle of background work goes on when it is started again: no step is lost or
done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from consult.background import links
from consult.background.models import Status, Task
from consult.core.store import Store, Work
from consult.members.models import Membership, Person, SignInLink
from tests.live.site import Site, new_site
from tests.support.server import Server
from tests.support.wait import until

pytestmark = pytest.mark.slow

PEOPLE, KILLS = 1000, 2


def test_a_killed_server_takes_its_work_up_again(
    store: Store, database_url: str, start_server: Callable[..., Server]
) -> None:
    site = new_site(start_server, store, database_url)
    people = store.write(many, site.people.county)
    office = site.people.actor(site.people.office)
    task = store.write(links.ask, office, site.people.county, people, timedelta(days=1), "zh_CN", None)
    for kill in range(1, KILLS + 1):
        reached = kill * PEOPLE // (KILLS + 2)
        until(lambda reached=reached: row(site, task).done >= reached, 60, f"{reached} links")
        site.server.kill9()
        assert row(site, task).status == Status.WAITING, "the kill came too late"
        # The dead server's lease would run for a minute yet.
        store.write(lambda work: work.db.execute(update(Task).values(held_until=work.now)))
        site.server.start()
    until(lambda: row(site, task).status != Status.WAITING, 120, "the end")
    found = row(site, task)
    assert (found.status, found.done) == (Status.DONE, PEOPLE)
    with store.read() as work:
        made = Counter(work.db.scalars(select(SignInLink.person_id)))
        assert made == dict.fromkeys(people, 1)


def many(work: Work, unit_id: int) -> list[int]:
    new = [Person(name=f"委员{number}", created_at=work.now) for number in range(PEOPLE)]
    work.db.add_all(new)
    work.db.flush()
    work.db.add_all(
        Membership(unit_id=unit_id, person_id=one.id, number=f"M{one.id}", from_day=date(2022, 1, 1))
        for one in new
    )
    return [one.id for one in new]


def row(site: Site, task: Task) -> Task:
    with site.store.read() as work:
        return work.db.get_one(Task, task.id)
