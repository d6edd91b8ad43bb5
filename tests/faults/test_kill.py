"""The server dies, is away, or is told to end while a meeting is held: nothing acknowledged is lost, the
meeting ends when it should, and everybody's minutes are right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from consult.attendance.models import Outcome, Presence, Settlement
from consult.core import clock
from consult.core.store import Store
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import Meeting, Transition
from tests.faults.talker import Talker, check_nothing_lost, log_of
from tests.live.site import Site, new_site, page
from tests.support.server import Server
from tests.support.wait import until

pytestmark = pytest.mark.slow

KILLS = 2
BETWEEN = timedelta(seconds=8)
GRACE = 2  # seconds
SOON = timedelta(seconds=2)
RENEWED = timedelta(seconds=6)  # how long before its death a server may have last said that it was alive


@pytest.fixture
def site(store: Store, database_url: str, start_server: Callable[..., Server]) -> Site:
    return new_site(start_server, store, database_url, COMMENTS_PER_MINUTE="6000", EVENTS_PER_SECOND="200")


def meeting_of(site: Site, seconds: float) -> tuple[int, datetime]:
    """A meeting that opens now and lasts so long; with its end."""
    meeting = site.meeting(opens=0, closes=seconds / 60, grace_seconds=GRACE, lobby_minutes=0)
    with site.store.read() as work:
        return meeting, work.db.get_one(Meeting, meeting).closes_at


async def at(instant: datetime) -> None:
    """Waits for the instant."""
    await asyncio.sleep(max(0.0, (instant - clock.now()).total_seconds()))


def made(site: Site, meeting: int, step: Move) -> Transition:
    """The meeting's one transition of that kind."""
    with site.store.read() as work:
        return work.db.scalars(
            select(Transition).where(Transition.meeting_id == meeting, Transition.move == step)
        ).one()


def outcomes(site: Site, meeting: int) -> dict[int, Outcome]:
    """Once the meeting is settled: what was found for each person."""

    def settled() -> bool:
        with site.store.read() as work:
            return work.db.get_one(Meeting, meeting).state == State.SETTLED

    until(settled, 20, "the settlement")
    with site.store.read() as work:
        version = select(Settlement.id).where(Settlement.meeting_id == meeting)
        rows = work.db.scalars(select(Outcome).where(Outcome.settlement_id.in_(version))).all()
        open_rows = work.db.scalar(select(func.count()).where(Presence.left_at.is_(None)))
    assert open_rows == 0
    return {row.person_id: row for row in rows}


def test_a_killed_server_loses_no_word_and_no_minute(site: Site) -> None:
    meeting, closes_at = meeting_of(site, 28)
    wang, li, zhao = (
        Talker(site, person, meeting) for person in (site.people.wang, site.people.li, site.people.zhao)
    )
    kill_from = clock.now() + RENEWED
    kills: list[datetime] = []
    recoveries: list[float] = []

    def strike(_: Talker) -> None:
        if len(kills) < KILLS and site.server.running and clock.now() > kill_from + len(kills) * BETWEEN:
            zhao.quiet = True  # he does not come back
            kills.append(clock.now())
            site.server.kill9()

    async def start_again() -> None:
        while len(recoveries) < KILLS:
            while site.server.running:
                await asyncio.sleep(0.01)
            since = time.monotonic()
            await asyncio.to_thread(site.server.start)
            before = (wang.returns, li.returns)
            while wang.returns <= before[0] or li.returns <= before[1]:
                await asyncio.sleep(0.01)
            recoveries.append(time.monotonic() - since)

    async def scene() -> list[dict[str, object]]:
        async with asyncio.TaskGroup() as group:
            for talker in (wang, li, zhao):
                group.create_task(talker.talk(strike))
            await asyncio.wait_for(start_again(), 60)
            await at(closes_at - timedelta(seconds=1))
            assert clock.now() < closes_at, "the kills took too long"
            for talker in (wang, li):
                talker.quiet = True
            group.create_task(stay(site, meeting, closes_at, (wang, li)))
        for talker in (wang, li, zhao):
            await talker.read_on()
        return await log_of(wang)

    log = asyncio.run(scene())
    check_nothing_lost([wang, li, zhao], log)
    for talker in (wang, li):
        assert set(talker.acknowledged) == set(talker.said)
    assert [entry["state"] for entry in log if entry["kind"] == "state"] == ["open", "closed"]

    closing = made(site, meeting, Move.CLOSE)
    assert closing.at == closes_at
    assert closing.done_at - closing.at < SOON

    found = outcomes(site, meeting)
    for talker in (wang, li):
        assert talker.came is not None
        row = found[talker.person_id]
        assert abs(row.seconds - (closes_at - talker.came).total_seconds()) < 3
        assert row.outcome == "on_time"
    gone = found[zhao.person_id]
    assert gone.last_at is not None
    assert kills[0] - RENEWED < gone.last_at <= kills[0]
    said = len(wang.acknowledged) + len(li.acknowledged) + len(zhao.acknowledged)
    print(
        f"{said} comments, {KILLS} kills; up and everybody back after",
        *(f"{one:.1f} s" for one in recoveries),
    )


