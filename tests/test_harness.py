"""The tests' own ground: what they stand on is real, and says so when it is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from redis import Redis as RedisClient
from sqlalchemy import create_engine, inspect, text

from consult.core.migrate import upgrade
from consult.core.store import Base, Store
from tests.support import needs
from tests.support.servers import Redis
from tests.support.wait import until


def test_until_fails_and_says_what_it_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.02 s in vain for the moon"):
        until(lambda: False, 0.02, "the moon")


def test_allow_missing_refuses_a_name_that_is_no_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_MISSING", "redis,postgress")
    with pytest.raises(SystemExit, match="postgress"):
        needs.allowed_missing()


def test_what_cannot_be_got_fails_with_one_line_unless_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(needs, "_package_folder", lambda _: None)
    monkeypatch.setattr(needs, "bring_chromium", lambda: None)
    monkeypatch.setenv("TEST_REDIS_URL", "redis://elsewhere")
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.delenv("ALLOW_MISSING", raising=False)
    assert needs.main() == 1
    assert [line for line in capsys.readouterr().out.splitlines() if "ALLOW_MISSING=postgres" in line]
    monkeypatch.setenv("ALLOW_MISSING", "postgres")
    monkeypatch.setitem(needs.NEEDS, "chromium", lambda: "/somewhere/chromium")
    assert needs.main() == 0


def test_each_test_has_a_migrated_database_of_its_own(store: Store) -> None:
    assert set(Base.metadata.tables) <= set(inspect(store.engine).get_table_names())


def test_an_empty_postgres_is_empty_and_can_be_migrated(empty_postgres_url: str) -> None:
    engine = create_engine(empty_postgres_url)
    assert inspect(engine).get_table_names() == []
    with engine.connect() as connection:
        assert str(connection.scalar(text("SHOW server_version"))).startswith("18")
    upgrade(empty_postgres_url)
    assert "alembic_version" in inspect(engine).get_table_names()
    engine.dispose()


def test_redis_comes_back_empty_on_the_same_port(redis_server: Redis, redis_url: str) -> None:
    with RedisClient.from_url(redis_url) as client:
        client.set("here", "1")
        redis_server.stop()
        redis_server.start()
        assert client.get("here") is None


def test_the_browser_shows_chinese(new_page: Callable[..., Page]) -> None:
    page = new_page(width=390, height=844)
    page.set_content("<p>远程协商</p>")
    assert page.get_by_text("远程协商").is_visible()
    assert page.evaluate("[innerWidth, navigator.language]") == [390, "zh-CN"]
