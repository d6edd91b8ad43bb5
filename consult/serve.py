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
from collections.abc import Callable

import gevent
from gevent.pywsgi import WSGIServer

from consult.app import create_server
from consult.config import Settings
from consult.core.hub import Offload
from consult.core.store import Store, open_store
from consult.scheduler import Clock
from consult.websocket import Handler

BACKLOG = 4096
DRAIN = 5.0  # seconds that requests under way have when we are told to end
WATCH = 5.0  # seconds between two looks at whether the clock still beats

log = logging.getLogger(__name__)


def process_name() -> str:
    """A name for this process that no other has, now or later."""
    return f"{socket.gethostname()[:16]}-{os.getpid()}-{secrets.token_hex(4)}"


def serve(settings: Settings, ready: Callable[[str], None] = lambda _: None, demo: bool = False) -> None:
    """Serves until SIGTERM or SIGINT. `ready` is told the address once connections are accepted."""
    _allow_many_files()
    store = open_store(settings.database_url)
    process = process_name()
    offload = Offload()
    app, live = create_server(settings, store, offload, process)
    app.extensions["consult.demo"] = demo
    listener = _listen(settings.host, settings.port)
    server = WSGIServer(listener, app, handler_class=Handler, log=None, error_log=logging.getLogger("http"))
    clock = Clock(store, f"{process}-c") if settings.clock else None
    live.start()
    if clock is not None:
        offload.run(clock.start)
        gevent.spawn(_watch, clock)
    server.start()
    gc.collect()
    gc.freeze()
    ready(f"http://{settings.host}:{settings.port}")
    _wait_for_the_end()
    server.stop_accepting()
    live.stop()
    server.stop(timeout=DRAIN)
    if clock is not None:
        offload.run(clock.stop)
    store.close()


def run_clock(settings: Settings) -> None:
    """Runs a clock by itself until SIGTERM or SIGINT. Ends with an error when it no longer beats."""
    store: Store = open_store(settings.database_url)
    clock = Clock(store, f"{process_name()}-c")
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    clock.start()
    log.info("the clock runs")
    while not told.wait(WATCH):
        if not clock.alive():
            _give_up()
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


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = gevent.socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
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
