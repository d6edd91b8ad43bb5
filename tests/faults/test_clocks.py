"""Two clocks at once, one of them killed, or none at all: each move is recorded once, at its due instant."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from consult.attendance import leases
from consult.attendance.models import Lease, Settlement
from consult.core import clock
from consult.core.store import Store
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import LogHead, Meeting, Transition
from tests.live.site import browser, new_site, page
from tests.support.cast import cast
from tests.support.server import Server
from tests.support.wait import until

pytestmark = pytest.mark.slow

MEETINGS = 200
AHEAD = timedelta(seconds=15)  # in which all of them are written down
LASTING = timedelta(seconds=4)
LATE = timedelta(seconds=5)
CLOCK = (sys.executable, "-m", "consult", "clock")


@pytest.fixture
def clocks(database_url: str, store: Store, tmp_path: Path) -> Iterator[list[Server]]:
    """Two `consult clock` on one database, both beating."""
    started = [
        Server({"DATABASE_URL": database_url}, tmp_path / f"clock-{number}.log", CLOCK).start(wait=False)
        for number in (1, 2)
    ]
    until(lambda: beating(store) == len(started), 30, "two clocks")
    yield started
    for one in started:
        one.close()
        print(one.log_text()[-3000:])


def beating(store: Store) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).where(Lease.kind == leases.CLOCK)) or 0


def moved(store: Store, step: Move) -> list[Transition]:
    with store.read() as work:
        return list(work.db.scalars(select(Transition).where(Transition.move == step)))


def test_two_clocks_move_each_of_many_meetings_once_though_one_dies(
    store: Store, clocks: list[Server]
) -> None:
    people = cast(store)
    opens_at = clock.now().replace(microsecond=0) + AHEAD
    for _ in range(MEETINGS):
        people.meeting(opens_at=opens_at, closes_at=opens_at + LASTING, lobby_minutes=0, grace_seconds=1)
    assert clock.now() < opens_at, "the meetings were not written down in time"

    until(lambda: moved(store, Move.OPEN), 20, "the first opening")
    until(lambda: moved(store, Move.CLOSE), 20, "the first closing")
    clocks[0].kill9()
    until(lambda: len(moved(store, Move.SETTLE)) >= MEETINGS, 40, "the settlements")

    for step, due_at in ((Move.OPEN, opens_at), (Move.CLOSE, opens_at + LASTING)):
        steps = moved(store, step)
        assert Counter(one.meeting_id for one in steps) == {one.meeting_id: 1 for one in steps}
        assert len(steps) == MEETINGS
        assert {one.at for one in steps} == {due_at}
        late = sorted((one.done_at - one.at).total_seconds() for one in steps)
        print(f"{step}: late p50 {late[MEETINGS // 2]:.2f} s, p99 {late[-3]:.2f} s, most {late[-1]:.2f} s")
        assert late[0] >= 0
        assert late[-1] < LATE.total_seconds()
    settled = moved(store, Move.SETTLE)
    print(f"settled after {max((one.done_at - one.at).total_seconds() for one in settled):.1f} s at most")
    with store.read() as work:
        assert Counter(work.db.scalars(select(Meeting.state))) == {State.SETTLED: MEETINGS}
        assert set(work.db.scalars(select(LogHead.seq))) == {3}
        versions = Counter(work.db.scalars(select(Settlement.meeting_id)))
    assert set(versions.values()) == {1}
    assert len(versions) == MEETINGS
    assert clocks[1].running
    assert "Traceback" not in clocks[1].log_text()


def test_without_any_clock_whoever_comes_finds_the_meeting_as_it_should_be(
    store: Store, database_url: str, start_server: Callable[..., Server]
) -> None:
    site = new_site(start_server, store, database_url, CLOCK="0")
    meeting = site.meeting(opens=-1, closes=5 / 60, lobby_minutes=0)
    with store.read() as work:
        planned = work.db.get_one(Meeting, meeting)
    wang, li = (site.cookie(person) for person in (site.people.wang, site.people.li))

    async def scene() -> tuple[list[dict[str, object]], str]:
        async with page(site, wang) as opened:
            assert (await opened.watch(meeting))["state"] == "open"
            assert (await opened.post(meeting, "没有钟也在"))["ok"]
            await asyncio.sleep((planned.closes_at - clock.now()).total_seconds())
            refused = await opened.post(meeting, "太迟了")
            assert refused["error"]["code"] == "not_now"
        async with page(site, li) as late:
            assert (await late.watch(meeting))["state"] == "closed"
        async with browser(site, li) as session, session.get(f"/meetings/{meeting}/log") as answer:
            read = await answer.json()
            return read["entries"], read["state"]

    entries, state = asyncio.run(scene())
    assert state == "closed"
    assert [entry.get("state", entry["kind"]) for entry in entries] == ["open", "comment", "closed"]
    assert entries[0]["at"] == clock.iso(planned.opens_at)
    assert entries[-1]["at"] == clock.iso(planned.closes_at)
    assert {(one.move, one.at) for step in (Move.OPEN, Move.CLOSE) for one in moved(store, step)} == {
        (Move.OPEN, planned.opens_at),
        (Move.CLOSE, planned.closes_at),
    }
