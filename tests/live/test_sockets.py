"""The wire over real sockets, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from consult.core.store import Store
from tests.live.site import Site, new_site, page
from tests.support.server import Server


@pytest.fixture
def site(start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str) -> Site:
    return new_site(start_server, sqlite_store, sqlite_url)


def test_watch_tells_what_the_room_looks_like(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> dict:
        async with page(site, site.cookie(site.people.wang)) as wang:
            return await wang.watch(meeting)

    answer = asyncio.run(scene())
    assert answer["ok"] is True
    assert (answer["state"], answer["seq"], answer["more"], answer["pinned"]) == ("open", 2, False, None)
    assert [entry["state"] for entry in answer["entries"]] == ["lobby", "open"]
    assert answer["me"]["name"] == "王秀兰"
    assert answer["presence"]["people"] == 1


def test_a_comment_reaches_everybody_after_it_is_stored(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        async with (
            page(site, site.cookie(site.people.wang)) as wang,
            page(site, site.cookie(site.people.li)) as li,
        ):
            await wang.watch(meeting)
            await li.watch(meeting)
            answer = await wang.post(meeting, "建议公开水质检测结果。")
            assert answer == {"ok": True, "seq": 3, "id": f"{meeting}-3"}
            await li.until(lambda: 3 in li.entries)
            assert li.entries[3]["by"]["name"] == "王秀兰"
            await wang.until(lambda: 3 in wang.entries)

    asyncio.run(scene())
