"""A server that many tests of one file share: for input that must change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consult.core.store import open_store
from tests.live.site import Site, new_site
from tests.support.server import Server


@pytest.fixture(scope="module")
def shared_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("shared")
    shutil.copyfile(sqlite_template, folder / "shared.sqlite")
    url = f"sqlite:///{folder / 'shared.sqlite'}"
    store = open_store(url)
    site = new_site(
        lambda **env: Server(env, folder / "server.log").start(),
        store,
        url,
        COMMENTS_PER_MINUTE="100000",
        CONNECTIONS_PER_PERSON="10000",
    )
    yield site
    site.server.close()
    store.close()
