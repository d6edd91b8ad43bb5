"""A member who talks on whatever happens: comes back when cut off, sends again what was not acknowledged."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
import socketio

from consult.core import clock
from tests.live.site import Page, Refused, Site, browser, page

IN_FLIGHT = 4  # comments sent before the first of them is acknowledged
PAUSE = 0.1
BACK_AFTER = 0.3
CUT_OFF = (Refused, TimeoutError, OSError, aiohttp.ClientError, socketio.exceptions.SocketIOError)


class CutOff(Exception):
    """The connection is gone."""


class Talker:
    """What one member said, what was acknowledged, and the log as his page has it, over all connections."""

    def __init__(self, site: Site, person_id: int, meeting: int) -> None:
        self.site, self.meeting = site, meeting
        self.cookie = site.cookie(person_id)
        self.person_id = person_id
        self.came: datetime | None = None
        self.said: dict[str, str] = {}
        self.acknowledged: dict[str, int] = {}
        self.entries: dict[int, dict[str, Any]] = {}
        self.order: list[int] = []
        self.byes = 0
        self.returns = 0
        self.quiet = False

    @property
    def seq(self) -> int:
        return max(self.entries, default=0)

    async def talk(self, acknowledged: Callable[[Talker], None] = lambda _: None) -> None:
        """Talks until `quiet`, over as many connections as it takes; tells of each acknowledgement."""
        while not self.quiet:
            try:
                await self._be_there(acknowledged)
            except (CutOff, *CUT_OFF):
                await asyncio.sleep(BACK_AFTER)

    async def read_on(self) -> None:
        """Comes once more and reads what was missed."""
        async with page(self.site, self.cookie) as opened:
            await self._watch(opened)
            self._keep(opened)

    async def _be_there(self, acknowledged: Callable[[Talker], None]) -> None:
        async with page(self.site, self.cookie) as opened:
            gone = asyncio.ensure_future(opened.until(lambda: ("disconnect", None) in opened.heard, 600))
            try:
                await self._watch(opened)
                await self._say_again(opened)
                self.returns += self.came is not None
                self.came = self.came or clock.now()
                while not self.quiet:
                    await self._or_cut_off(gone, self._say_some(opened, acknowledged))
            finally:
                gone.cancel()
                self.byes += sum(event == "bye" for event, _ in opened.heard)
                self._keep(opened)

    async def _watch(self, opened: Page) -> None:
        more = True
        while more:
            after = max(opened.entries, default=self.seq)
            answer = await opened.watch(self.meeting, after=after)
            assert answer["ok"], answer
            more = answer["more"]

    async def _say_again(self, opened: Page) -> None:
        """As if the last acknowledgement had been lost on its way."""
        for key in list(self.acknowledged)[-1:]:
            answer = await opened.post(self.meeting, self.said[key], key)
            assert answer["seq"] == self.acknowledged[key], "an acknowledged comment was lost, or doubled"

    async def _say_some(self, opened: Page, acknowledged: Callable[[Talker], None]) -> None:
        while len(self.said) < len(self.acknowledged) + IN_FLIGHT:
            self.said[secrets.token_hex(8)] = f"{self.person_id} 说第 {len(self.said)} 句"

        async def say(key: str) -> None:
            answer = await opened.post(self.meeting, self.said[key], key)
            assert answer["ok"], answer
            self.acknowledged[key] = answer["seq"]
            acknowledged(self)

        unsaid = [key for key in self.said if key not in self.acknowledged]
        await asyncio.gather(*(say(key) for key in unsaid))
        await asyncio.sleep(PAUSE)

    async def _or_cut_off(self, gone: asyncio.Future[None], doing: Any) -> None:
        task = asyncio.ensure_future(doing)
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise CutOff
        await task

    def _keep(self, opened: Page) -> None:
        self.order += [seq for seq in opened.order if seq not in self.entries]
        self.entries.update(opened.entries)


async def log_of(talker: Talker) -> list[dict[str, Any]]:
    """The whole log of the meeting over plain HTTP."""
    entries: list[dict[str, Any]] = []
    async with browser(talker.site, talker.cookie) as session:
        more = True
        while more:
            after = {"after": str(entries[-1]["seq"] if entries else 0)}
            async with session.get(f"/meetings/{talker.meeting}/log", params=after) as answer:
                assert answer.status == 200
                read = await answer.json()
            entries += read["entries"]
            more = read["more"]
    return entries


def check_nothing_lost(talkers: list[Talker], log: list[dict[str, Any]]) -> None:
    """What was acknowledged is in the log, once, under the number told; nothing else is; all saw the same."""
    assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1))
    texts = [entry["text"] for entry in log if entry["kind"] == "comment"]
    assert len(texts) == len(set(texts)), "a comment is there twice"
    by_seq = {entry["seq"]: entry for entry in log}
    for talker in talkers:
        for key, seq in talker.acknowledged.items():
            assert by_seq.get(seq, {}).get("text") == talker.said[key], "an acknowledged comment is lost"
        assert talker.order == sorted(talker.order), "entries came out of order"
        assert [talker.entries[seq] for seq in sorted(talker.entries)] == log[: talker.seq]
    assert set(texts) <= {text for talker in talkers for text in talker.said.values()}
