"""A made-up county, served for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consult.core import clock
from consult.core.migrate import upgrade
from consult.core.store import open_store
from tests.browser import scene
from tests.browser.scene import Year
from tests.support.server import Server


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("year")
    url = f"sqlite:///{folder}/year.sqlite"
    upgrade(url)
    store = open_store(url)
    server = Server({"DATABASE_URL": url}, folder / "server.log")
    made = scene.play(server.url, store, clock.now())
    server.start()
    yield made
    server.close()
    store.close()