async def stay(site: Site, meeting: int, closes_at: datetime, talkers: tuple[Talker, ...]) -> None:
    """They say nothing more, but are there to the end."""

    async def one(talker: Talker) -> None:
        async with page(site, talker.cookie) as opened:
            await opened.watch(meeting)
            await at(closes_at)

    await asyncio.gather(*(one(talker) for talker in talkers))


def test_a_meeting_whose_server_is_away_at_its_end_has_ended_on_time(site: Site) -> None:
    meeting, closes_at = meeting_of(site, 16)
    wang = Talker(site, site.people.wang, meeting)
    killed_at: list[datetime] = []

    async def before() -> None:
        talk = asyncio.create_task(wang.talk())
        await at(closes_at - timedelta(seconds=9))
        killed_at.append(clock.now())
        site.server.kill9()
        wang.quiet = True
        await talk

    async def after() -> list[dict[str, object]]:
        async with page(site, wang.cookie) as opened:
            answer = await opened.post(meeting, "太迟了")
            assert answer["error"]["code"] == "not_now"
        await wang.read_on()
        return await log_of(wang)

    asyncio.run(before())
    asyncio.run(at(closes_at + timedelta(seconds=9)))  # by then everybody takes the dead server for dead
    started_at = clock.now()
    site.server.start()
    ready_at = clock.now()
    log = asyncio.run(after())
    check_nothing_lost([wang], log)
    assert [entry.get("state") for entry in log if entry["kind"] == "state"][:2] == ["open", "closed"]
    assert log[-1]["kind"] == "state"

    closing = made(site, meeting, Move.CLOSE)
    assert closing.at == closes_at
    assert started_at < closing.done_at < ready_at + SOON

    row = outcomes(site, meeting)[wang.person_id]
    assert row.last_at is not None
    assert killed_at[0] - RENEWED < row.last_at <= killed_at[0], "nobody is there while the server is not"


def test_a_server_that_is_told_to_end_loses_no_word(site: Site) -> None:
    meeting, _ = meeting_of(site, 600)
    talkers = [Talker(site, person, meeting) for person in (site.people.wang, site.people.li)]
    took: list[float] = []

    async def scene() -> list[dict[str, object]]:
        async with asyncio.TaskGroup() as group:
            for talker in talkers:
                group.create_task(talker.talk())
            while any(len(talker.acknowledged) < 12 for talker in talkers):
                await asyncio.sleep(0.01)
            since = time.monotonic()
            code = await asyncio.to_thread(site.server.terminate)
            took.append(time.monotonic() - since)
            assert code == 0
            await asyncio.to_thread(site.server.start)
            while any(talker.returns < 1 for talker in talkers):
                await asyncio.sleep(0.01)
            for talker in talkers:
                talker.quiet = True
        for talker in talkers:
            await talker.read_on()
        return await log_of(talkers[0])

    log = asyncio.run(scene())
    check_nothing_lost(talkers, log)
    assert [talker.byes for talker in talkers] == [1, 1]
    assert took[0] < 8
    print(f"ended within {took[0]:.2f} s")
