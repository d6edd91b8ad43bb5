"""Between the loop and the threads: neither holds the other up, and what is raised reaches who asked."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import pairwise

import gevent
import pytest

from consult.core.errors import Missing
from consult.core.hub import Offload

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who")


@pytest.fixture
def offload() -> Iterator[Offload]:
    """On a loop that has something else to do, as a server's always has."""
    other = gevent.spawn_later(60, print)
    yield Offload(threads=4)
    other.kill()


def test_loop_goes_on_while_a_thread_blocks(offload: Offload) -> None:
    beats: list[float] = []

    def beat() -> None:
        while True:
            beats.append(time.monotonic())
            gevent.sleep(0.01)

    beating = gevent.spawn(beat)
    offload.run(time.sleep, 0.3)
    beating.kill()
    gaps = [after - before for before, after in pairwise(beats)]
    assert len(beats) > 5
    assert max(gaps) < 0.25


def test_work_is_done_in_another_thread_with_the_callers_context(offload: Offload) -> None:
    WHO.set("wang")
    name, thread = offload.run(lambda: (WHO.get(), threading.get_ident()))
    assert name == "wang"
    assert thread != threading.get_ident()


def test_what_work_sets_stays_with_it(offload: Offload) -> None:
    WHO.set("wang")
    offload.run(WHO.set, "li")
    assert WHO.get() == "wang"


def test_refusal_reaches_who_asked_and_nobody_else(
    offload: Offload, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise Missing

    with pytest.raises(Missing):
        offload.run(refuse)
    gevent.sleep(0)
    assert capfd.readouterr().err == ""  # gevent prints what is raised in its threads


def test_more_work_than_threads_is_all_done(offload: Offload) -> None:
    asking = [gevent.spawn(offload.run, lambda n=n: time.sleep(0.02) or n) for n in range(20)]
    gevent.joinall(asking, timeout=10)
    assert [one.value for one in asking] == list(range(20))


def test_future_is_waited_for_on_the_loop(offload: Offload) -> None:
    future: Future[str] = Future()
    threading.Timer(0.05, future.set_result, ("done",)).start()
    beating = gevent.spawn(gevent.sleep, 0)
    assert offload.wait(future) == "done"
    assert beating.ready()
    assert offload.wait(future) == "done"  # also one that is done already


def test_failed_future_raises(offload: Offload) -> None:
    future: Future[None] = Future()
    threading.Timer(0.05, future.set_exception, (Missing(),)).start()
    with pytest.raises(Missing):
        offload.wait(future)


def test_waiting_ends_in_time(offload: Offload) -> None:
    with pytest.raises(gevent.Timeout):
        offload.wait(Future(), timeout=0.05)


def test_threads_can_have_the_loop_call(offload: Offload) -> None:
    called = gevent.event.Event()
    threading.Thread(target=offload.call_soon, args=(called.set,)).start()
    assert called.wait(5)


def test_work_that_asks_for_more_does_not_wait_for_itself(offload: Offload) -> None:
    def twice() -> int:
        return offload.run(lambda: 1) + 1

    asking = [gevent.spawn(offload.run, twice) for _ in range(8)]
    gevent.joinall(asking, timeout=10)
    assert [one.value for one in asking] == [2] * 8
