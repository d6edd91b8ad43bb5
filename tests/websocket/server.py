"""A small Flask-SocketIO server on the driver: echoes, broadcasts, tells what it knows of a connection."""

from __future__ import annotations

import resource
import sys
import time

from flask import Flask, jsonify, request
from flask_socketio import SocketIO
from gevent.pywsgi import WSGIServer

from consult.websocket import Handler, connection_of, install, text_frame

app = Flask(__name__)
sio = SocketIO(app, async_mode="gevent", cors_allowed_origins="*", transports=["websocket"],
               ping_interval=float(sys.argv[2]), ping_timeout=float(sys.argv[3]))  # fmt: skip
assert install(sio.server)
people: dict[str, str] = {}  # name -> eio_sid
ended: dict[str, tuple[str, float]] = {}


@app.get("/state")
def state():
    return jsonify(
        rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        sockets=len(sio.server.eio.sockets),
        ended=ended,
        now=time.monotonic(),
    )


@sio.on("connect")
def connect():
    eio_sid = sio.server.manager.eio_sid_from_sid(request.sid, "/")
    name = request.args.get("name", eio_sid)
    people[name] = eio_sid
    connection = connection_of(sio.server, eio_sid)

    def caught_up():
        connection.outbox.write(text_frame('42["catch_up"]'))

    connection.outbox.on_caught_up = caught_up


@sio.on("disconnect")
def disconnect(reason):
    eio_sid = sio.server.manager.eio_sid_from_sid(request.sid, "/") or ""
    connection = connection_of(sio.server, eio_sid)
    name = next((name for name, known in people.items() if known == eio_sid), "?")
    ended[name] = (reason, connection.last_received if connection else 0)


@sio.on("echo")
def echo(data):
    return data


@sio.on("news")
def news(data):
    """Straight to each outbox, as the live room does it."""
    frame = text_frame(f'42["news",{{"n":{data["n"]},"text":"{data["text"]}"}}]')
    for eio_sid in list(sio.server.eio.sockets):
        connection = connection_of(sio.server, eio_sid)
        if connection is not None:
            connection.outbox.write(frame, news=True)
    return data["n"]


server = WSGIServer(("127.0.0.1", int(sys.argv[1])), app, handler_class=Handler, log=None)
server.start()
print("ready", flush=True)
server.serve_forever()
