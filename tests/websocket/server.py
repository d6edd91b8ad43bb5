"""A small Flask-SocketIO server on the driver: echoes, broadcasts, tells what it knows of its connections."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import resource
import time
from typing import Any

import gevent
from flask import Flask, Response, jsonify, request
from flask_socketio import SocketIO, emit
from gevent.pywsgi import WSGIServer

from consult.websocket import Connection, Handler, connection_of, install, text_frame

wanted = argparse.ArgumentParser()
wanted.add_argument("--port", type=int)
wanted.add_argument("--interval", type=float, default=25)
wanted.add_argument("--timeout", type=float, default=20)
wanted.add_argument("--join-within", type=float, default=10)
wanted.add_argument("--patience", type=float, default=10)
wanted.add_argument("--stock", action="store_true", help="as where the driver does not fit")
given = wanted.parse_args()

logging.basicConfig(level=logging.INFO)
app = Flask(__name__)
sio = SocketIO(
    app,
    async_mode="gevent",
    transports=["websocket"],
    async_handlers=False,
    cors_allowed_origins="*",
    ping_interval=given.interval,
    ping_timeout=given.timeout,
)
assert given.stock or install(sio.server, join_within=given.join_within)
people: dict[str, Connection] = {}
heard: list[Any] = []
ended: list[tuple[str, str, float | None]] = []


@app.get("/state")
def state() -> Response:
    return jsonify(
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        rss=int(open("/proc/self/statm").read().split()[1]) * 4096,
        files=len(os.listdir("/proc/self/fd")),
        greenlets=sum(isinstance(thing, gevent.Greenlet) and not thing.dead for thing in gc.get_objects()),
        sockets=len(sio.server.eio.sockets),
        environs=len(sio.server.environ),
        heard=heard,
        ended=ended,
        late=[name for name, connection in people.items() if connection.outbox.late],
        now=time.monotonic(),
    )


@app.post("/kick/<name>")
def kick(name: str) -> str:
    people[name].kick(4001)
    return ""


@app.post("/whisper/<name>")
def whisper(name: str) -> dict[str, int]:
    """Says what may not be dropped, in 6 KB pieces, until the connection ends or there were 1000."""
    connection = people[name]
    said = 0
    while said < 1000 and not connection.closing:
        connection.outbox.write(text_frame(f'42["whisper",{said},"{"w" * 6000}"]'))
        said += 1
    return {"said": said}


@sio.on("connect")
def connect(auth: Any = None) -> bool:
    if auth == {"refuse": "me"}:
        return False
    connection = connection_of(sio.server, eio_sid())
    if connection is not None:
        people[request.args.get("name", connection.sid)] = connection
        connection.outbox.on_caught_up = lambda: told(connection)
    return True


@sio.on("disconnect")
def disconnect(reason: str) -> None:
    connection = connection_of(sio.server, eio_sid())
    name = next((name for name, known in people.items() if known is connection), "?")
    people.pop(name, None)
    ended.append((name, reason, connection.last_received if connection else None))


@sio.on("echo")
def echo(data: Any) -> Any:
    heard.append(data)
    return data


@sio.on("hold")
def hold(seconds: float) -> str:
    heard.append(seconds)
    gevent.sleep(seconds)
    return "held"


@sio.on("fail")
def fail(_data: Any) -> None:
    raise RuntimeError("a fault of the application")


@sio.on("in order")
def in_order(count: int) -> str:
    """Packets of Socket.IO and frames written straight to the outbox, in turn."""
    connection = connection_of(sio.server, eio_sid())
    for number in range(0, count, 2):
        emit("said", number)
        connection.outbox.write(text_frame(f'42["said",{number + 1}]'), news=True)
    return "all said"


@sio.on("news")
def news(number: int, text: str) -> int:
    """One frame, straight to each outbox, as the live room does it."""
    frame = text_frame(f'42["news",{number},"{text}"]')
    for connection in list(people.values()):
        connection.outbox.write(frame, news=True)
    return number


def eio_sid() -> str:
    return sio.server.manager.eio_sid_from_sid(request.sid, "/")


def told(connection: Connection) -> None:
    connection.outbox.write(text_frame('42["catch up"]'))


Handler.patience = given.patience
server = WSGIServer(("127.0.0.1", given.port), app, handler_class=Handler, log=None)
server.start()
print("ready", flush=True)
server.serve_forever()
