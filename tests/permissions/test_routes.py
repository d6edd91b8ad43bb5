"""Every page about a thing, asked for by who has no business there: not signed in, from another city, without
the form's token. None answers with the thing, none falls over, and none changes anything.

A new route whose argument is known needs nothing here. For a new argument add to ARGUMENTS the thing of the
scene that it is the number of; a route with a secret in its address is named in SECRETS with the reason.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from consult.app import create_app
from consult.config import load
from consult.core.store import Base, open_store
from consult.members import sign_ins
from tests.permissions.scene import SECRET, Scene, build

ARGUMENTS = {
    "call_id": "call", "charge_id": "charge", "correction_id": "correction",
    "delivery_id": "delivery", "file_id": "material",
    "grant_id": "reader_grant", "import_id": "import", "item_id": "item", "meeting_id": "meeting",
    "membership_id": "seat", "notice_id": "notice", "objection_id": "objection",
    "owner_id": "meeting", "period_id": "quiet",
    "person_id": "reader", "presence_id": "noted",
    "prompt_id": "prompt", "record_id": "record", "request_id": "request",
    "robot_id": "robot", "sheet_id": "video_sheet", "task_id": "task", "ticket_id": "ticket",
    "topic_id": "topic", "unit_id": "city",
}  # fmt: skip
"""The thing that an argument is the number of, where its route says nothing else."""
ELSE: dict[str, dict[str, str]] = {
    "background.file": {"task_id": "made"},
    "invitations.delegations": {"meeting_id": "inquiry"},
    "invitations.naming": {"meeting_id": "inquiry"},
    "invitations.places": {"meeting_id": "inquiry"},
    "issued": {"report_id": "issued"},
    "live.room": {"meeting_id": "open"},
    "live_http": {"meeting_id": "open", "seq": "hidden"},
    "plans.reported": {"topic_id": "consulted"},
    "records.apply_import": {"import_id": "record_import"},
    "records.preview": {"import_id": "record_import"},
    "records.restore": {"record_id": "voided"},
    "outcomes": {"meeting_id": "settled"},
    "reports": {"meeting_id": "settled", "person_id": "member"},
    "checkins": {"meeting_id": "open"},
    "register": {"meeting_id": "open"},
    "register.take_sheet_back": {"sheet_id": "applied_sheet"},
    "topics.revise": {"topic_id": "proposed"},
    "topics.second": {"topic_id": "proposed"},
    "topics.withdraw": {"topic_id": "proposed"},
}
"""By endpoint or blueprint, what it is the number of there."""
PLAIN = {
    "year": 2026,
    "asked_year": 2026,
    "figure": "present",
    "key": "opinion_briefs",
    "version": 1,
    "kind": "meeting",
    "purpose": "material",
}
SECRETS = {
    "calendars.feed": "calendar programs can't sign in; its holder reads what its owner is called to",
    "checkins.scanned": "the sealed code of the screen at the door; who scans it is then asked who he is",
    "members.open_link": "a one-time code to sign in with",
    "members.use_link": "a one-time code to sign in with",
    "notices.unsubscribe": "whoever has the mail may end the mails; signed for one person and channel",
}
NO_THING = {
    "static": "files that everybody may have",
    "records.download": "a year, of what the actor may read",
    "records.new": "a form for one of the actor's own units",
    "records.sample_sheet": "an empty sheet",
    "records.upload": "a form for one of the actor's own units",
    "reports.cross_sheet": "figures of the actor's own units",
    "reports.export_year": "a year, of what the actor may read",
    "reports.members_sheet": "figures of the actor's own units",
    "reports.rows_sheet": "figures of the actor's own units",
}
SENT: dict[str, dict[str, Any]] = {
    "checkins.look_at_flag": {"subject": "1"},
    "checkins.set_prompts": {"times": "2"},
    "calendars.look": {"opens_at": "2027-03-11T01:00:00Z", "closes_at": "2027-03-11T02:00:00Z"},
    "calendars.move": {
        "version": 1, "opens_at": "2027-03-11T01:00:00Z", "closes_at": "2027-03-11T02:00:00Z"
    },
    "invitations.answer": {"do": "come"},
    "invitations.person": {"do": "come"},
    "live_http.hide": {"reason": "与议题无关"},
    "live_http.post": {"key": "key-00000009", "text": "好"},
    "live_http.presence": {"what": "video"},
    "members.grant_member": {"role": "reader"},
    "outcomes.withdraw": {"reason": "看错了"},
    "register.take_sheet_back": {"reason": "重复"},
    "topics.decide_all": {"do": "shortlist"},
}  # fmt: skip
"""What a page needs before it asks whether one may."""
JSON = ("calendars.move", "live_http")
OPENED_BY = {
    "checkins.own": "member", "checkins.ticket": "member",
    "outcomes.object": "member",
    "invitations.answer": "member", "invitations.ask_leave": "member", "notices.read": "member",
    "topics.propose": "member", "topics.revise": "member", "invitations.places": "above",
    "background.apply_roster": "office",
}  # fmt: skip
"""Who opens a page that the city's administrator does not open."""
WORDS = ("供水", "管网", "饮水", "水费", "不当言论", "清河市", "member@example.org")
RUNNING = {"sign_in", "lease", "sign_in_failure"}
STRANGERS = ("stranger", "outsider")


@dataclass(frozen=True)
class Route:
    """A path to ask for, and how."""

    endpoint: str
    path: str
    methods: tuple[str, ...]


