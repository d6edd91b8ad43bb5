"""What every answer has: headers, refusals as pages or JSON, limits of bodies, trusted hosts."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult.app import create_app
from consult.config import load
from consult.core.store import Store, open_store
from consult.core.web import FORM_BODY, MAX_BODY, safe_next
from tests.support.cast import cast
from tests.support.net import free_port
from tests.support.server import Server

JSON = {"Accept": "application/json"}
PAGES = ["/healthz", "/nowhere", "/my/attendance", "/static/css/base.css", "/static/none.css"]
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def app(sqlite_store: Store) -> Flask:
    return create_app(load({"DEFAULT_LANGUAGE": "en", "SECRET_KEY": "k" * 40}), sqlite_store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def member(sqlite_store: Store, client: FlaskClient) -> FlaskClient:
    """A browser in which a member is signed in, and stays so."""
    people = cast(sqlite_store)
    with client.session_transaction() as session:
        session["_user_id"] = people.sign_in(people.wang)[1]
        session.permanent = True
    return client


@pytest.fixture
def away() -> Iterator[Store]:
    """A store whose database is not there."""
    store = open_store(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    yield store
    store.close()


def is_page(answer: TestResponse) -> bool:
    return answer.mimetype == "text/html" and "</html>" in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_answer_has_the_headers(client: FlaskClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE
    rules = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert "evil" not in str(answer.headers)
    assert "Strict-Transport-Security" not in answer.headers


def test_production_demands_https(sqlite_store: Store) -> None:
    production = {"MODE": "production", "SECRET_KEY": "k" * 40, "ALLOWED_HOSTS": "consult.example"}
    client = create_app(load(production), sqlite_store).test_client()
    answer = client.get("/nowhere", base_url="https://consult.example")
    assert "Strict-Transport-Security" in answer.headers
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-consult=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "local host", "[", ""])
def test_forged_host_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})
    assert answer.status_code == 400
    assert host == "" or host not in answer.text
    assert client.get("/healthz", headers={"Host": host, **JSON}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "missing"),
        ("GET", "/meetings/99999999999999999999", 404, "missing"),
        ("POST", "/healthz", 405, "invalid"),
        ("POST", "/sign-in", 400, "invalid"),  # without its token
    ],
)
def test_refusal_is_a_page_for_people_and_json_for_programs(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    page = client.open(path, method=method)
    assert (page.status_code, is_page(page)) == (status, True)
    answer = client.open(path, method=method, headers=JSON)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["ok"] is False
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"]


def test_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    assert "GET" in client.post("/healthz").headers["Allow"]


def test_fault_says_nothing_of_itself(app: Flask, client: FlaskClient) -> None:
    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("secret")

    page = client.get("/fault")
    assert (page.status_code, is_page(page)) == (500, True)
    assert "secret" not in page.text
    assert client.get("/fault", headers=JSON).json["error"]["code"] == "busy"  # type: ignore[index]


@pytest.mark.parametrize("headers", [{}, JSON])
def test_database_that_is_away_is_a_refusal_also_to_who_is_signed_in(
    app: Flask, member: FlaskClient, away: Store, headers: dict[str, str]
) -> None:
    assert member.get("/my/attendance").status_code == 200
    app.extensions["consult.store"] = away
    begun = time.monotonic()
    answer = member.get("/my/attendance", headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert is_page(answer) or answer.json["error"]["code"] == "busy"  # type: ignore[index]
    assert time.monotonic() - begun < 5


def test_missing_page_is_told_while_the_database_is_away(
    app: Flask, member: FlaskClient, away: Store
) -> None:
    app.extensions["consult.store"] = away
    assert is_page(member.get("/nowhere"))


def test_static_file_is_kept_only_in_the_version_it_has(member: FlaskClient) -> None:
    page = member.get("/my/attendance").text
    address = re.search(r'"(/static/css/base\.css\?v=\w+)"', page)
    assert address is not None
    current = member.get(address[1])
    assert "immutable" in current.headers["Cache-Control"]
    assert "Set-Cookie" not in current.headers  # others may keep it, too
    for other in ("/static/css/base.css", "/static/css/base.css?v=000000000000", "/static/none.css?v=1"):
        answer = member.get(other)
        assert "immutable" not in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
    assert "no-store" in member.get("/my/attendance").headers["Cache-Control"]


def test_cookie_lasts_as_long_as_it_is_used(member: FlaskClient) -> None:
    assert "Expires=" in member.get("/my/attendance").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/meetings/1/room?after=2#last", True),
        ("/会议", True),
        ("/", True),
        (None, False),
        ("", False),
        ("meetings", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\/evil.example", False),
        ("/\t/evil.example", False),
        ("/\n/evil.example", False),
        ("/a\r\nSet-Cookie: b=c", False),
        (" //evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/a\\..\\\\evil.example", False),
    ],
)
def test_next_is_a_path_of_this_site(target: str | None, safe: bool) -> None:
    assert safe_next(target, "/default") == (target if safe else "/default")


# Over the wire


def test_bodies_over_the_wire(server: Server) -> None:
    said = []
    for length in (10, FORM_BODY + 1, MAX_BODY + 1):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request(
            "POST", "/sign-in", b"account=" + b"x" * (length - 8), FORM | {"Accept": "text/html"}
        )
        answer = connection.getresponse()
        said.append(
            (answer.status, "</html>" in answer.read().decode(), answer.headers["X-Content-Type-Options"])
        )
        connection.close()
    assert said == [(400, True, "nosniff"), (413, True, "nosniff"), (413, True, "nosniff")]


def test_chunked_body_is_refused_and_the_next_request_is_served(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/sign-in", iter([b"account=", b"x"]), FORM, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 411
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.read()
    connection.request("GET", "/healthz")
    assert json.load(connection.getresponse()) == {"ok": True}


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: five\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
)
def test_raw_nonsense_is_refused(server: Server, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(raw)
        status = line.recv(100).split(b" ")[1]
    assert status in (b"400", b"404")
    assert "Traceback" not in server.log_text()


def test_body_cut_short_is_no_fault(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\naccount=")
        line.shutdown(socket.SHUT_WR)
        line.recv(100)
    assert "Traceback" not in server.log_text()


def test_forged_host_over_the_wire(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/healthz", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 400
    assert "Traceback" not in server.log_text()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
