"""`consult demo`: the made-up county served, with a meeting that opens before the newcomer's eyes."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select

from consult.config import BadSetting, Settings
from consult.core import clock, migrate
from consult.core.store import Store, open_store
from consult.members import sign_in_links
from consult.members.models import Membership, Person, Unit
from consult.notices.policy import policy_of
from consult.rehearsal import county, history, records, run, scene, season
from consult.rehearsal.compare import table
from consult.rehearsal.county import Account, County
from consult.rehearsal.players import Role, Stage, Stumbled, play
from consult.rehearsal.script import Part, Script, write
from consult.serve import serve

MEMBERS, PLAYERS, COMMENTS, MINUTES, SEED = 250, 30, 60, 6, 2026
OPENS_IN = timedelta(minutes=2)
TITLE = "演示会议：推进城乡供水一体化（参会委员由脚本扮演）"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Demonstration:
    """The made-up county as it is kept beside its database: its ids, accounts and the key for its cookies."""

    made: County
    secret_key: str


def demonstrate(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serves the demonstration until told to end. Refuses (BadSetting) in production, and on a database with
    anything else in it."""
    if settings.production:
        raise BadSetting("MODE=production refuses the demonstration: its people and passwords are made up.")
    migrate.upgrade(settings.database_url)
    store = open_store(settings.database_url, settings.zone)
    try:
        shown = _kept(store, settings, tell)
        live = _stage(store, shown.made, settings)
    finally:
        store.close()
    settings = replace(settings, secret_key=shown.secret_key)

    def ready(address: str) -> None:
        _introduce(address, shown.made, live, tell)
        threading.Thread(target=_play, args=(settings, shown.made, live, tell), daemon=True).start()

    serve(settings, ready, demo=True)


@dataclass(frozen=True)
class _Live:
    """The meeting that is about to open: who plays it, and a member's code for whoever watches."""

    stage: Stage
    script: Script
    roles: list[Role]
    cast: list[tuple[Membership, Part]]
    names: dict[int, str]
    visitor: Person
    code: str


def _kept(store: Store, settings: Settings, tell: Callable[[str], None]) -> Demonstration:
    """The county of an earlier start, or a new one in an empty database."""
    file = _file(settings)
    with store.read() as work:
        empty = work.db.scalar(select(Unit.id).limit(1)) is None
    if not empty:
        if not file.exists():
            raise BadSetting(
                f"DATABASE_URL={settings.database_url} is not empty: the demonstration keeps off."
            )
        return _read(file)
    tell(f"Making the demonstration county: {MEMBERS} members, a year of meetings …")
    made = county.build(store, MEMBERS, SEED)
    now = clock.now()
    history.build(store, made, now, SEED)
    records.build(store, made, now, SEED)
    season.build(store, made, now, policy_of(settings), SEED)
    shown = Demonstration(made, secrets.token_urlsafe(32))
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(shown), ensure_ascii=False))
    return shown


def _file(settings: Settings) -> Path:
    if settings.database_url.startswith("sqlite:///"):
        return Path(settings.database_url.removeprefix("sqlite:///") + ".demo.json")
    return Path("var/demo.json")


def _read(file: Path) -> Demonstration:
    kept = json.loads(file.read_text())
    accounts = tuple(Account(**one) for one in kept["made"].pop("accounts"))
    return Demonstration(County(**kept["made"], accounts=accounts), kept["secret_key"])


def _stage(store: Store, made: County, settings: Settings) -> _Live:
    """Schedules the live meeting and hands its parts out."""
    seed = Random().randrange(1 << 30)  # noqa: S311
    script = write(PLAYERS, MINUTES, seed, COMMENTS)
    with store.read() as work:
        seats = county.seats(work, made)
    cast = run.cast_of(seats[:-1], script.parts, seed)
    watching, visitor = seats[-1]
    expected = [seat.id for seat, part in cast if part.expected]
    opens = clock.now().replace(microsecond=0) + OPENS_IN
    meeting_id = scene.schedule(store, made, TITLE, [*expected, watching.id], opens, script)
    scene.excuse(store, made, meeting_id, [seat.id for seat, part in cast if part.excused])
    people = {person.id: person for _, person in seats}
    roles = run.give_roles(store, made, cast, people, seed)
    stage = Stage(f"http://{settings.host}:{settings.port}", meeting_id, opens.timestamp())
    code = _code(store, made, visitor)
    names = {seat.id: person.name for seat, person in seats}
    return _Live(stage, script, roles, cast, names, visitor, code)


def _code(store: Store, made: County, person: Person) -> str:
    code = sign_in_links.mint()
    with store.read() as work:
        organizer = made.organizer(work)
    store.write(sign_in_links.make, organizer, [person.id], [code], scene.LINK_LASTS)
    return code.text


def _introduce(address: str, made: County, live: _Live, tell: Callable[[str], None]) -> None:
    accounts = "\n".join(
        f"    {one.account:<10}{one.password:<14}{one.role} {one.name}" for one in made.accounts
    )
    tell(
        f"""
Consult is at {address}  (a demonstration: all people and places are made up; Ctrl+C ends it)

  Sign in as
{accounts}
  or as the member {live.visitor.name}, by the one-time link
    {address}/s/{live.code}

  In {OPENS_IN.seconds // 60} minutes a meeting opens by itself: {PLAYERS} scripted members come, speak,
  drop and return; {MINUTES} minutes later the clock closes it, and its report stands here beside the script.
    {address}/meetings/{live.stage.meeting_id}
"""
    )


def _play(settings: Settings, made: County, live: _Live, tell: Callable[[str], None]) -> None:
    try:
        asyncio.run(play(live.stage, live.roles, tell=lambda step: log.info("scripted members: %s", step)))
    except Stumbled as stumbled:
        tell(f"A scripted member stumbled: {stumbled}")
        return
    store = open_store(settings.database_url, settings.zone)
    try:
        run.wait_until_settled(store, live.stage.meeting_id)
        result = run.compared(store, made, live.cast, live.names, live.stage, others_may_come=True)
    finally:
        store.close()
    tell(f"The meeting has been held and settled; its report beside the script:\n\n{table(result.figures)}\n")
    wrong = [line for line in result.members if not line.same]
    tell(table(wrong) if wrong else "Each member's outcome and time agree with the script.")
