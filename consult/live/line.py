"""One live connection, as the rooms know it."""

from __future__ import annotations

from collections.abc import Callable

from consult.core.limits import Bucket
from consult.live import wire
from consult.live.wire import Sent
from consult.websocket import Connection

BURST_SECONDS = 2  # how many seconds' worth of events a connection may send at once
PATIENCE = 200  # refused events in a row after which a connection is closed


class Line:
    """Someone's page: who he is, which meeting he watches, the presence that is counted for it, whether it
    shows how many notices he has not read.

    `connection` is None on a stock driver; then `send_text` is the way out.
    """

    __slots__ = (
        "_bucket",
        "_refused",
        "closed",
        "connection",
        "hidden",
        "joining",
        "language",
        "meeting_id",
        "person_id",
        "presence_id",
        "send_text",
        "sign_in_id",
        "unread",
    )

    def __init__(
        self,
        connection: Connection | None,
        send_text: Callable[[str], None],
        person_id: int,
        sign_in_id: int,
        language: str,
        events_per_second: int,
    ) -> None:
        self.connection, self.send_text = connection, send_text
        self.person_id, self.sign_in_id, self.language = person_id, sign_in_id, language
        self.meeting_id: int | None = None
        self.presence_id: int | None = None
        self.unread: int | None = None  # as the page was last told; None: it does not watch its notices
        self.hidden = self.joining = self.closed = False
        self._bucket = Bucket(BURST_SECONDS * events_per_second, events_per_second)
        self._refused = 0

    def send(self, sent: Sent, *, news: bool = False) -> None:
        """Sends a message; `news` may be dropped when the reader is slow, who is then told to catch up."""
        if self.connection is not None:
            self.connection.outbox.write(sent.frame, news=news)
        else:
            self.send_text(sent.text)

    def tell_when_caught_up(self) -> None:
        """Has the reader told to catch up once he has read what he was owed, if news was dropped."""
        if self.connection is not None:
            self.connection.outbox.on_caught_up = self._catch_up

    def may_speak(self) -> float:
        """0.0 when an event may be taken, else the seconds to wait."""
        wait = self._bucket.take()
        self._refused = self._refused + 1 if wait else 0
        return wait

    @property
    def impatient(self) -> bool:
        """Whether it goes on and on though it is refused."""
        return self._refused > PATIENCE

    def _catch_up(self) -> None:
        if self.meeting_id is not None:
            self.send(Sent(wire.told(wire.CATCH_UP, {"meeting": self.meeting_id})))
