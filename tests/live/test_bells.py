"""The count of unread notices: on each page of whoever is told, within about a second, and on no other."""

from __future__ import annotations

import asyncio

from consult.notices import own
from consult.notices.kinds import Kind
from consult.notices.outbox import Telling, tell
from tests.live.site import Page, Site, browser, cookie_of, page
from tests.notices.people import POLICY

DATA = {"topic": 4, "title": "农村供水", "host": "清河县政协", "state": "planned", "reason": "", "into": ""}


def unread(heard: Page) -> list[int]:
    return [message["unread"] for name, message in heard.heard if name == "unread"]


def notify(site: Site, person_id: int, version: int) -> None:
    telling = Telling(Kind.TOPIC_DECIDED, "topic:4", version, DATA)
    site.store.write(tell, POLICY, [person_id], telling)


def test_who_watches_hears_of_what_another_process_told_him(shared_site: Site) -> None:
    """The notice is written by this process, which rings at nobody's: as a clock elsewhere does."""
    site, people = shared_site, shared_site.people

    async def scene() -> None:
        async with page(site, site.cookie(people.wang)) as wang, page(site, site.cookie(people.li)) as li:
            for someone in (wang, li):
                assert await someone.call("notices:watch", {}) == {"ok": True, "unread": 0}
            await asyncio.to_thread(notify, site, people.wang, 1)
            await wang.until(lambda: unread(wang) == [1])
            async with page(site, site.cookie(people.wang)) as phone:
                assert await phone.call("notices:watch", {}) == {"ok": True, "unread": 1}
                await asyncio.to_thread(notify, site, people.wang, 2)
                await phone.until(lambda: unread(phone) == [2])
            await wang.until(lambda: unread(wang) == [1, 2])
            assert unread(li) == []

    asyncio.run(scene())


def test_one_who_does_not_watch_hears_nothing(shared_site: Site) -> None:
    site, people = shared_site, shared_site.people

    async def scene() -> None:
        async with (
            page(site, site.cookie(people.zhao)) as quiet,
            page(site, site.cookie(people.zhao)) as zhao,
        ):
            await zhao.call("notices:watch", {})
            await asyncio.to_thread(notify, site, people.zhao, 1)
            await zhao.until(lambda: unread(zhao) == [1])
            assert unread(quiet) == []
            answer = await quiet.call("notices:watch", {"person": people.wang})
            assert answer["error"]["code"] == "invalid"

    asyncio.run(scene())


def test_what_is_read_on_the_phone_is_read_on_the_desk(shared_site: Site) -> None:
    site, people = shared_site, shared_site.people
    notify(site, people.office, 1)
    _, token = people.sign_in(people.office)

    async def scene() -> None:
        async with page(site, cookie_of(token)) as desk:
            assert (await desk.call("notices:watch", {}))["unread"] == 1
            async with browser(site, cookie_of(token)) as phone:
                with site.store.read() as work:
                    notice_id = own.listed(work, people.actor(people.office), 1).notices[0].id
                await phone.get(f"/notices/{notice_id}", allow_redirects=False)
            await desk.until(lambda: unread(desk) == [0])

    asyncio.run(scene())
