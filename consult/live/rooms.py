"""Rooms: each watched meeting's log, read once for all its viewers in this process, and sent to each.

All of this runs on the event loop; what reads the database is handed to threads.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gevent
import msgspec
from gevent.event import Event
from gevent.lock import RLock

from consult.attendance.present import Group, PresentNow, present_now
from consult.checkins import prompts
from consult.core.errors import Refusal
from consult.core.hub import Offload
from consult.core.store import Store
from consult.live import feed, wire
from consult.live.line import Line
from consult.live.wire import Sent
from consult.meetings import log
from consult.meetings.lifecycle import State
from consult.meetings.models import Kind, Meeting

TICK = 0.08  # seconds between two frames, at least; the first news after quiet goes at once
LOOK = 1.0  # seconds after which a room looks by itself, should a ring have been lost
PRESENCE = 1.0  # seconds between two tellings of who is present, at least
PRESENCE_LOOK = 5.0  # seconds after which presence is counted anew though nobody rang
FEW_GROUPS = 20  # units or sectors up to which all are told each time; more, only each PRESENCE_LOOK
SHARED = 1.0  # seconds for which one reading of the newest entries does for all who come
AT_ONCE = 500  # viewers written to before others have their turn

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """What a look found: entries in order; who is present and what is asked now, if that was wanted."""

    entries: list[dict[str, Any]]
    full: bool
    present: PresentNow | None
    asked: dict[str, Any] | None


class Room:
    """One meeting's viewers in this process, and the number up to which they have its log."""

    def __init__(
        self,
        meeting_id: int,
        seq: int,
        look: Callable[[int, int, bool], News],
        moved: Callable[[Room, list[State]], None],
    ) -> None:
        self.meeting_id, self.seq = meeting_id, seq
        self.viewers: set[Line] = set()
        self.present: PresentNow | None = None
        self._look, self._moved = look, moved
        self._bell = Event()
        self._count_anew = True
        self._counted_at = self._told_groups_at = 0.0
        self._told: dict[str, Any] = {}
        self._told_groups: tuple[Group, ...] = ()
        self._asked: dict[str, Any] = {}

    def ring(self, *, presence: bool = False) -> None:
        """There is something new in the log, or in who is present."""
        self._count_anew = self._count_anew or presence
        self._bell.set()

    def run(self) -> None:
        """Sends what is new for as long as anybody watches."""
        while self.viewers:
            self._bell.wait(LOOK)
            self._bell.clear()
            began = time.monotonic()
            try:
                full = self._turn(began)
            except Refusal as refusal:
                logger.warning("room %d can't read the log: %s", self.meeting_id, refusal.code)
                full = False
            except Exception:
                logger.exception("room %d", self.meeting_id)
                full = False
            if full:
                self._bell.set()
            gevent.sleep(0 if full else max(0.0, began + TICK - time.monotonic()))

    def _turn(self, now: float) -> bool:
        since = now - self._counted_at
        count = since >= PRESENCE_LOOK or (self._count_anew and since >= PRESENCE)
        if count:
            self._counted_at, self._count_anew = now, False
        news = self._look(self.meeting_id, self.seq, count)
        presence = self._changed(news.present, now)
        if news.asked and news.asked != self._asked:
            self._asked = news.asked
            self._tell(wire.told(wire.ASKED, {"meeting": self.meeting_id, **news.asked}))
        if news.entries:
            message = {
                "meeting": self.meeting_id,
                "first": news.entries[0]["seq"],
                "last": news.entries[-1]["seq"],
                "entries": news.entries,
            }
            self.seq = message["last"]
            self._tell(wire.told(wire.ENTRIES, {**message, "presence": presence} if presence else message))
            states = [State(entry["state"]) for entry in news.entries if entry["kind"] == Kind.STATE]
            if states:
                self._moved(self, states)
        elif presence:
            self._tell(wire.told(wire.PRESENCE, {"meeting": self.meeting_id, **presence}))
        return news.full

    def _changed(self, present: PresentNow | None, now: float) -> dict[str, Any] | None:
        """Who is present, if it is not what was told before. Many groups go along only now and then."""
        if present is None:
            return None
        self.present = present
        numbers = wire.presence(present, groups=False)
        due = len(present.groups) <= FEW_GROUPS or now - self._told_groups_at >= PRESENCE_LOOK
        groups = due and present.groups != self._told_groups
        if numbers == self._told and not groups:
            return None
        self._told = numbers
        if groups:
            self._told_groups, self._told_groups_at = present.groups, now
        return wire.presence(present, groups=groups)

    def _tell(self, text: str) -> None:
        sent = Sent(text)
        for number, line in enumerate(list(self.viewers), 1):
            if line in self.viewers:  # others had their turn in between
                line.send(sent, news=True)
            if number % AT_ONCE == 0:
                gevent.sleep(0)


