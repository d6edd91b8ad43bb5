"""The wire over real sockets, against a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import websockets
import websockets.sync.client
from sqlalchemy import func, select

from consult.attendance.models import Lease, Presence
from consult.core import clock
from consult.core.store import Store, Work
from consult.meetings import moves
from consult.meetings.lifecycle import Move
from consult.meetings.models import Entry, Kind, Meeting
from consult.members import accounts, sign_ins
from tests.live.site import Refused, Site, cookie_of, new_site, page
from tests.support.server import Server
from tests.support.wait import until

COMMENTS = 700


@pytest.fixture
def site(start_server: Callable[..., Server], store: Store, database_url: str) -> Site:
    return new_site(start_server, store, database_url)


@pytest.fixture
def sqlite_site(start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str) -> Site:
    return new_site(start_server, sqlite_store, sqlite_url)


def stored(site: Site, meeting: int) -> int:
    """How many comments are in the database."""
    with site.store.read() as work:
        count = work.db.scalar(
            select(func.count()).where(Entry.meeting_id == meeting, Entry.kind == Kind.COMMENT)
        )
    return count or 0


def presences(site: Site) -> list[tuple[int, str | None]]:
    with site.store.read() as work:
        rows = work.db.scalars(select(Presence).order_by(Presence.id)).all()
        return [(row.person_id, row.ended) for row in rows]


def test_watch_tells_what_the_room_looks_like(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> dict[str, Any]:
        async with page(site, site.cookie(site.people.wang)) as wang:
            return await wang.watch(meeting)

    answer = asyncio.run(scene())
    assert answer["ok"] is True
    assert (answer["state"], answer["seq"], answer["more"], answer["pinned"]) == ("open", 2, False, None)
    assert [entry["state"] for entry in answer["entries"]] == ["lobby", "open"]
    assert answer["me"] == {
        "id": site.people.wang,
        "name": "王秀兰",
        "unit": "清河县政协",
        "sector": "医药卫生界",
        "manages": False,
        "expected": True,
        "hidden": [],
        "asked": None,
    }
    assert {name: answer["presence"][name] for name in ("people", "expected", "excused")} == {
        "people": 1,
        "expected": 3,
        "excused": 0,
    }


def test_a_comment_is_stored_when_it_is_acknowledged_and_reaches_everybody(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        wang_s, li_s = site.cookie(site.people.wang), site.cookie(site.people.li)
        async with page(site, wang_s) as wang, page(site, li_s) as li:
            await wang.watch(meeting)
            await li.watch(meeting)
            answer = await wang.post(meeting, "建议公开水质检测结果。")
            assert answer == {"ok": True, "seq": 3, "id": f"{meeting}-3"}
            assert stored(site, meeting) == 1
            await li.until(lambda: 3 in li.entries)
            assert li.entries[3]["by"]["name"] == "王秀兰"
            await wang.until(lambda: 3 in wang.entries)

    asyncio.run(scene())


def test_a_retry_is_the_same_comment(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            await wang.watch(meeting)
            first = await wang.post(meeting, "同意。", key="key-0001")
            assert await wang.post(meeting, "同意。", key="key-0001") == first
            other = await wang.post(meeting, "不同意。", key="key-0001")
            assert (other["error"]["code"], other["error"]["field"]) == ("invalid", "key")
        async with page(site, site.cookie(site.people.li)) as li:
            other = await li.post(meeting, "同意。", key="key-0001")
            assert (other["error"]["code"], other["error"]["field"]) == ("invalid", "key")

    asyncio.run(scene())
    assert stored(site, meeting) == 1


def test_everybody_sees_the_same_order_without_gaps(site: Site) -> None:
    meeting = site.meeting()
    people = site.people

    async def scene() -> None:
        async with (
            page(site, site.cookie(people.wang)) as wang,
            page(site, site.cookie(people.li)) as li,
            page(site, site.cookie(people.office)) as office,
        ):
            everybody = (wang, li, office)
            for one in everybody:
                await one.watch(meeting)
            answers = await asyncio.gather(
                *(one.post(meeting, f"{name} {number}") for name, one in zip("王李办", everybody, strict=True)
                  for number in range(15))
            )  # fmt: skip
            last = max(answer["seq"] for answer in answers)
            for one in everybody:
                await one.until(lambda one=one: last in one.entries)
                assert one.order == sorted(one.order) == list(range(1, last + 1))
                assert all(
                    frame["first"] == before["last"] + 1
                    for before, frame in zip(one.frames, one.frames[1:], strict=False)
                )
            assert wang.texts == li.texts == office.texts
            assert len(set(wang.texts)) == 45

    asyncio.run(scene())


def test_who_comes_back_gets_exactly_what_was_missed(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()
    people = site.people

    async def scene() -> None:
        cookie = site.cookie(people.wang)
        async with page(site, cookie) as wang:
            await wang.watch(meeting)
        site.pour(meeting, 1, 450)
        async with page(site, cookie) as wang:
            answer = await wang.watch(meeting, after=2)
            sizes = [len(answer["entries"])]
            while answer["more"]:
                answer = await wang.watch(meeting, after=answer["seq"])
                sizes.append(len(answer["entries"]))
            assert sizes == [200, 200, 50]
            assert wang.order == list(range(3, 453))
            newest = await wang.watch(meeting)
            assert [entry["seq"] for entry in newest["entries"]] == list(range(253, 453))
            assert newest["more"] is True
            ahead = await wang.watch(meeting, after=9999)
            assert (ahead["seq"], ahead["entries"]) == (452, [])

    asyncio.run(scene())


def test_a_comment_too_late_is_refused_and_one_in_grace_is_marked(sqlite_site: Site) -> None:
    site = sqlite_site
    meeting = site.meeting(opens=-30, closes=-0.5)

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            answer = await wang.watch(meeting)
            assert answer["state"] == "closed"
            refused = await wang.post(meeting, "还有一句")
            assert refused["error"]["code"] == "not_now"
            typed = clock.iso(clock.now() - timedelta(minutes=2))
            answer = await wang.post(meeting, "还有一句", typed_at=typed)
            await wang.until(lambda: answer["seq"] in wang.entries)
            assert wang.entries[answer["seq"]]["late"] is True

    asyncio.run(scene())


def test_refusals_are_in_the_members_language(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting(opens=5, closes=60)
    site.store.write(accounts.choose_language, site.people.wang, "zh_CN")

    async def scene() -> tuple[str, str]:
        async with (
            page(site, site.cookie(site.people.wang)) as wang,
            page(site, site.cookie(site.people.li)) as li,
        ):
            return tuple([(await one.post(meeting, "同意。"))["error"]["message"] for one in (wang, li)])

    chinese, english = asyncio.run(scene())
    assert english.startswith("The meeting has not begun.")
    assert chinese != english


def test_presence_counts_people_not_pages(site: Site) -> None:
    meeting = site.meeting()

    async def scene() -> None:
        cookie = site.cookie(site.people.wang)
        async with page(site, site.cookie(site.people.li)) as li:
            await li.watch(meeting)
            async with page(site, cookie) as one, page(site, cookie) as two, page(site, cookie) as three:
                for tab in (one, two, three):
                    await tab.watch(meeting)
                await li.until(lambda: li.presence["connections"] == 4)
                assert li.presence["people"] == 2
                assert {group["name"]: group["people"] for group in li.presence["by_sector"]} == {
                    "医药卫生界": 1,
                    "农业界": 1,
                }
            await li.until(lambda: li.presence["people"] == 1)

    asyncio.run(scene())
    until(lambda: all(ended == "left" for _, ended in presences(site)), 5, "all to have left")
    assert len(presences(site)) == 4


def test_a_hidden_page_is_a_row_of_its_own(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            await wang.watch(meeting)
            assert (await wang.call("presence:hidden", {"meeting": meeting}))["ok"]
            assert (await wang.call("presence:hidden", {"meeting": meeting}))["ok"]
            assert (await wang.watch(meeting, after=2, hidden=True))["ok"]
            assert (await wang.call("presence:visible", {"meeting": meeting}))["ok"]
            assert (await wang.watch(meeting, after=2))["ok"]
            assert await wang.call("video:open", {"meeting": meeting}) == {"ok": True, "counted": True}
            assert (await wang.call("presence:here", {"meeting": meeting}))["ok"]

    asyncio.run(scene())
    until(lambda: presences(site)[1][1], 5, "the page's row to end")
    wang = site.people.wang
    assert presences(site) == [(wang, "hidden"), (wang, "left"), (wang, None)]


def test_who_waits_is_counted_when_the_lobby_opens_and_again_when_it_reopens(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting(opens=15.05, closes=60)

    def move(*steps: Move) -> None:
        def moving(work: Work) -> None:
            row = work.db.get_one(Meeting, meeting)
            for step in steps:
                moves.move(work, row, step, at=work.now)

        site.store.write(moving)

    def rows(count: int, ended: str | None) -> Callable[[], bool]:
        return lambda: [end for _, end in presences(site)][count - 1 :] == [ended]

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            answer = await wang.watch(meeting)
            assert (answer["state"], answer["presence"]["people"]) == ("scheduled", 0)
            assert presences(site) == []
            await wang.until(lambda: wang.presence["people"] == 1)
            move(Move.OPEN, Move.CLOSE)
            await asyncio.to_thread(until, rows(1, "closed"), 10, "the sweep")
            move(Move.REOPEN)
            await asyncio.to_thread(until, rows(2, None), 10, "the second row")
            move(Move.CLOSE, Move.REOPEN)
            await asyncio.to_thread(until, rows(3, None), 10, "the third row")

    asyncio.run(scene())


def test_signing_out_elsewhere_closes_the_socket_at_once(site: Site) -> None:
    meeting = site.meeting()
    sign_in, token = site.people.sign_in(site.people.wang)
    from_test = site.store

    async def scene() -> None:
        async with page(site, cookie_of(token)) as wang, page(site, site.cookie(site.people.li)) as li:
            await wang.watch(meeting)
            await li.watch(meeting)
            from_test.write(sign_ins.end, sign_in)
            await wang.until(lambda: ("disconnect", None) in wang.heard, seconds=2)
            await li.post(meeting, "这句他听不到")
            await li.until(lambda: 3 in li.entries)
            assert 3 not in wang.entries

    asyncio.run(scene())


def test_a_socket_without_a_sign_in_is_refused_with_a_reason(sqlite_site: Site) -> None:
    site = sqlite_site

    async def scene(cookie: str) -> dict[str, Any]:
        url = site.server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        headers = {"Origin": site.server.url, "Cookie": cookie, "Accept-Language": "en"}
        async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as line:
            await line.receive_str()
            await line.send_str("40")
            refused = await line.receive_str()
            assert (await line.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            return json.loads(refused.removeprefix("44"))

    sign_in, token = site.people.sign_in(site.people.wang)
    site.store.write(sign_ins.end, sign_in)
    for cookie in ("", "consult=forged", cookie_of(token)):
        refused = asyncio.run(scene(cookie))
        assert refused["data"] == {"code": "sign_in_required", "message": "Please sign in first."}
        assert refused["message"] == "Please sign in first."


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1:1",
        "http://evil.example:{port}",
        "http://[",
        "",
    ],
)
def test_a_foreign_or_missing_origin_is_refused(sqlite_site: Site, origin: str | None) -> None:
    site = sqlite_site
    headers = {"Cookie": site.cookie(site.people.wang)}
    if origin is not None:
        headers["Origin"] = origin.replace("{port}", str(site.server.port))

    async def scene() -> int:
        url = site.server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(url, headers=headers):
                    return 101
            except aiohttp.WSServerHandshakeError as refused:
                return refused.status

    assert asyncio.run(scene()) == 403


def test_a_person_has_so_many_connections_and_no_more(
    start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str
) -> None:
    site = new_site(start_server, sqlite_store, sqlite_url, CONNECTIONS_PER_PERSON="2")

    async def scene() -> None:
        wang, li = site.cookie(site.people.wang), site.cookie(site.people.li)
        async with page(site, wang), page(site, li):
            async with page(site, wang):
                with pytest.raises(Refused, match=r"too_fast.*too many pages"):
                    async with page(site, wang):
                        pass
            async with page(site, wang):
                pass

    asyncio.run(scene())


def test_too_many_events_are_refused_and_who_goes_on_is_cut_off(
    start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str
) -> None:
    site = new_site(start_server, sqlite_store, sqlite_url, EVENTS_PER_SECOND="5")
    meeting = site.meeting()

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            here = {"meeting": meeting}
            answers = await asyncio.gather(*(wang.call("presence:visible", here) for _ in range(40)))
            refused = [answer["error"] for answer in answers if not answer["ok"]]
            assert 25 <= len(refused) <= 30
            assert {error["code"] for error in refused} == {"too_fast"}
            assert all(0 < error["retry_after"] <= 1 for error in refused)
            for _ in range(1000):
                await wang.client.emit("presence:visible", here)
            await wang.until(lambda: ("disconnect", None) in wang.heard)

    asyncio.run(scene())


def test_a_person_comments_so_often_and_no_more(
    start_server: Callable[..., Server], sqlite_store: Store, sqlite_url: str
) -> None:
    site = new_site(start_server, sqlite_store, sqlite_url, COMMENTS_PER_MINUTE="3")
    meeting = site.meeting()

    async def scene() -> None:
        cookie = site.cookie(site.people.wang)
        async with page(site, cookie) as one, page(site, cookie) as two:
            answers = [await tab.post(meeting, f"第 {n} 句") for n, tab in enumerate([one, two, one, two])]
            assert [answer["ok"] for answer in answers] == [True, True, True, False]
            error = answers[3]["error"]
            assert error["code"] == "too_fast"
            assert 15 < error["retry_after"] <= 20

    asyncio.run(scene())
    assert stored(site, meeting) == 3


def test_moderation_reaches_everybody_and_hidden_words_nobody(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()

    async def scene() -> None:
        async with (
            page(site, site.cookie(site.people.wang)) as wang,
            page(site, site.cookie(site.people.office)) as office,
        ):
            await wang.watch(meeting)
            assert (await office.watch(meeting))["me"]["manages"] is True
            await wang.post(meeting, "无关的话")
            one = {"meeting": meeting, "seq": 3}
            assert await office.call("comment:pin", one) == {"ok": True, "seq": 4}
            await wang.until(lambda: 4 in wang.entries)
            assert wang.entries[4]["comment"]["text"] == "无关的话"
            refused = await wang.call("comment:hide", {**one, "reason": "理由"})
            assert refused["error"]["code"] == "not_allowed"
            assert await office.call("comment:hide", {**one, "reason": "与议题无关"}) == {
                "ok": True,
                "seq": 6,
            }
            await wang.until(lambda: 6 in wang.entries)
            late = await wang.watch(meeting)
            assert "无关的话" not in json.dumps(late, ensure_ascii=False)
            assert await office.call("comment:show", one) == {"ok": True, "seq": 7}
            await wang.until(lambda: 7 in wang.entries)
            assert wang.entries[7]["comment"]["text"] == "无关的话"

    asyncio.run(scene())


def test_a_slow_reader_loses_news_whole_and_is_told_to_catch_up(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()
    url = site.server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    headers = {"Cookie": site.cookie(site.people.wang)}
    line = socket.create_connection(("127.0.0.1", site.server.port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
    with websockets.sync.client.connect(
        url,
        sock=line,
        origin=websockets.Origin(site.server.url),
        additional_headers=headers,
        max_queue=1,
        compression=None,
    ) as slow:
        slow.recv()
        slow.send("40")
        slow.recv()
        slow.send('421["meeting:watch",' + json.dumps({"meeting": meeting}) + "]")
        site.pour(meeting, 1, COMMENTS, "字" * 480 + "{}")
        frames: list[Any] = []
        while not frames or frames[-1][0] != "catch_up":
            packet = str(slow.recv(timeout=30))
            if packet == "2":
                slow.send("3")
            elif packet.startswith("42"):
                frames.append(json.loads(packet[2:]))
        entries = [frame[1] for frame in frames if frame[0] == "entries"]
        seqs = [entry["seq"] for frame in entries for entry in frame["entries"]]
        assert seqs == list(range(seqs[0], seqs[-1] + 1))
        assert seqs[-1] < COMMENTS
        slow.send('422["meeting:watch",' + json.dumps({"meeting": meeting, "after": seqs[-1]}) + "]")
        answer = ""
        while not answer.startswith("432"):
            answer = str(slow.recv(timeout=30))
        assert json.loads(answer[3:])[0]["entries"][0]["seq"] == seqs[-1] + 1


@pytest.mark.slow
def test_a_killed_server_loses_no_acknowledged_comment(site: Site) -> None:
    meeting = site.meeting()
    acknowledged: list[int] = []

    async def burst() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            await wang.watch(meeting)

            async def post(number: int) -> None:
                answer = await wang.post(meeting, f"第 {number} 句")
                if answer["ok"]:
                    acknowledged.append(answer["seq"])
                if len(acknowledged) == 8:
                    site.server.kill9()

            posts = [asyncio.create_task(post(number)) for number in range(20)]
            await wang.until(lambda: ("disconnect", None) in wang.heard)
            for task in posts:
                task.cancel()

    asyncio.run(burst())
    site.server.start()

    async def after() -> set[int]:
        async with page(site, site.cookie(site.people.li)) as li:
            answer = await li.watch(meeting)
            assert [entry["seq"] for entry in answer["entries"]] == list(range(1, answer["seq"] + 1))
            return set(li.entries)

    seen = asyncio.run(after())
    assert len(acknowledged) >= 8
    assert set(acknowledged) <= seen
    until(lambda: presences(site)[0][1] == "cut", 30, "the sweep")


def test_a_server_that_is_told_to_end_sends_its_people_away_in_order(sqlite_site: Site) -> None:
    site, meeting = sqlite_site, sqlite_site.meeting()

    async def scene() -> None:
        async with page(site, site.cookie(site.people.wang)) as wang:
            await wang.watch(meeting)
            code = await asyncio.to_thread(site.server.terminate)
            assert code == 0
            await wang.until(lambda: ("disconnect", None) in wang.heard)
            (bye,) = [message for event, message in wang.heard if event == "bye"]
            assert 0 < bye["retry_ms"] <= 10_000

    asyncio.run(scene())
    assert presences(site) == [(site.people.wang, "cut")]
    with site.store.read() as work:
        assert all(lease.ended_at for lease in work.db.scalars(select(Lease)))
