"""Made-up members at real connections: they sign in by link, enter the room and do what their parts say."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp
import socketio

from consult.core import clock
from consult.rehearsal.script import By, Part, Stay

POLL = 2.0  # seconds between two looks of those who have only HTTP
SIGN_IN_AT_ONCE = 8
FOR_THE_MOMENT = ("busy", "too_fast")
TRIES, AGAIN = 6, 0.7  # how often, and how many seconds apart


class Stumbled(Exception):
    """The server did not do what a member needs. The text says who met with what."""


@dataclass(frozen=True)
class Role:
    """A part and who plays it: the code that signs him in, and what he says."""

    name: str
    code: str
    part: Part
    texts: tuple[str, ...]


@dataclass
class Stage:
    """Where and when it is played: the site, the meeting, the opening in seconds of the system's clock."""

    site: str
    meeting_id: int
    opens: float
    said: dict[str, str] = field(default_factory=dict)  # key -> text of each acknowledged comment
    gaps: list[str] = field(default_factory=list)  # what somebody should have been told and was not

    async def until(self, second: float) -> None:
        """Waits for a second of the script."""
        await asyncio.sleep(max(0.0, self.opens + second - clock.now().timestamp()))


async def play(stage: Stage, roles: Sequence[Role], tell: Callable[[str], None] = lambda _: None) -> None:
    """Has all members sign in, then plays all parts to their end. Raises Stumbled where one can't go on."""
    gate = asyncio.Semaphore(SIGN_IN_AT_ONCE)
    members = [_Member(stage, role) for role in roles]
    try:
        await asyncio.gather(*(member.sign_in(gate) for member in members))
        tell("signed in")
        await asyncio.gather(*(member.act() for member in members))
        if stage.gaps:
            raise Stumbled("; ".join(stage.gaps))
    finally:
        await asyncio.gather(*(member.leave() for member in members))


class _Member:
    def __init__(self, stage: Stage, role: Role) -> None:
        self.stage, self.role = stage, role
        self.http = aiohttp.ClientSession(
            base_url=stage.site, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": stage.site}
        )
        self.lines: list[_Socket | _Http] = []

    async def sign_in(self, gate: asyncio.Semaphore) -> None:
        """By the one-time link and its button, then the consent notice."""
        async with gate:
            await self._press(f"/s/{self.role.code}", await self.page(f"/s/{self.role.code}"))
            notice = await self.page("/consent")
            if any(action == "/consent" for action, _ in forms(notice)):
                await self._press("/consent", notice)

    async def act(self) -> None:
        stays = [self._stay(stay) for stay in self.role.part.stays]
        words = zip(self.role.part.comments, self.role.texts, strict=True)
        await asyncio.gather(*stays, *(self._say(second, text) for second, text in words))

    async def leave(self) -> None:
        for line in self.lines:
            await line.end(By.SOCKET)
        await self.http.close()

    async def _stay(self, stay: Stay) -> None:
        await self.stage.until(stay.start)
        line: _Socket | _Http = _Http(self) if stay.by is By.HTTP else _Socket(self)
        await line.begin()
        self.lines.append(line)
        for start, end in stay.hidden:
            await self.stage.until(start)
            await line.call("presence:hidden", {"meeting": self.stage.meeting_id})
            await self.stage.until(end)
            await line.call("presence:visible", {"meeting": self.stage.meeting_id})
        await self.stage.until(stay.end)
        self.lines.remove(line)
        await line.end(stay.by)

    async def _say(self, second: int, text: str) -> None:
        await self.stage.until(second)
        key = secrets.token_hex(12)
        post = {"meeting": self.stage.meeting_id, "key": key, "text": text}
        await self.lines[-1].call("comment:post", post)
        self.stage.said[key] = text

    async def page(self, path: str) -> str:
        """The page at that path. Raises Stumbled where there is none."""
        async with self.http.get(path) as answer:
            page = await answer.text()
            if answer.status != 200:
                raise Stumbled(f"{self.role.name}: GET {path} was answered {answer.status}")
            return page

    async def _press(self, path: str, page: str) -> None:
        """Presses the button of the page's form that is sent to that path."""
        form = next((fields for action, fields in forms(page) if action == path), None)
        if form is None:
            raise Stumbled(f"{self.role.name}: the page has no form for {path}")
        async with self.http.post(path, data=form, headers={"Referer": self.stage.site + path}) as answer:
            if answer.status != 200:
                raise Stumbled(f"{self.role.name}: POST {path} was answered {answer.status}")


