"""Socket.IO connections: who may connect, what each event does, what happens when one ends.

A connection is who its cookie says at the handshake; what he may do is asked anew at each event, inside the
verb. Events of one connection are taken one after the other, in the greenlet that reads it; whatever touches
the database is waited for there without holding up anybody else.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import gevent
from flask import Flask
from flask_babel import force_locale, get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from socketio import Server
from socketio.exceptions import ConnectionRefusedError

from consult.attendance import ledger
from consult.attendance.intervals import Channel, Ended
from consult.checkins import prompts
from consult.config import Settings
from consult.core import clock
from consult.core.errors import Busy, Missing, NotAllowed, Refusal, SignInRequired, TooFast
from consult.core.hub import Offload
from consult.core.limits import Limiter
from consult.core.store import Store, Work
from consult.core.web import as_error
from consult.discussion import actions
from consult.live import bells, feed, wire
from consult.live.line import Line
from consult.live.rooms import Room, Rooms
from consult.live.wire import Sent
from consult.meetings.lifecycle import Act, State, allows
from consult.members.access import Actor
from consult.members.current import SignedIn
from consult.websocket import connection_of

P = ParamSpec("P")
T = TypeVar("T")
Answer = dict[str, Any]

NAMESPACE = "/"
CONNECT, DISCONNECT, EVENT = "0", "1", "2"
REFUSED_LINGER = 1.0  # seconds a refused connection has to read why
POLICY, RESTART = 1008, 1012  # WebSocket close codes
RETRY_SPREAD_MS = 5000  # over how long those whom we send away come back
JOIN_AT_ONCE = 100

_TOO_MANY = _l("This account has too many pages open. Please close some of them.")

logger = logging.getLogger(__name__)


class Sockets:
    """All live connections of this process."""

    def __init__(
        self,
        app: Flask,
        store: Store,
        settings: Settings,
        offload: Offload,
        server: Server,
        process: str,
        comments: Limiter,
    ) -> None:
        self.lines: dict[str, Line] = {}
        self.rooms = Rooms(store, offload, self._moved)
        self._app, self._store, self._settings, self._offload = app, store, settings, offload
        self._server, self._process, self._comments = server, process, comments
        self._people: Counter[int] = Counter()
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        server.eio.on("message", self._receive)

    def close_sign_ins(self, sign_in_ids: Collection[int]) -> None:
        """Whoever has been signed out hears nothing more, at once."""
        for eio_sid, line in list(self.lines.items()):
            if line.sign_in_id in sign_in_ids:
                line.send(Sent("41"))
                self._end(eio_sid, line, POLICY)

    def close_all(self) -> None:
        """Sends everybody away, to come back at different times. Their presences are left to the caller."""
        for number, (eio_sid, line) in enumerate(list(self.lines.items())):
            retry = 500 + number * RETRY_SPREAD_MS // len(self.lines)
            line.presence_id = None
            line.send(Sent(wire.told(wire.BYE, {"retry_ms": retry})))
            self._end(eio_sid, line, RESTART)

    def presence_ids(self) -> list[int]:
        """The presences that connections of this process hold open."""
        return [line.presence_id for line in self.lines.values() if line.presence_id is not None]

    def _connect(self, sid: str, environ: dict[str, Any], _auth: object = None) -> bool:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        found, language = self._offload.run(self._who, environ)
        try:
            if found is None:
                raise SignInRequired
            if self._people[found.actor.person_id] >= self._settings.connections_per_person:
                raise TooFast(_TOO_MANY)
        except Refusal as refusal:
            error = self._worded(refusal, language)["error"]
            raise ConnectionRefusedError(error["message"], error) from None
        connection = connection_of(self._server, eio_sid)
        if connection is not None and connection.outbox.closed:
            return False
        line = Line(
            connection,
            lambda text: self._server.eio.send(eio_sid, text[1:]),
            found.actor.person_id,
            found.sign_in_id,
            language,
            self._settings.events_per_second,
        )
        line.tell_when_caught_up()
        self.lines[eio_sid] = line
        self._people[line.person_id] += 1
        return True

    def _who(self, environ: dict[str, Any]) -> tuple[SignedIn | None, str]:
        with self._app.request_context(environ):
            found = current_user._get_current_object() if current_user.is_authenticated else None
            return found, str(get_locale())

    def _disconnect(self, sid: str, reason: str) -> None:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        line = self.lines.pop(eio_sid, None)
        if line is None:
            return
        self._people[line.person_id] -= 1
        if not self._people[line.person_id]:
            del self._people[line.person_id]
        line.closed = True
        self.rooms.discard(line)
        silent = reason in (self._server.reason.PING_TIMEOUT, self._server.reason.TRANSPORT_ERROR)
        since = time.monotonic() - line.connection.last_received if line.connection and silent else 0.0
        self._leave(line, Ended.SILENT if silent else Ended.LEFT, since)

    def _end(self, eio_sid: str, line: Line, code: int) -> None:
        line.closed = True
        self.rooms.discard(line)
        if line.connection is not None:
            line.connection.kick(code)
        else:
            gevent.spawn(self._server.eio.disconnect, eio_sid)

    def _receive(self, eio_sid: str, packet: object) -> None:
        """One packet. What is no Socket.IO, or comes before its time, ends the connection."""
        line = self.lines.get(eio_sid)
        kind = packet[:1] if isinstance(packet, str) else ""
        if kind == CONNECT or (kind == DISCONNECT and line is not None):
            try:
                self._server._handle_eio_message(eio_sid, packet)
            except ValueError:
                self._kick(eio_sid)
            if eio_sid not in self.lines:
                gevent.spawn_later(REFUSED_LINGER, self._kick, eio_sid)
        elif line is None or kind != EVENT:
            self._kick(eio_sid)
        else:
            self._event(eio_sid, line, str(packet))

    def _kick(self, eio_sid: str) -> None:
        connection = connection_of(self._server, eio_sid)
        if connection is not None:
            connection.kick(POLICY)
        else:
            self._server.eio.disconnect(eio_sid)

    def _event(self, eio_sid: str, line: Line, packet: str) -> None:
        if line.closed:
            return
        try:
            number, name, given = wire.event(packet)
        except ValueError:
            self._kick(eio_sid)
            return
        try:
            wait = line.may_speak()
            if wait:
                raise TooFast(retry_after=round(wait, 2))
            answer = HANDLERS.get(name, _unknown)(self, line, wire.checked(name, given))
        except Refusal as refusal:
            answer = self._worded(refusal, line.language)
        except Exception:
            logger.exception("fault in %s", name if name in HANDLERS else "an unknown event")
            answer = self._worded(Busy(), line.language)
        if line.impatient:
            self._kick(eio_sid)
        elif number and answer is not None:
            line.send(Sent(wire.acknowledgement(number, answer)))

    def _worded(self, refusal: Refusal, language: str) -> Answer:
        """A refusal as an answer, in the member's language."""

        def word() -> Answer:
            with self._app.app_context(), force_locale(language):
                return {"ok": False, "error": as_error(refusal)}

        return self._offload.run(word)

    # What the events do.

    def _watch(self, line: Line, asked: wire.Watch) -> Answer | None:
        if line.meeting_id != asked.meeting:
            self._let_go(line)
        line.hidden = asked.hidden
        if line.hidden:
            self._leave(line, Ended.HIDDEN)
        try:
            me = self._enter(line, asked.meeting)
        except (SignInRequired, Missing, NotAllowed):
            self._let_go(line)
            raise
        while True:
            opening = self.rooms.opening(asked.meeting, asked.after)
            if line.closed:
                return None
            if not opening.whole:
                self.rooms.discard(line)  # until he has asked for the rest
                break
            if self.rooms.add(line, asked.meeting, opening.seq):
                break
        if allows(State(opening.message["state"]), Act.BE_COUNTED):
            self._join(line)  # should it have begun to count since he entered
        return {**opening.message, "now": clock.iso(clock.now()), "me": me}

    def _enter(self, line: Line, meeting_id: int) -> Answer:
        """Asks whether he may, and has him counted if he is in sight and is not yet; returns `me`."""
        line.joining = True
        try:
            count = line.presence_id is None and not line.hidden
            entered = self._write(feed.enter, line.sign_in_id, meeting_id, self._process, count=count)
        finally:
            line.joining = False
        line.meeting_id = meeting_id
        if entered.presence_id is not None:
            line.presence_id = entered.presence_id
            if line.closed:
                self._leave(line, Ended.LEFT)
        return entered.me

    def _post(self, line: Line, said: wire.Post) -> Answer:
        self._comments.take(line.person_id)
        posted = self._act(line, actions.post, said.meeting, said.key, said.text, said.typed_at)
        return {"ok": True, "seq": posted.seq, "id": posted.id}

    def _hide(self, line: Line, asked: wire.Hide) -> Answer:
        return {"ok": True, "seq": self._act(line, actions.hide, asked.meeting, asked.seq, asked.reason)}

    def _hidden(self, line: Line, asked: wire.Message) -> Answer:
        if line.meeting_id == asked.meeting and not line.hidden:
            line.hidden = True
            self._leave(line, Ended.HIDDEN)
        return {"ok": True}

    def _visible(self, line: Line, asked: wire.Message) -> Answer:
        if line.meeting_id == asked.meeting:
            line.hidden = False
            self._join(line)
            self._act(line, ledger.returned, asked.meeting, line.sign_in_id)
        return {"ok": True}

    def _video(self, line: Line, asked: wire.Message) -> Answer:
        presence_id = self._act(line, ledger.here, asked.meeting, Channel.VIDEO, line.sign_in_id)
        return {"ok": True, "counted": presence_id is not None}

    def _answer(self, line: Line, said: wire.Answer) -> Answer:
        self._act(line, prompts.answer, said.meeting, said.prompt)
        return {"ok": True}

    def _watch_notices(self, line: Line, _asked: wire.Said) -> Answer:
        line.unread = self._offload.run(bells.unread_at, self._store, line.sign_in_id)
        return {"ok": True, "unread": line.unread}

    def _write(self, verb: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        future: Future[T] = self._store.submit(verb, *args, **kwargs)
        return self._offload.wait(future)

    def _act(
        self, line: Line, verb: Callable[Concatenate[Work, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Has the person of this line do it, with his powers as they are when it is done."""

        def as_himself(work: Work) -> T:
            return verb(work, feed.actor_at(work, line.sign_in_id), *args, **kwargs)

        return self._write(as_himself)

    # Presence.

    def _join(self, line: Line) -> None:
        """Has the line counted, if it watches, is in sight, and is not counted yet."""
        busy = line.joining or line.presence_id is not None
        if line.meeting_id is not None and not (busy or line.hidden or line.closed):
            self._enter(line, line.meeting_id)

    def _leave(self, line: Line, ended: Ended, seconds_ago: float = 0.0) -> None:
        presence_id, line.presence_id = line.presence_id, None
        if presence_id is not None:
            at = clock.now() - timedelta(seconds=seconds_ago)
            gevent.spawn(self._until_written, ledger.leave, presence_id, at, ended)

    def _let_go(self, line: Line) -> None:
        """He watches nothing any more."""
        self.rooms.discard(line)
        line.meeting_id = None
        self._leave(line, Ended.LEFT)

    def _until_written(self, verb: Callable[..., None], *args: object) -> None:
        """What must not be lost while the database can't be reached for a moment."""
        while True:
            try:
                self._write(verb, *args)
            except Busy:
                gevent.sleep(1)
            else:
                return

    def _moved(self, room: Room, states: Sequence[State]) -> None:
        """The meeting has gone through these states: from now on its viewers count, or don't."""
        counts = allows(states[-1], Act.BE_COUNTED)
        if not all(allows(state, Act.BE_COUNTED) for state in states):
            for line in room.viewers:
                if counts:  # closed and reopened at once: nobody can tell whether a sweep came between
                    self._leave(line, Ended.CLOSED)
                line.presence_id = None  # ended with the meeting, by the sweep
        if counts:
            gevent.spawn(self._join_all, list(room.viewers))

    def _join_all(self, lines: list[Line]) -> None:
        for start in range(0, len(lines), JOIN_AT_ONCE):
            gevent.joinall([gevent.spawn(self._join, line) for line in lines[start : start + JOIN_AT_ONCE]])


def _unknown(_sockets: Sockets, _line: Line, _message: object) -> Answer:
    raise wire.UnknownEvent


def _moderate(verb: Callable[[Work, Actor, int, int], int]) -> Callable[[Sockets, Line, wire.About], Answer]:
    def handler(sockets: Sockets, line: Line, asked: wire.About) -> Answer:
        return {"ok": True, "seq": sockets._act(line, verb, asked.meeting, asked.seq)}

    return handler


HANDLERS: dict[str, Callable[[Sockets, Line, Any], Answer | None]] = {
    "meeting:watch": Sockets._watch,
    "comment:post": Sockets._post,
    "comment:hide": Sockets._hide,
    "comment:show": _moderate(actions.show),
    "comment:pin": _moderate(actions.pin),
    "comment:unpin": _moderate(actions.unpin),
    "presence:hidden": Sockets._hidden,
    "presence:visible": Sockets._visible,
    "video:open": Sockets._video,
    "presence:here": Sockets._video,
    "presence:answer": Sockets._answer,
    "notices:watch": Sockets._watch_notices,
}
