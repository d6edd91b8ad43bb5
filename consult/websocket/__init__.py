"""The WebSocket driver of python-engineio under gevent's pywsgi. It knows nothing of Consult.

Of the drivers that python-engineio finds by itself, one ignores short sends and so corrupts the stream to a
slow reader, the other takes frames of any size and queues without bound. This one runs the sans-I/O protocol
of `websockets` over the socket, with one bounded outbox per connection and no greenlet for an idle one.

    install(sio)                        in place of the stock driver, if the libraries are the ones it knows
    Handler                             pywsgi's handler_class to serve with
    connection_of(sio, eio_sid)         its `.last_received`, `.outbox`, `.kick(code)`
    text_frame(text)                    a frame to be written to many: `.outbox.write(frame, news=True)`

TLS ends at the proxy in front: an encrypted socket can't be taken from pywsgi.
"""

from consult.websocket.connection import Connection
from consult.websocket.driver import JOIN_WITHIN, MAX_MESSAGE, Handler, connection_of, install
from consult.websocket.outbox import BOUND, Outbox, text_frame

__all__ = [
    "BOUND",
    "JOIN_WITHIN",
    "MAX_MESSAGE",
    "Connection",
    "Handler",
    "Outbox",
    "connection_of",
    "install",
    "text_frame",
]