class _Forms(HTMLParser):
    """The hidden fields of each form of a page, by the path it is sent to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((found.get("action", "").partition("?")[0], {}))
        elif tag == "input" and found.get("type") == "hidden" and self.found:
            self.found[-1][1][found.get("name", "")] = found.get("value", "")


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    """The page's forms: the path each is sent to, and the hidden fields that go along."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


async def insist(ask: Callable[[], Awaitable[dict[str, Any]]], what: str) -> dict[str, Any]:
    """The answer, asked for as a page does: what is refused for the moment is asked again, the very same.

    Raises Stumbled when it is refused for good, or TRIES times.
    """
    error: dict[str, Any] = {}
    for _ in range(TRIES):
        answer = await ask()
        if answer.get("ok"):
            return answer
        error = answer.get("error", {})
        if error.get("code") not in FOR_THE_MOMENT:
            break
        await asyncio.sleep(AGAIN)
    raise Stumbled(f"{what} was refused: {error}")


class _Socket:
    """A live connection, as the browser makes it."""

    def __init__(self, member: _Member) -> None:
        self.member = member
        self.client = socketio.AsyncClient(http_session=member.http, reconnection=False)
        self.seq = 0

    async def begin(self) -> None:
        self.client.on("entries", self._entries)
        await self.client.connect(
            self.member.stage.site, transports=["websocket"], headers={"Origin": self.member.stage.site}
        )
        answer = await self.call("meeting:watch", {"meeting": self.member.stage.meeting_id})
        self.seq = int(str(answer["seq"]))

    async def call(self, event: str, data: dict[str, object]) -> dict[str, object]:
        async def ask() -> dict[str, Any]:
            answer: dict[str, Any] = await self.client.call(event, data, timeout=20)
            return answer

        return await insist(ask, f"{self.member.role.name}: {event}")

    async def end(self, by: By) -> None:
        if by is By.DROP:  # the line is cut: no word to anybody
            self.client.eio.ws._response.connection.transport.abort()
        await self.client.disconnect()

    def _entries(self, frame: dict[str, int]) -> None:
        if frame["first"] > self.seq + 1:
            gap = f"{self.member.role.name} missed what came between {self.seq} and {frame['first']}"
            self.member.stage.gaps.append(gap)
        self.seq = max(self.seq, frame["last"])


class _Http:
    """The room by plain HTTP, where sockets are blocked."""

    def __init__(self, member: _Member) -> None:
        self.member = member
        self.tab = secrets.token_hex(8)
        self.path = f"/meetings/{member.stage.meeting_id}"
        self.token = ""
        self.looking: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        tokens = (fields.get("csrf_token") for _, fields in forms(await self.member.page("/")))
        self.token = next(found for found in tokens if found)
        await self._look(0)
        self.looking = asyncio.create_task(self._keep_looking())

    async def call(self, event: str, data: dict[str, object]) -> dict[str, object]:
        paths = {"comment:post": "comments"}
        body = {name: value for name, value in data.items() if name != "meeting"}
        headers = {"X-CSRFToken": self.token, "Referer": self.member.stage.site}

        async def ask() -> dict[str, Any]:
            path = f"{self.path}/{paths[event]}"
            async with self.member.http.post(path, json=body, headers=headers) as answer:
                found: dict[str, Any] = await answer.json()
            return found

        return await insist(ask, f"{self.member.role.name}: {event}")

    async def end(self, _by: By) -> None:
        if self.looking is not None:
            self.looking.cancel()

    async def _look(self, after: int) -> int:
        params = {"after": str(after), "tab": self.tab}
        async with self.member.http.get(
            f"{self.path}/log", params=params, headers={"Accept": "application/json"}
        ) as answer:
            found = await answer.json()
        seq: int = found["seq"]
        return seq

    async def _keep_looking(self) -> None:
        seq = 0
        while True:
            await asyncio.sleep(POLL)
            seq = await self._look(seq)
