"""A WebSocket driver for python-engineio under gevent's pywsgi. Knows nothing of Consult.

Neither driver that python-engineio finds by itself will do: simple-websocket ignores short sends, so that a
slow reader's stream is corrupted, and gevent-websocket has no small frame limit and queues without bound.
This one runs the `websockets` package's sans-I/O protocol over the socket, with one bounded outbox for each
connection through which everything goes.

    install(sio_server)             plugs the driver in; False (and a warning) where the libraries don't fit
    Handler                         pywsgi's handler_class, which lets the driver have the socket
    connection_of(sio_server, sid)  the Connection of an Engine.IO session
    text_frame(text)                a frame that any number of outboxes may be given
"""

from consult.websocket.driver import Connection, Handler, connection_of, install
from consult.websocket.outbox import Outbox, text_frame

__all__ = ["Connection", "Handler", "Outbox", "connection_of", "install", "text_frame"]