class Rooms:
    """The rooms that somebody watches, by meeting."""

    def __init__(self, store: Store, offload: Offload, moved: Callable[[Room, list[State]], None]) -> None:
        self._store, self._offload, self._moved = store, offload, moved
        self._rooms: dict[int, Room] = {}
        self._newest: dict[int, tuple[float, feed.Opening]] = {}
        self._reading: dict[int, RLock] = {}

    def ring(self, meeting_id: int, *, presence: bool = False) -> None:
        """Wakes the meeting's room, if there is one."""
        room = self._rooms.get(meeting_id)
        if room is not None:
            room.ring(presence=presence)

    def add(self, line: Line, meeting_id: int, seq: int) -> bool:
        """Lets the line have everything after that number. False when the room is already further: then the
        line must read on first."""
        room = self._rooms.get(meeting_id)
        if room is None:
            room = self._rooms[meeting_id] = Room(meeting_id, seq, self._look, self._moved)
            gevent.spawn(self._keep, room)
        elif seq < room.seq:
            return False
        room.viewers.add(line)
        return True

    def opening(self, meeting_id: int, after: int | None) -> feed.Opening:
        """What the meeting's room looks like. Many who come at once without an `after` share one reading."""
        room = self._rooms.get(meeting_id)
        present = room.present if room is not None else None
        if after is not None:
            return self._offload.run(_open, self._store, meeting_id, after, present)
        with self._reading.setdefault(meeting_id, RLock()):
            read_at, newest = self._newest.get(meeting_id, (0.0, None))
            if newest is None or time.monotonic() - read_at > SHARED or (room and newest.seq < room.seq):
                newest = self._offload.run(_open, self._store, meeting_id, None, present)
                newest.message["entries"] = msgspec.Raw(msgspec.json.encode(newest.message["entries"]))
                self._newest[meeting_id] = (time.monotonic(), newest)
        return newest

    def discard(self, line: Line) -> None:
        """Lets the line have nothing more."""
        room = self._rooms.get(line.meeting_id or 0)
        if room is not None:
            room.viewers.discard(line)

    def lines(self) -> Iterator[Line]:
        """All that watch something."""
        for room in list(self._rooms.values()):
            yield from list(room.viewers)

    def _keep(self, room: Room) -> None:
        room.run()
        if self._rooms.get(room.meeting_id) is room:
            del self._rooms[room.meeting_id]
            self._newest.pop(room.meeting_id, None)
            self._reading.pop(room.meeting_id, None)

    def _look(self, meeting_id: int, seq: int, count: bool) -> News:
        return self._offload.run(_look, self._store, meeting_id, seq, count)


def _look(store: Store, meeting_id: int, seq: int, count: bool) -> News:
    with store.read() as work:
        said = log.after(work, meeting_id, seq)
        meeting = work.db.get_one(Meeting, meeting_id) if count else None
        return News(
            feed.entries(work, said),
            len(said) >= log.PAGE,
            present_now(work, meeting) if meeting else None,
            wire.asked(prompts.current(work, meeting_id)) if count else None,
        )


def _open(store: Store, meeting_id: int, after: int | None, present: PresentNow | None) -> feed.Opening:
    with store.read() as work:
        return feed.opening(work, meeting_id, after, present=present)
