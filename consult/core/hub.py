"""Between the event loop (gevent's hub, where the sockets are) and native threads (where work may block).

Nothing is monkey-patched: a thread is a thread, a lock is a lock. The hub only moves bytes; whatever may
block (database, password hashing, Redis, spreadsheets) is handed to a thread and waited for cooperatively.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

import gevent
from gevent.event import AsyncResult
from gevent.hub import Hub
from gevent.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 16


class Offload:
    """The pool of native threads behind one event loop. Made in the thread that runs the loop."""

    def __init__(self, threads: int = THREADS) -> None:
        self._hub: Hub = gevent.get_hub()
        self._pool = ThreadPool(threads, hub=self._hub)

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does the work in a thread, with the caller's context variables; raises what it raises."""
        outcome: Future[T] = Future()  # for gevent would print what is raised in its thread
        self._pool.apply(contextvars.copy_context().run, (_fulfil, outcome, work, args, kwargs))
        return outcome.result()

    def wait(self, future: Future[T], timeout: float | None = None) -> T:
        """The result, waited for on the loop. Raises gevent.Timeout after `timeout` seconds."""
        arrived: AsyncResult[None] = AsyncResult()
        future.add_done_callback(lambda _: self.call_soon(arrived.set))
        arrived.get(timeout=timeout)
        return future.result()

    def call_soon(self, call: Callable[..., Any], *args: Any) -> None:
        """Has the loop call it soon; may be said in any thread. The call must not block."""
        self._hub.loop.run_callback_threadsafe(call, *args)


def _fulfil(outcome: Future[T], work: Callable[..., T], args: Any, kwargs: Any) -> None:
    try:
        outcome.set_result(work(*args, **kwargs))
    except BaseException as error:
        outcome.set_exception(error)
