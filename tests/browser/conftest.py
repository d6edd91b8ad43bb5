"""A made-up county with a year behind and ahead of it, served for all tests that only look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from consult.core import clock
from consult.core.migrate import upgrade
from consult.core.store import Store, open_store
from consult.members import sign_in_links
from consult.members.models import Person
from consult.rehearsal import county, history
from consult.rehearsal.county import Account, County
from tests.support.server import Server

MEMBERS, SEED = 120, 1


@dataclass(frozen=True)
class Year:
    """The county, its database, and where it is served."""

    site: str
    store: Store
    made: County

    def account(self, name: str) -> Account:
        return next(one for one in self.made.accounts if one.account == name)

    def members(self) -> list[Person]:
        """In the roster's order."""
        with self.store.read() as work:
            return [person for _, person in county.seats(work, self.made)]

    def link(self, person_id: int) -> str:
        """A new one-time sign-in link of that person's."""
        code = sign_in_links.mint()
        with self.store.read() as work:
            organizer = self.made.organizer(work)
        self.store.write(sign_in_links.make, organizer, [person_id], [code], timedelta(days=1))
        return f"{self.site}/s/{code.text}"


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("year")
    url = f"sqlite:///{folder}/year.sqlite"
    upgrade(url)
    store = open_store(url)
    made = county.build(store, MEMBERS, SEED)
    history.build(store, made, clock.now(), SEED)
    server = Server({"DATABASE_URL": url}, folder / "server.log").start()
    yield Year(server.url, store, made)
    server.close()
    store.close()
