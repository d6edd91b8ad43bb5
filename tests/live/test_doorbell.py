"""Several web processes: what is said at one is heard at the others, with Redis and without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from redis import Redis as RedisClient

from consult.core.store import open_store
from consult.live.doorbell import CHANNEL, LOG, OUT, Ring
from consult.members import sign_ins
from tests.live.site import Site, cookie_of, new_site, page
from tests.support.server import Server
from tests.support.servers import Redis
from tests.support.wait import until

LISTENING = "listening at Redis"


@pytest.mark.parametrize("ring", [Ring(LOG, (7,)), Ring(OUT, (1, 2, 3)), Ring(OUT, ())])
def test_a_ring_survives_the_way(ring: Ring) -> None:
    assert Ring.decode(ring.encode("web-1-ab")) == ("web-1-ab", ring)


@pytest.mark.parametrize("noise", ["", "hello", "p log x", "p fire 1", "p log 1  2"])
def test_noise_is_no_ring(noise: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it is, it is one
        Ring.decode(noise)


@pytest.fixture
def sites(start_server: Callable[..., Server], postgres_url: str, redis_server: Redis) -> tuple[Site, Site]:
    """Two servers on one database, with Redis between them."""
    store = open_store(postgres_url)
    env = {"REDIS_URL": redis_server.url, "LOG_LEVEL": "info"}
    one = new_site(start_server, store, postgres_url, **env)
    two = Site(
        start_server(DATABASE_URL=postgres_url, SECRET_KEY=one.secret, CLOCK="0", **env), store, one.people
    )
    for site in (one, two):
        until(lambda site=site: LISTENING in site.server.log_text(), 10, "the line to Redis")
    return one, two


def test_two_processes_are_one_room(sites: tuple[Site, Site], redis_server: Redis) -> None:
    one, two = sites
    line = RedisClient.from_url(redis_server.url).pubsub()
    line.subscribe(CHANNEL)
    assert line.get_message(timeout=5)["type"] == "subscribe"
    meeting = one.meeting()
    people = one.people
    sign_in, token = people.sign_in(people.li)

    async def scene() -> None:
        async with page(one, one.cookie(people.wang)) as wang, page(two, cookie_of(token)) as li:
            await wang.watch(meeting)
            await li.watch(meeting)
            await wang.until(lambda: wang.presence["people"] == 2)
            answers = await asyncio.gather(
                *(speaker.post(meeting, f"{name} {number}") for number in range(10)
                  for name, speaker in (("王", wang), ("李", li)))
            )  # fmt: skip
            last = max(answer["seq"] for answer in answers)
            for someone in (wang, li):
                await someone.until(lambda someone=someone: last in someone.entries)
                assert someone.order == list(range(1, last + 1))
            assert wang.texts == li.texts
            one.store.write(sign_ins.end, sign_in)
            await li.until(lambda: ("disconnect", None) in li.heard, seconds=2)

    asyncio.run(scene())
    rung = []
    while message := line.get_message(timeout=0.5):
        rung.append(message["data"])
    assert len({ring.split()[0] for ring in rung if b" log " in ring}) == 2
    line.close()


@pytest.mark.slow
def test_without_redis_nothing_is_lost_and_it_is_found_again(
    sites: tuple[Site, Site], redis_server: Redis
) -> None:
    one, two = sites
    meeting = one.meeting()

    async def scene() -> None:
        async with (
            page(one, one.cookie(one.people.wang)) as wang,
            page(two, one.cookie(one.people.li)) as li,
        ):
            await wang.watch(meeting)
            await li.watch(meeting)
            redis_server.stop()
            answer = await wang.post(meeting, "没有 Redis 也能发言")
            await li.until(lambda: answer["seq"] in li.entries)
            redis_server.start()
            for site in (one, two):
                await asyncio.to_thread(
                    until,
                    lambda site=site: site.server.log_text().count(LISTENING) == 2,
                    15,
                    "the line to Redis to be found again",
                )
            answer = await li.post(meeting, "又通了")
            await wang.until(lambda: answer["seq"] in wang.entries)

    asyncio.run(scene())
    for site in (one, two):
        assert "Traceback" not in site.server.log_text()
