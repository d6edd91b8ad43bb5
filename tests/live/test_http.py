"""The room over plain HTTP, against a real server."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from consult.attendance.models import Presence
from consult.core.store import Store
from consult.members.models import Person
from tests.live.site import Site, browser, new_site, page
from tests.support.server import Server
from tests.support.wait import until


@pytest.fixture
def site(start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str) -> Site:
    return new_site(start_server, sqlite_store, sqlite_url)


async def get(session: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with session.get(path) as answer:
        return answer.status, await answer.json()


async def token_of(session: aiohttp.ClientSession, meeting: int) -> dict[str, str]:
    """The header that requests need, from the room's page; the cookie of its session is kept."""
    async with session.get(f"/meetings/{meeting}/room", headers={"Accept": "text/html"}) as answer:
        found = re.search(r'name="csrf-token" content="([^"]+)"', await answer.text())
        session.headers["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in answer.cookies.items())
    assert found is not None
    return {"X-CSRFToken": found[1]}


async def post(
    session: aiohttp.ClientSession, path: str, body: object, headers: dict[str, str]
) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "application/json", **headers}
    async with session.post(path, data=raw, headers=kind) as answer:
        return answer.status, await answer.json()


def test_the_log_is_the_same_as_over_a_socket(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        async with (
            browser(site, site.cookie(site.people.li)) as li,
            page(site, site.cookie(site.people.wang)) as wang,
        ):
            watched = await wang.watch(meeting)
            _, looked = await get(li, f"/meetings/{meeting}/log")
            for differs in ("now", "me", "presence"):
                del watched[differs], looked[differs]
            assert looked == watched
            csrf = await token_of(li, meeting)
            say = {"key": "key-0001", "text": "从网页发出"}
            assert await post(li, f"/meetings/{meeting}/comments", say, csrf) == (
                200,
                {"ok": True, "seq": 3, "id": f"{meeting}-3"},
            )
            assert (await post(li, f"/meetings/{meeting}/comments", say, csrf))[1]["seq"] == 3
            await wang.until(lambda: 3 in wang.entries)
            _, looked = await get(li, f"/meetings/{meeting}/log?after=2")
            assert [entry["text"] for entry in looked["entries"]] == ["从网页发出"]

    asyncio.run(scene())


def test_the_log_is_read_backwards_in_pages(site: Site) -> None:
    meeting = site.meeting()
    site.pour(meeting, 1, 450)

    async def scene() -> list[tuple[int, int, bool]]:
        pages, before = [], ""
        async with browser(site, site.cookie(site.people.li)) as li:
            while True:
                _, looked = await get(li, f"/meetings/{meeting}/log{before}")
                seqs = [entry["seq"] for entry in looked["entries"]]
                assert seqs == list(range(seqs[0], seqs[-1] + 1))
                pages.append((seqs[0], seqs[-1], looked["more"]))
                if not looked["more"]:
                    return pages
                before = f"?before={seqs[0]}"

    assert asyncio.run(scene()) == [(253, 452, True), (53, 252, True), (1, 52, False)]


def rows(site: Site) -> list[tuple[str, str | None]]:
    with site.store.read() as work:
        return [(row.channel, row.ended) for row in work.db.scalars(select(Presence).order_by(Presence.id))]


def test_who_asks_with_a_tab_is_present_until_he_says_otherwise(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        async with browser(site, site.cookie(site.people.li)) as li:
            assert (await get(li, f"/meetings/{meeting}/log"))[1]["presence"]["people"] == 0
            for _ in range(3):
                looked = (await get(li, f"/meetings/{meeting}/log?tab=a"))[1]
            assert looked["presence"]["people"] == 1
            csrf = await token_of(li, meeting)
            where = f"/meetings/{meeting}/presence"
            assert await post(li, where, {"what": "hidden"}, csrf) == (200, {"ok": True})
            assert rows(site) == [("http", "hidden")]
            await get(li, f"/meetings/{meeting}/log?tab=a")
            assert (await post(li, where, {"what": "video"}, csrf))[1] == {"ok": True, "counted": True}
            assert (await post(li, where, {"what": "left"}, csrf))[0] == 200

    asyncio.run(scene())
    assert rows(site) == [("http", "hidden"), ("http", "left"), ("video", None)]


@pytest.mark.slow
def test_who_stops_asking_is_taken_to_have_left_when_he_last_asked(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        async with browser(site, site.cookie(site.people.li)) as li:
            await get(li, f"/meetings/{meeting}/log?tab=a")

    asyncio.run(scene())
    until(lambda: rows(site) == [("http", "silent")], 45, "the sweep")


def test_hidden_words_are_for_their_author_and_the_office(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        async with (
            browser(site, site.cookie(site.people.wang)) as wang,
            browser(site, site.cookie(site.people.li)) as li,
            browser(site, site.cookie(site.people.office)) as office,
        ):
            say = {"key": "key-0001", "text": "无关的话"}
            where = f"/meetings/{meeting}/comments"
            await post(wang, where, say, await token_of(wang, meeting))
            csrf = await token_of(office, meeting)
            status, _ = await post(li, f"{where}/3/hide", {"reason": "理由"}, await token_of(li, meeting))
            assert status == 403
            assert await post(office, f"{where}/3/hide", {"reason": "与议题无关"}, csrf) == (
                200,
                {"ok": True, "seq": 4},
            )
            for reader in (wang, office):
                assert (await get(reader, f"{where}/3"))[1] == {
                    "ok": True,
                    "text": "无关的话",
                    "reason": "与议题无关",
                }
            assert (await get(li, f"{where}/3"))[0] == 404
            assert (await get(wang, f"/meetings/{meeting}/log"))[1]["me"]["hidden"] == [3]
            assert await post(office, f"{where}/3/show", {}, csrf) == (200, {"ok": True, "seq": 5})
            assert await post(office, f"{where}/3/pin", {}, csrf) == (200, {"ok": True, "seq": 6})
            assert await post(office, f"{where}/3/unpin", {}, csrf) == (200, {"ok": True, "seq": 7})

    asyncio.run(scene())


BAD = {
    "empty body": ("comments", b"", 400, "invalid"),
    "malformed": ("comments", b'{"key":', 400, "invalid"),
    "deep": ("comments", b"[" * 10_000, 400, "invalid"),
    "not an object": ("comments", b"[1]", 400, "invalid"),
    "not a number": ("comments", b'{"key":"key-0001","text":NaN}', 400, "invalid"),
    "infinite": ("comments", b'{"key":"key-0001","text":1e999}', 400, "invalid"),
    "wrong type": ("comments", {"key": "key-0001", "text": 5}, 400, "invalid"),
    "more fields": ("comments", {"key": "key-0001", "text": "x", "role": "admin"}, 400, "invalid"),
    "speaks as the office": ("comments", {"key": "key-0001", "text": "x", "office": True}, 400, "invalid"),
    "NUL only": ("comments", {"key": "key-0001", "text": "\x00"}, 400, "invalid"),
    "blank": ("comments", {"key": "key-0001", "text": " \u3000\u200b"}, 400, "invalid"),
    "too long": ("comments", {"key": "key-0001", "text": "字" * 501}, 400, "invalid"),
    "huge": ("comments", b'{"key":"key-0001","text":"' + b"x" * (1 << 20) + b'"}', 413, "invalid"),
    "lone surrogate": ("comments", b'{"key":"key-0001","text":"\\ud800"}', 400, "invalid"),
    "bad key": ("comments", {"key": "a b", "text": "x"}, 400, "invalid"),
    "bad time": ("comments", {"key": "key-0001", "text": "x", "typed_at": "0000-00-00"}, 400, "invalid"),
    "unknown presence": ("presence", {"what": "everywhere"}, 400, "invalid"),
    "no such comment": ("comments/99/pin", {}, 403, "not_allowed"),
    "wrong verb": ("comments/3/burn", {}, 404, "missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_a_clear_refusal(shared_site: Site, case: str) -> None:
    where, body, status, code = BAD[case]
    meeting = shared_site.meeting()

    async def scene() -> None:
        async with browser(shared_site, shared_site.cookie(shared_site.people.wang)) as wang:
            csrf = await token_of(wang, meeting)
            got, answer = await post(wang, f"/meetings/{meeting}/{where}", body, csrf)
            assert (got, answer["ok"], answer["error"]["code"]) == (status, False, code)
            assert answer["error"]["message"]
            _, looked = await get(wang, f"/meetings/{meeting}/log")
            assert "comment" not in [entry["kind"] for entry in looked["entries"]]

    asyncio.run(scene())
    assert "Traceback" not in shared_site.server.log_text()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/meetings/0/log", 404),
        ("/meetings/-1/log", 404),
        ("/meetings/9999/log", 404),
        (f"/meetings/{2**31}/log", 404),
        (f"/meetings/{2**63}/log", 404),
        ("/meetings/{meeting}/log?after=-1", 400),
        ("/meetings/{meeting}/log?after=x", 400),
        ("/meetings/{meeting}/log?after=1.5", 400),
        ("/meetings/{meeting}/log?after=٣", 400),
        (f"/meetings/{{meeting}}/log?after={2**31}", 400),
        ("/meetings/{meeting}/log?before=" + "9" * 5000, 400),
        ("/meetings/{meeting}/comments/1", 404),
        (f"/meetings/{{meeting}}/comments/{2**40}", 404),
        ("/meetings/{outsiders}/log", 404),
        ("/meetings/{outsiders}/room", 404),
    ],
)
def test_bad_addresses_get_a_clear_refusal(shared_site: Site, path: str, status: int) -> None:
    site = shared_site
    meeting, outsiders = site.meeting(), site.meeting(expected=[], host_id=site.people.other_county)

    async def scene() -> None:
        async with browser(site, site.cookie(site.people.wang)) as wang:
            got, answer = await get(wang, path.format(meeting=meeting, outsiders=outsiders))
            assert (got, answer["ok"]) == (status, False)

    asyncio.run(scene())
    assert "Traceback" not in site.server.log_text()


def test_without_a_sign_in_a_token_or_consent_nothing_happens(site: Site) -> None:
    meeting = site.meeting()
    say = {"key": "key-0001", "text": "x"}

    def withdraw(work) -> None:
        work.db.get_one(Person, site.people.li).consented_at = None

    site.store.write(withdraw)

    async def scene() -> None:
        where = f"/meetings/{meeting}/comments"
        async with browser(site, "") as nobody:
            assert (await get(nobody, f"/meetings/{meeting}/log"))[0] == 401
            status, answer = await post(nobody, where, say, {})
            assert (status, answer["ok"]) == (400, False)
        async with browser(site, site.cookie(site.people.wang)) as wang:
            status, answer = await post(wang, where, say, {})
            assert (status, answer["error"]["code"]) == (400, "invalid")
            csrf = await token_of(wang, meeting)
            async with browser(site, site.cookie(site.people.zhao)) as zhao:
                assert (await post(zhao, where, say, csrf))[0] == 400
        async with browser(site, site.cookie(site.people.li)) as li:
            assert (await get(li, f"/meetings/{meeting}/log?tab=a"))[0] == 403
            async with li.get(f"/meetings/{meeting}/room", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (
                    302,
                    f"/consent?next=/meetings/{meeting}/room",
                )

    asyncio.run(scene())
    assert rows(site) == []
