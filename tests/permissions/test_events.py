"""Every event of the live room, said by who has no business in that meeting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.attendance.models import Presence
from consult.checkins.models import Prompt
from consult.core.store import Store, Work
from consult.live.sockets import HANDLERS
from consult.meetings.models import Entry, Kind
from tests.live.site import Site, new_site, page
from tests.support.server import Server

EVENTS: dict[str, dict[str, Any]] = {
    "meeting:watch": {},
    "comment:post": {"key": "key-00000009", "text": "说一句"},
    "comment:hide": {"seq": 3, "reason": "与议题无关"},
    "comment:show": {"seq": 3},
    "comment:pin": {"seq": 3},
    "comment:unpin": {"seq": 3},
    "video:open": {},
    "presence:here": {},
    "presence:answer": {"prompt": 1},
}
"""What concerns a meeting, with what it says besides which. A new event is to be added here."""
OF_ONE_SELF = {
    "presence:hidden": "ends one's own presence in the meeting that one watches",
    "presence:visible": "begins it again, for who watches the meeting",
    "notices:watch": "counts one's own notices",
}


def test_every_event_is_in_the_table() -> None:
    assert HANDLERS.keys() == EVENTS.keys() | OF_ONE_SELF.keys()


@pytest.fixture
def site(start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str) -> Site:
    return new_site(start_server, sqlite_store, sqlite_url)


def _ask(work: Work, meeting: int) -> None:
    """The question with the number that EVENTS has."""
    work.db.add(Prompt(id=1, meeting_id=meeting, number=0, at=work.now, until=work.now + timedelta(hours=1)))


def test_an_outsider_learns_and_does_nothing(site: Site) -> None:
    meeting, people = site.meeting(), site.people
    site.store.write(_ask, meeting)

    async def scene() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        async with (
            page(site, site.cookie(people.wang)) as wang,
            page(site, site.cookie(people.outsider)) as outsider,
        ):
            await wang.watch(meeting)
            await wang.post(meeting, "水费太高")
            strange = {
                name: await outsider.call(name, {"meeting": meeting, **said}) for name, said in EVENTS.items()
            }
            for name in OF_ONE_SELF:
                await outsider.call(name, {} if name == "notices:watch" else {"meeting": meeting})
            members = {
                name: await wang.call(name, {"meeting": meeting, **said}) for name, said in EVENTS.items()
            }
            heard: dict[str, Any] = {"outsider": outsider.frames, "wang": wang.frames}
            return strange, members, heard

    strange, members, heard = asyncio.run(scene())
    assert {name: answer["error"]["code"] for name, answer in strange.items()} == dict.fromkeys(
        EVENTS, "missing"
    )
    assert {name for name, answer in members.items() if not answer["ok"]} == {
        "comment:hide", "comment:show", "comment:pin", "comment:unpin"
    }  # fmt: skip
    assert {answer["error"]["code"] for answer in members.values() if not answer["ok"]} == {"not_allowed"}
    assert (heard["outsider"], bool(heard["wang"])) == ([], True)
    with site.store.read() as work:
        said = select(func.count()).where(Entry.meeting_id == meeting, Entry.kind == Kind.COMMENT)
        assert work.db.scalar(said) == 2  # both by the member
        assert set(work.db.scalars(select(Presence.person_id))) == {people.wang}
