"""What all tests share, started when first asked for: databases, Redis, the server, a real browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from redis import Redis as RedisClient

from consult.core.migrate import upgrade
from consult.core.store import Store, open_store
from tests.support.needs import NEEDS, Missing, allowed_missing
from tests.support.server import Server
from tests.support.servers import Postgres, Redis

ROOT = Path(__file__).resolve().parents[1]
REHEARSAL = ("--minutes", "5", "--players", "40", "--comments", "120", "--seed", "7")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HANGS_AFTER = 600  # seconds; the longest honest test takes half of it
MARKERS = {
    "postgres": "postgres_server",
    "redis": "redis_server",
    "browser": "chromium_path",
    "server": "start_server",
}

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure(config: pytest.Config) -> None:
    for name in MARKERS:
        config.addinivalue_line("markers", f"{name}: uses it; set by the fixtures a test asks for")
    config.addinivalue_line("markers", "slow: takes more than a few seconds; not in `make check`")
    # `timeout` and continuous integration end us so; the servers we started must not outlive us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for marker, fixture in MARKERS.items():
            if fixture in asked:
                item.add_marker(marker)
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("database") == "postgres":
            item.add_marker("postgres")
    # Browsers last: once Playwright runs, its event loop does until the end, and no other can be started.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """A test that hangs fails, and the others go on."""

    def give_up(*_: object) -> None:
        pytest.fail(f"{item.nodeid} hung for {HANGS_AFTER} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS_AFTER)
    try:
        return (yield)
    finally:
        signal.alarm(0)


def _need(name: str) -> str:
    try:
        return NEEDS[name]()
    except Missing as missing:
        if name in allowed_missing():
            pytest.skip(f"{name} is missing, as ALLOW_MISSING allows")
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    server = Postgres(_need("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> Iterator[str]:
    """A migrated, otherwise empty database, for others to be copied from."""
    url = postgres_server.create()
    upgrade(url)
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.sqlite"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def postgres_url(postgres_server: Postgres, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    url = postgres_server.create(postgres_template)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def empty_postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A PostgreSQL database of the test's own with nothing in it, for tests of migrations."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    file = tmp_path / "test.sqlite"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database an integration test runs on: each of them."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{database}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store on each kind of database."""
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An open store on SQLite alone, for rules on which the kind of database has no bearing."""
    store = open_store(sqlite_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis that the tests may stop and start; skipped for one that is named by TEST_REDIS_URL."""
    source = _need("redis")
    if "://" in source:
        pytest.skip("the Redis of TEST_REDIS_URL is not ours to stop")
    server = Redis(source)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """A Redis with nothing in it."""
    source = _need("redis")
    url: str = source if "://" in source else request.getfixturevalue("redis_server").url
    with RedisClient.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`start_server(DATABASE_URL=…, …)` starts `consult serve` with these settings and waits until ready.

    All are ended with the test; their logs are printed where the test fails.
    """
    servers: list[Server] = []

    def start(**env: str) -> Server:
        server = Server(env, tmp_path / f"server-{len(servers) + 1}.log")
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.close()
        print(f"--- {server.log.name}, its end\n{server.log_text()[-6000:]}")


@pytest.fixture
def server(start_server: Callable[..., Server], sqlite_url: str) -> Server:
    """`consult serve` on SQLite with everything else as it is by default."""
    return start_server(DATABASE_URL=sqlite_url)


@pytest.fixture(scope="session", autouse=True)
def whole_meeting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[bytes], Path] | None]:
    """`consult rehearse` and its log, begun before the first test if any asks for it by `rehearsal`."""
    if not any("rehearsal" in item.fixturenames for item in request.session.items):
        yield None
        return
    log = tmp_path_factory.mktemp("rehearsal") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "consult", "rehearse", *REHEARSAL],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    yield process, log
    process.kill()
    process.wait()


@pytest.fixture
def rehearsal(whole_meeting: tuple[subprocess.Popen[bytes], Path]) -> tuple[subprocess.Popen[bytes], Path]:
    return whole_meeting


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return _need("chromium")


@pytest.fixture(scope="session")
def launch_browser(chromium_path: str) -> Iterator[Callable[[], Browser]]:
    """Starts a Chromium of its own at each call; all are closed with the session."""
    with sync_playwright() as playwright:
        browsers: list[Browser] = []

        def launch() -> Browser:
            started = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGUMENTS)
            browsers.append(started)
            return started

        yield launch
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch_browser: Callable[[], Browser]) -> Browser:
    """The Chromium that most tests share, each in contexts of its own."""
    return launch_browser()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(width=390, height=844, **options)`: a page of a new visitor, who reads Chinese.

    The test fails if a script failed on any of them or the page broke its own Content-Security-Policy.
    """
    faults: list[str] = []
    pages: list[Page] = []

    def open_page(width: int = 1280, height: int = 800, **options: object) -> Page:
        settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert not faults
