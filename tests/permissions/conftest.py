"""The scene of the permissions: built once on each kind of database, for tests that change nothing in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consult.core.store import open_store
from tests.permissions.scene import Scene, build
from tests.support.visitor import app, enter, one_app

__all__ = ["app", "enter", "one_app"]


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def scene(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    if database == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = tmp_path_factory.mktemp("permissions") / "scene.sqlite"
        shutil.copyfile(template, file)
        url = f"sqlite:///{file}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create(request.getfixturevalue("postgres_template"))
        request.addfinalizer(lambda: server.drop(url))  # noqa: PT021  only where there is one
    store = open_store(url)
    yield build(store)
    store.close()
