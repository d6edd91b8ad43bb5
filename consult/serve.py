"""Running processes: the web server with or without the clock inside, and the clock by itself."""

from __future__ import annotations

import gc
import logging
import os
import resource
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable

import gevent
from gevent.pywsgi import WSGIServer

from consult.app import create_server
from consult.config import BadSetting, Settings
from consult.core.hub import Offload
from consult.core.store import Store, open_store
from consult.core.web import Threaded
from consult.scheduler import Clock
from consult.websocket import Handler

BACKLOG = 4096
DRAIN = 5.0  # seconds that requests under way have when we are told to end
END = 8.0  # seconds after which we have ended when we were told to
WATCH = 5.0  # seconds between two looks at whether the clock still beats

log = logging.getLogger(__name__)


def process_name() -> str:
    """A name for this process that no other has, now or later."""
    return f"{socket.gethostname()[:16]}-{os.getpid()}-{secrets.token_hex(4)}"


def serve(settings: Settings, ready: Callable[[str], None] = lambda _: None, demo: bool = False) -> None:
    """Serves until SIGTERM or SIGINT. `ready` is told the address once connections are accepted."""
    _allow_many_files()
    store = open_store(settings.database_url, settings.zone)
    process = process_name()
    offload = Offload()
    site = create_server(settings, store, offload, process)
    site.app.extensions["consult.demo"] = demo
    listener = _listen(settings.host, settings.port)
    server = WSGIServer(
        listener, site.app, handler_class=Handler, log=None, error_log=logging.getLogger("http")
    )
    clock = Clock(store, settings, f"{process}-c") if settings.clock else None
    site.live.start()
    if clock is not None:
        offload.run(clock.start)
        gevent.spawn(_watch, clock)
    server.start()
    gc.collect()
    gc.freeze()
    ready(f"http://{settings.host}:{settings.port}")
    _wait_for_the_end()
    _end_at_the_latest()
    server.close()
    stopping = gevent.spawn(offload.run, clock.stop) if clock is not None else None
    site.live.stop()
    _let_finish(site.pages)
    if stopping is not None:
        stopping.join()
    store.close()


def run_clock(settings: Settings) -> None:
    """Runs a clock by itself until SIGTERM or SIGINT. Ends with an error when it no longer beats."""
    store: Store = open_store(settings.database_url, settings.zone)
    clock = Clock(store, settings, f"{process_name()}-c")
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    clock.start()
    log.info("the clock runs")
    while not told.wait(WATCH):
        if not clock.alive():
            _give_up()
    _end_at_the_latest()
    clock.stop()
    store.close()


def _watch(clock: Clock) -> None:
    while True:
        gevent.sleep(WATCH)
        if not clock.alive():
            _give_up()


def _give_up() -> None:
    # A scheduler that died can't be mended from here; whoever supervises this process starts a new one.
    log.critical("the clock no longer beats; ending so that it is started again")
    os._exit(70)


def _let_finish(pages: Threaded) -> None:
    """Waits until each request has its whole answer, at most DRAIN."""
    until = time.monotonic() + DRAIN
    while pages.under_way and time.monotonic() < until:
        gevent.sleep(0.02)


def _end_at_the_latest() -> None:
    """Whatever may still hold us up (a database that answers no more, say), END from now we are gone."""

    def end() -> None:
        log.critical("not everything could be finished in time")
        os._exit(70)

    overdue = threading.Timer(END, end)
    overdue.daemon = True
    overdue.start()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = gevent.socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise BadSetting(f"HOST={host} and PORT={port} can't be served on: {error.strerror}.") from None
    listener.listen(BACKLOG)
    return listener


def _wait_for_the_end() -> None:
    told = gevent.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, told.set)
    told.wait()


def _allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
