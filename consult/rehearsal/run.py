"""`consult rehearse`: a whole meeting on a database of its own, and its report set against the script."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import select

from consult.attendance.rules import Tally
from consult.core import clock, migrate
from consult.core.store import Store, open_store
from consult.meetings.lifecycle import State
from consult.meetings.models import Content, Entry, Kind, Meeting
from consult.members import sign_in_links
from consult.members.models import Membership, Person
from consult.rehearsal import compare, county, scene
from consult.rehearsal.compare import Line
from consult.rehearsal.players import Role, Stage, play
from consult.rehearsal.script import Part, Script, write
from consult.rehearsal.words import remark
from consult.reports import queries

PREPARING = 45  # seconds from scheduling to the lobby, in which all members sign in
TITLE = "演练：推进城乡供水一体化"
SETTLED_WITHIN = 60
START = 30


@dataclass(frozen=True)
class Rehearsal:
    """What is to be rehearsed."""

    members: int
    players: int
    minutes: int
    comments: int
    seed: int


@dataclass(frozen=True)
class Result:
    """What came of it: the figures, and a line for each member and for the comments."""

    figures: tuple[Line, ...]
    members: tuple[Line, ...]

    @property
    def same(self) -> bool:
        return all(line.same for line in (*self.figures, *self.members))


def rehearse(wanted: Rehearsal, tell: Callable[[str], None]) -> Result:
    """Holds the meeting and compares. Everything is in a folder that is gone afterwards."""
    script = write(wanted.players, wanted.minutes, wanted.seed, wanted.comments)
    with tempfile.TemporaryDirectory(prefix="consult-rehearsal-") as folder:
        url = f"sqlite:///{folder}/rehearsal.sqlite"
        migrate.upgrade(url)
        store = open_store(url)
        try:
            with _server(url, Path(folder, "server.log")) as site:
                return _hold(store, site, wanted, script, tell)
        finally:
            store.close()


def _hold(store: Store, site: str, wanted: Rehearsal, script: Script, tell: Callable[[str], None]) -> Result:
    made = county.build(store, wanted.members, wanted.seed)
    tell(f"{wanted.members} members imported from {county.ROSTER}")
    with store.read() as work:
        seats = county.seats(work, made)
    cast = cast_of(seats, script.parts, wanted.seed)
    opens = clock.now().replace(microsecond=0) + timedelta(seconds=PREPARING + script.lobby)
    expected = [seat.id for seat, part in cast if part.expected]
    meeting = scene.schedule(store, made, TITLE, expected, opens, script)
    scene.excuse(store, made, meeting, [seat.id for seat, part in cast if part.excused])
    tell(f"scheduled for {opens:%H:%M:%S} UTC, {wanted.minutes} minutes; members are signing in")
    stage = Stage(site, meeting, opens.timestamp())
    roles = give_roles(store, made, cast, {person.id: person for _, person in seats}, wanted.seed)
    asyncio.run(play(stage, roles, tell))
    tell("the clock has closed the meeting and settles it")
    wait_until_settled(store, meeting)
    return compared(store, made, cast, {seat.id: person.name for seat, person in seats}, stage)


def cast_of(
    seats: Sequence[tuple[Membership, Person]], parts: Sequence[Part], seed: int
) -> list[tuple[Membership, Part]]:
    """Which seat plays which part."""
    if len(seats) < len(parts):
        raise ValueError(f"{len(parts)} parts need as many members; the roster has {len(seats)}")
    chosen = random.Random(seed).sample([seat for seat, _ in seats], len(parts))  # noqa: S311
    return list(zip(chosen, parts, strict=True))


def give_roles(
    store: Store,
    made: county.County,
    cast: Sequence[tuple[Membership, Part]],
    people: Mapping[int, Person],
    seed: int,
) -> list[Role]:
    """A sign-in code and things to say for each who has something to do."""
    acting = [(seat, part) for seat, part in cast if part.stays]
    codes = [sign_in_links.mint() for _ in acting]
    with store.read() as work:
        organizer = made.organizer(work)
    store.write(
        sign_in_links.make, organizer, [seat.person_id for seat, _ in acting], codes, scene.LINK_LASTS
    )
    dice = random.Random(seed)  # noqa: S311
    return [
        Role(people[seat.person_id].name, code.text, part, tuple(remark(dice) for _ in part.comments))
        for (seat, part), code in zip(acting, codes, strict=True)
    ]


def compared(
    store: Store,
    made: county.County,
    cast: Sequence[tuple[Membership, Part]],
    names: Mapping[int, str],
    stage: Stage,
    *,
    others_may_come: bool = False,
) -> Result:
    """The meeting's report beside the script. Where others may come, what they did is left out; else anybody
    who is in the report and not in the script is a difference."""
    playing = {seat.person_id for seat, _ in cast}
    with store.read() as work:
        report = queries.report(work, made.administrator(work), stage.meeting_id)
        logged = work.db.execute(
            select(Entry.person_id, Entry.key, Content.text)
            .join(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
            .where(Entry.meeting_id == stage.meeting_id, Entry.kind == Kind.COMMENT)
        ).all()
    if report is None:
        raise RuntimeError("the meeting was not settled")
    rows = [row for row in report.rows if row.person_id in playing or not others_may_come]
    said = {key: text for who, key, text in logged if key and (who in playing or not others_may_come)}
    parts = {seat.id: (names[seat.id], part) for seat, part in cast}
    return Result(
        tuple(compare.figures([part for _, part in cast], Tally.of(row.outcome for row in rows))),
        (
            *compare.members(parts, rows),
            compare.words(stage.said, said),
        ),
    )


def wait_until_settled(store: Store, meeting_id: int) -> None:
    until = time.monotonic() + SETTLED_WITHIN
    while time.monotonic() < until:
        with store.read() as work:
            if work.db.scalar(select(Meeting.state).where(Meeting.id == meeting_id)) == State.SETTLED:
                return
        time.sleep(0.5)
    raise RuntimeError(f"the meeting was not settled within {SETTLED_WITHIN} seconds")


@contextmanager
def _server(url: str, log: Path) -> Iterator[str]:
    """`consult serve` on a free port with that database; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    env = {"DATABASE_URL": url, "PORT": str(port), "HOST": "127.0.0.1", "CLOCK": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "consult", "serve"], env={**scene.clean_environment(), **env},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait_until_ready(site, process, log)
        yield site
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(site: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{site}/readyz", timeout=2):  # noqa: S310
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")
