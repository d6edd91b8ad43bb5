"""Somebody who is signed in and reads pages of the application itself, without a server between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult.app import create_app
from consult.config import load
from consult.core.store import Store, open_store
from consult.members import sign_ins

Enter = Callable[[int], "Visitor"]


class Visitor:
    """A browser that is signed in: keeps its cookie, and sends forms with the token of its pages."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        with client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, object] | None = None, **more: object) -> TestResponse:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/account").text)
        assert token is not None
        sent = {"csrf_token": token[1], **(data or {})}
        return self.client.post(path, data=sent, **more)

    def form(self, path: str) -> dict[str, object]:
        """What a browser would send of the page's main form if nothing in it were touched."""
        page = self.get(path).text
        start = max(page.find("<form", page.rfind("<h1")), 0)
        body = page[start : page.index("</form>", page.rindex('class="commit"'))]
        sent: dict[str, list[str]] = {}
        for tag in re.findall(r"<input [^>]*>", body):
            kind, name, value = (_attribute(tag, one) for one in ("type", "name", "value"))
            if name and (kind not in ("checkbox", "radio") or " checked" in tag):
                sent.setdefault(name, []).append(value)
        for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
            chosen = re.search(r'<option selected value="([^"]*)"', options)
            first = re.search(r'<option value="([^"]*)"', options)
            found = chosen or first
            sent[name] = [unescape(found[1])] if found else []
        for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.S):
            sent[name] = [unescape(text).lstrip("\r\n")]
        return {name: values for name, values in sent.items() if name != "csrf_token"}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


@pytest.fixture(scope="session")
def one_app(sqlite_template: Path) -> Iterator[Flask]:
    """The application, made once; `app` gives it each test's own database."""
    store = open_store(f"sqlite:///{sqlite_template}")
    yield create_app(load({"DEFAULT_LANGUAGE": "en", "SECRET_KEY": "k" * 40}), store)
    store.close()


@pytest.fixture
def app(one_app: Flask, sqlite_store: Store) -> Flask:
    """The application on the test's database."""
    one_app.extensions["consult.store"] = sqlite_store
    return one_app


@pytest.fixture
def enter(app: Flask, sqlite_store: Store) -> Enter:
    """`enter(person_id)`: a browser in which that person is signed in."""

    def enter(person_id: int) -> Visitor:
        token = sign_ins.new_token()
        sqlite_store.write(sign_ins.begin, person_id, token, "computer")
        return Visitor(app.test_client(), token)

    return enter
