"""An organizer's year at 3,000 members and 100 meetings: conflicts, invitations, calendars, answers."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.province import LASTS, Province, build
from benchmarks.table import Measured, measure
from consult.app import create_app
from consult.calendars import feeds
from consult.config import Settings
from consult.core import clock
from consult.core.migrate import upgrade
from consult.core.store import Store, open_store
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.conflicts import of_plan
from consult.meetings.plan import Plan
from consult.members import sign_ins
from consult.members.access import actor_of
from consult.members.models import Unit
from consult.notices import announce as announcing
from consult.notices.policy import policy_of

MEMBERS, MEETINGS, RUNS, BOUND = 3000, 100, 5, 1.0
SETTINGS = Settings(
    secret_key="for the benchmark only, and no secret at all",
    smtp_url="smtp://127.0.0.1:25?tls=none",
    mail_from="office@example.com",
)
ABOUT: dict[str, object] = {"members": MEMBERS, "meetings": MEETINGS}
TITLE = f"An organizer's year: {MEMBERS:,} members × {MEETINGS} meetings"


def run(databases: dict[str, str]) -> list[Measured]:
    """The figures on each of these databases, empty ones by their names."""
    return [row for name, url in databases.items() for row in _on(name, url)]


def _on(name: str, url: str) -> list[Measured]:
    upgrade(url)
    store = open_store(url)
    try:
        first = (clock.now() + timedelta(days=20)).replace(hour=1, minute=0, second=0, microsecond=0)
        province = store.write(build, MEMBERS, MEETINGS, first)
        app = create_app(SETTINGS, store)
        acts = {**_verbs(store, province, first), **_pages(app, store, province)}
        return [measure(what, name, act, runs=RUNS, bound=BOUND) for what, act in acts.items()]
    finally:
        store.close()


def _verbs(store: Store, province: Province, first: datetime) -> dict[str, Callable[[], object]]:
    """What an organizer asks for; each time at another hour, so that no time is like the one before."""
    with store.read() as work:
        office = actor_of(work, province.office)
        host = work.db.get_one(Unit, province.unit)
    hours = itertools.count(1)

    def plan() -> Plan:
        opens = first + timedelta(hours=next(hours))
        audience = Audience(trees=(province.unit,))
        return Plan(title="全省远程协商会", opens_at=opens, closes_at=opens + LASTS, audience=audience)

    def conflicts() -> None:
        with store.read() as work:
            of_plan(work, office, host, plan())

    def invite() -> int:
        return store.write(scheduling.schedule, office, host.id, plan()).id

    def announce() -> None:
        later = clock.now() + timedelta(hours=1)  # once its office has left it alone for a while
        store.write_at(later, announcing.look, policy_of(SETTINGS), unannounced.pop())

    unannounced = [invite() for _ in range(RUNS + 1)]
    return {
        "conflicts of 3,000 people": conflicts,
        "schedule a meeting, 3,000 invited": invite,
        "announce it to 3,000 people": announce,
    }


def _pages(app: Flask, store: Store, province: Province) -> dict[str, Callable[[], object]]:
    office, member = browser(app, store, province.office), browser(app, store, province.member)
    meeting = province.meetings[0]
    ends = clock.now() + timedelta(days=365)
    year = f"/calendar/events?start={clock.now():%Y-%m-%d}&end={ends:%Y-%m-%d}"
    with store.read() as work:
        reader = actor_of(work, province.member)
    feed = f"/calendar/feed/{store.write(feeds.renew, reader)}.ics"
    month = f"{clock.now() + timedelta(days=30):%Y-%m}"
    return {
        "page: the office's day": lambda: get(office, "/"),
        "page: a month's meetings": lambda: get(office, f"/meetings?month={month}"),
        "page: a meeting": lambda: get(office, f"/meetings/{meeting}"),
        "page: who has answered": lambda: get(office, f"/meetings/{meeting}/answers"),
        "page: its deadlines": lambda: get(office, f"/meetings/{meeting}/timeline"),
        "page: the calendar": lambda: get(office, "/calendar"),
        "calendar: a year of the office": lambda: get(office, year),
        "calendar: a year of a member": lambda: get(member, year),
        "calendar: a member's feed": lambda: get(member, feed),
        "page: a member's home": lambda: get(member, "/"),
    }


def browser(app: Flask, store: Store, person_id: int) -> FlaskClient:
    token = sign_ins.new_token()
    store.write(sign_ins.begin, person_id, token, "computer")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True
    return client


def get(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:
        raise AssertionError(f"{path} answers {answer.status_code}")
    return bytes(answer.data)


def on_both(work: Callable[[dict[str, str]], list[Measured]], postgres_url: str) -> list[Measured]:
    """The work on a new SQLite file and on that empty PostgreSQL database."""
    with tempfile.TemporaryDirectory() as folder:
        return work({"sqlite": f"sqlite:///{Path(folder)}/bench.sqlite", "postgresql": postgres_url})
