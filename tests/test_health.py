"""Probes: alive, and ready to serve, whatever state the database is in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from consult.app import create_app
from consult.attendance import leases
from consult.config import load
from consult.core import clock
from consult.core.store import Store, open_store
from tests.support.net import free_port
from tests.support.server import Server
from tests.support.wait import until

NOTHING = {"ok": False, "database": False, "schema": False, "clock": False, "messages": False}


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return create_app(load({"SECRET_KEY": "k" * 40}), store).test_client()


def ready(client: FlaskClient) -> tuple[int, dict[str, bool]]:
    answer = client.get("/readyz")
    assert answer.json is not None
    return answer.status_code, answer.json


def test_process_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"ok": True})


def test_ready_says_whether_a_clock_lives(client: FlaskClient, store: Store) -> None:
    good = {"ok": True, "database": True, "schema": True, "messages": True}
    assert ready(client) == (200, {**good, "clock": False})
    store.write_at(clock.now() - leases.DEAD - timedelta(seconds=1), leases.renew, "dead", leases.CLOCK)
    store.write(leases.renew, "web", leases.WEB)
    assert ready(client) == (200, {**good, "clock": False})
    store.write(leases.renew, "clock", leases.CLOCK)
    assert ready(client) == (200, {**good, "clock": True})
    store.write(leases.end, "clock")
    assert ready(client) == (200, {**good, "clock": False})


@pytest.mark.parametrize(
    "spoilt",
    ["UPDATE alembic_version SET version_num = '0000'", "DROP TABLE lease; DELETE FROM alembic_version"],
)
def test_other_schema_is_not_ready(client: FlaskClient, store: Store, spoilt: str) -> None:
    with store.engine.begin() as connection:
        for statement in spoilt.split(";"):
            connection.execute(text(statement))
    assert ready(client) == (
        503,
        {**NOTHING, "database": True},
    )


def test_database_away_is_not_ready() -> None:
    store = open_store(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    client = create_app(load({"SECRET_KEY": "k" * 40}), store).test_client()
    assert ready(client) == (
        503,
        NOTHING,
    )
    assert client.get("/healthz").status_code == 200
    store.close()


def test_served_with_its_clock(start_server: Callable[..., Server], sqlite_url: str) -> None:
    server = start_server(DATABASE_URL=sqlite_url)
    store = open_store(sqlite_url)
    client = create_app(load({"SECRET_KEY": "k" * 40}), store).test_client()
    until(lambda: ready(client)[1]["clock"], 5, "the server's clock to show")
    server.terminate()
    assert not ready(client)[1]["clock"]
    store.close()
