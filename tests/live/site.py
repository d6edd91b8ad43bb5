"""A running server with people in its database, and their pages as Socket.IO and HTTP clients."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import socketio
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from consult.core import clock
from consult.core.errors import Busy
from consult.core.store import Store
from consult.discussion import actions
from tests.support.cast import Cast, cast
from tests.support.server import Server

SECRET = "a secret key of the tests, long enough"


@dataclass
class Site:
    """A server, the store on its database, and who is in it."""

    server: Server
    store: Store
    people: Cast
    secret: str = SECRET

    def cookie(self, person_id: int) -> str:
        """The session cookie of a new browser of that person's."""
        return cookie_of(self.people.sign_in(person_id)[1])

    def moment(self, minutes: float) -> datetime:
        """So many minutes from now."""
        return clock.now() + timedelta(minutes=minutes)

    def meeting(self, opens: float = -5, closes: float = 60, **given: Any) -> int:
        """A meeting that opens and closes so many minutes from now; the clock of the server moves it."""
        times = {"opens_at": self.moment(opens), "closes_at": self.moment(closes)}
        return self.people.meeting(**{**times, **given})

    def pour(self, meeting: int, first: int, last: int, text: str = "第 {} 句") -> None:
        """The office says so many things at once, from the `first` to the `last`. Where the server holds
        the database for long, it says them again, which is the same."""
        actor = self.people.actor(self.people.office)
        todo = list(range(first, last + 1))
        while todo:
            sent = {
                number: self.store.submit(
                    actions.post, actor, meeting, f"key-{number:05}", text.format(number)
                )
                for number in todo
            }
            todo = [number for number, said in sent.items() if isinstance(said.exception(), Busy)]
            for number in sent.keys() - set(todo):
                sent[number].result()


def cookie_of(token: str) -> str:
    app = Flask("tests")
    app.secret_key = SECRET
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"consult={signer.dumps({'_user_id': token, '_fresh': True})}"


def new_site(start_server: Callable[..., Server], store: Store, database_url: str, **env: str) -> Site:
    people = cast(store)
    return Site(start_server(DATABASE_URL=database_url, SECRET_KEY=SECRET, **env), store, people)


class Refused(Exception):
    """The server did not let the page connect; what it said."""


class Page:
    """One page in the room over a socket. `entries` is the log as the page has it, by number."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.entries: dict[int, dict[str, Any]] = {}
        self.order: list[int] = []
        self.frames: list[dict[str, Any]] = []
        self.presence: dict[str, Any] = {}
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        client.on("*", self._hear)
        client.on("connect_error", self._refused)
        client.on("disconnect", self._gone)

    async def watch(self, meeting: int, **more: Any) -> dict[str, Any]:
        answer = await self.call("meeting:watch", {"meeting": meeting, **more})
        if answer["ok"]:
            self._apply(answer["entries"])
            self.presence = answer["presence"]
        return answer

    async def post(self, meeting: int, text: str, key: str | None = None, **more: Any) -> dict[str, Any]:
        key = key or secrets.token_hex(8)
        return await self.call("comment:post", {"meeting": meeting, "key": key, "text": text, **more})

    async def call(self, event: str, data: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.client.call(event, data, timeout=10)
        return answer

    async def until(self, condition: Callable[[], Any], seconds: float = 10) -> None:
        """Waits until what the page has heard makes the condition true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def texts(self) -> list[str]:
        """What has been said, in order."""
        return [entry["text"] for _, entry in sorted(self.entries.items()) if "text" in entry]

    def _apply(self, entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["seq"] not in self.entries:
                self.order.append(entry["seq"])
            self.entries[entry["seq"]] = entry

    async def _hear(self, event: str, message: dict[str, Any]) -> None:
        self.heard.append((event, message))
        if event == "entries":
            self.frames.append(message)
            self._apply(message["entries"])
            self.presence.update(message.get("presence", {}))
        elif event == "presence":
            self.presence.update(message)
        self._news.set()

    async def _refused(self, why: Any) -> None:
        self.heard.append(("connect_error", why))

    async def _gone(self, *_: Any) -> None:
        self.heard.append(("disconnect", None))
        self._news.set()


@asynccontextmanager
async def page(site: Site, cookie: str, **headers: str) -> AsyncIterator[Page]:
    """A page with that cookie, connected until the block's end."""
    client = socketio.AsyncClient(reconnection=False)
    opened = Page(client)
    try:
        await client.connect(
            site.server.url,
            transports=["websocket"],
            headers={"Cookie": cookie, "Origin": site.server.url, "Accept-Language": "en", **headers},
        )
    except socketio.exceptions.ConnectionError:
        await asyncio.sleep(0)
        if client.eio.http is not None:
            await client.eio.http.close()
        raise Refused(opened.heard) from None
    try:
        yield opened
    finally:
        await client.disconnect()


@asynccontextmanager
async def browser(site: Site, cookie: str) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client with that cookie, which wants JSON."""
    headers = {"Cookie": cookie, "Accept": "application/json", "Accept-Language": "en"}
    async with aiohttp.ClientSession(site.server.url, headers=headers) as session:
        yield session