class Browser:
    """A browser in which somebody, or nobody, is signed in, with its form's token."""

    def __init__(self, app: Flask, scene: Scene, role: str = "") -> None:
        self.client: FlaskClient = app.test_client()
        if role:
            token = sign_ins.new_token()
            scene.store.write(sign_ins.begin, scene.ids[role], token, "computer")
            with self.client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = token, True
        page = self.client.get("/account" if role else "/sign-in").text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None
        self._token = found[1]

    def ask(self, route: Route, method: str, *, token: bool = True) -> TestResponse:
        """What comes when the page is asked for, or its form sent as its own script would."""
        sent = SENT.get(route.endpoint, {})
        if method == "GET":
            return self.client.get(route.path, query_string=sent)
        headers = {"X-CSRFToken": self._token} if token else {}
        if route.endpoint.startswith(JSON):
            return self.client.post(route.path, json=sent, headers=headers)
        return self.client.post(route.path, data={"version": "1", **sent}, headers=headers)


@dataclass(frozen=True)
class Place:
    """The application on the scene, its routes, and who sits before it."""

    app: Flask
    scene: Scene
    routes: Sequence[Route]
    desks: Mapping[str, Browser]

    def each(self, method: str) -> Iterator[Route]:
        return (route for route in self.routes if method in route.methods)

    def rows(self) -> dict[str, int]:
        """What is in each table, as a number."""
        with self.scene.store.read() as work:
            tables = [table for table in Base.metadata.sorted_tables if table.name not in RUNNING]
            return {
                table.name: hash(tuple(sorted(map(repr, work.db.execute(select(table))))))
                for table in tables
            }  # fmt: skip


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    file = tmp_path_factory.mktemp("routes") / "scene.sqlite"
    shutil.copyfile(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    scene = build(store)
    app = create_app(load({"DEFAULT_LANGUAGE": "en", "SECRET_KEY": SECRET}), store)
    desks = {role: Browser(app, scene, role) for role in (*STRANGERS, "office", "member", "above")}
    yield Place(app, scene, list(_routes(app, scene)), {**desks, "": Browser(app, scene)})
    store.close()


def _routes(app: Flask, scene: Scene) -> Iterator[Route]:
    """All routes with an argument that names a thing, once for each word that may stand in them."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments or rule.endpoint in SECRETS or rule.endpoint in NO_THING:
            continue
        names = sorted(rule.arguments)
        methods = tuple(sorted((rule.methods or set()) & {"GET", "POST"}))
        for values in product(*(_values(rule, name, scene) for name in names)):
            given = dict(zip(names, values, strict=True))
            yield Route(rule.endpoint, app.url_map.bind("localhost").build(rule.endpoint, given), methods)


def _values(rule: Rule, name: str, scene: Scene) -> list[Any]:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    blueprint = rule.endpoint.partition(".")[0]
    thing = {**ARGUMENTS, **ELSE.get(blueprint, {}), **ELSE.get(rule.endpoint, {})}.get(name)
    if thing is None and name not in PLAIN:
        pytest.fail(f"{rule.endpoint} ({rule.rule}): add “{name}” to ARGUMENTS in {Path(__file__).name}")
    return [scene.ids[thing] if thing else PLAIN[name]]


def _told(answer: TestResponse, *right: int) -> str:
    """What is wrong with an answer: another status than these, or words of the thing in it."""
    words = [word for word in WORDS if word in answer.text]
    return "" if answer.status_code in right and not words else f"{answer.status_code} {words}"


def _none(found: Mapping[str, str]) -> None:
    wrong = {path: what for path, what in found.items() if what}
    assert not wrong, "\n" + "\n".join(f"{path}: {what}" for path, what in wrong.items())


def test_each_page_is_there_for_somebody(place: Place) -> None:
    """So that the others are refused for who they are, and not because there is no such page."""
    opened: dict[str, set[int]] = {}
    for route in place.each("GET"):
        answer = place.desks[OPENED_BY.get(route.endpoint, "office")].ask(route, "GET")
        opened.setdefault(route.endpoint, set()).add(answer.status_code)
    _none({name: "" if codes & {200, 302, 409} else str(codes) for name, codes in opened.items()})


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_gets_no_page(place: Place, who: str) -> None:
    _none({one.path: _told(place.desks[who].ask(one, "GET"), 403, 404) for one in place.each("GET")})


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_changes_nothing(place: Place, who: str) -> None:
    before = place.rows()
    _none({one.path: _told(place.desks[who].ask(one, "POST"), 403, 404) for one in place.each("POST")})
    assert place.rows() == before


def test_who_is_not_signed_in_is_asked_to(place: Place) -> None:
    before, wrong = place.rows(), {}
    for route in place.each("GET"):
        answer = place.desks[""].ask(route, "GET")
        leads = answer.headers.get("Location", "").startswith("/sign-in?")
        wrong[route.path] = _told(answer, 302) or ("" if leads else "leads elsewhere")
    for route in place.each("POST"):
        wrong[f"POST {route.path}"] = _told(place.desks[""].ask(route, "POST"), 401)
    _none(wrong)
    assert place.rows() == before


def test_without_the_form_s_token_nothing_is_done(place: Place) -> None:
    before, office = place.rows(), place.desks["office"]
    for route in place.each("POST"):
        answer = office.ask(route, "POST", token=False)
        assert (answer.status_code, "open too long" in answer.text) == (400, True), route.path
    assert place.rows() == before


def test_what_is_left_out_is_there(place: Place) -> None:
    assert {*SECRETS, *NO_THING} <= {rule.endpoint for rule in place.app.url_map.iter_rules()}
