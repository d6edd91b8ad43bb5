"""The sender: takes what is due in hand, sends it, then writes down what became of it.

Sending happens outside of any transaction, so a sender that dies between sending and writing leaves the
delivery in hand; when its time is over another sends it again, with the same id, by which whoever gets it
twice can tell. Nobody is missed, and what is void by then is not sent.

A letter that fails by itself is tried again after longer and longer waits (retry.py). When a whole channel
is down, nobody's tries are counted: it is left alone for a while, then one letter asks whether it is back.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

from consult.config import Settings
from consult.core.i18n import in_language
from consult.core.store import Store
from consult.members import sign_in_links
from consult.members.sign_in_links import Carried
from consult.notices import kinds, letters, queue
from consult.notices.carrying import Away, Carrier, Later, Reason, Refused, Undelivered
from consult.notices.email import MailCarrier
from consult.notices.letters import Parcel
from consult.notices.outgoing import reach_of
from consult.notices.robots import RobotCarrier
from consult.notices.sms import SmsCarrier

BATCH = 25  # letters in hand at a time
HOLD = timedelta(seconds=90)  # how long they may be in hand before another sender takes them over
LAST_START = 30.0  # seconds of HOLD after which no other letter of the batch is begun

log = logging.getLogger(__name__)

Choose = Callable[[Parcel], Carrier | None]
Stopping = Callable[[], bool]


def send_mails(store: Store, settings: Settings, process: str, stopping: Stopping) -> int:
    """Sends the mails that are due."""
    carrier = MailCarrier(settings) if settings.smtp_url else None
    try:
        return send(store, settings, process, stopping, kinds.EMAIL, lambda _parcel: carrier)
    finally:
        if carrier is not None:
            carrier.close()


def send_texts(store: Store, settings: Settings, process: str, stopping: Stopping) -> int:
    """Sends the text messages that are due."""
    carrier = SmsCarrier(settings) if settings.sms_url else None
    return send(store, settings, process, stopping, kinds.SMS, lambda _parcel: carrier)


def send_to_groups(store: Store, settings: Settings, process: str, stopping: Stopping) -> int:
    """Sends what is due to groups' robots."""
    reach = reach_of(settings)

    def choose(parcel: Parcel) -> Carrier | None:
        return RobotCarrier(parcel.robot, reach) if parcel.robot else None

    return send(store, settings, process, stopping, kinds.ROBOT, choose)


def send(
    store: Store, settings: Settings, process: str, stopping: Stopping, channel: str, choose: Choose
) -> int:
    """Sends what is due on that channel until there is no more, it is down, or we are to stop. Returns how
    many were sent."""
    sent = 0
    with store.read() as work:
        if not queue.something_waits(work, channel):
            return 0
    while not stopping():
        batch = _Batch(store, settings, process, channel, choose)
        taken = batch.send(stopping)
        sent += batch.sent
        if not taken:
            break
    if sent:
        log.info("%s: %d sent", channel, sent)
    return sent


class _Batch:
    """Some deliveries in hand."""

    def __init__(self, store: Store, settings: Settings, holder: str, channel: str, choose: Choose) -> None:
        self._store = store
        self._settings = settings
        self._holder = holder
        self._channel = channel
        self._choose = choose
        self._written: list[Future[None]] = []
        self._reached = False  # the other side, whatever it said
        self.sent = 0

    def send(self, stopping: Stopping) -> bool:
        """Takes some in hand and sends them. Returns whether there may be more to do."""
        begun = time.monotonic()
        ids = self._store.write(queue.take, self._channel, self._holder, BATCH, HOLD)
        with self._store.read() as work:
            parcels = letters.packed(work, ids)
            now = work.now
        links = {one.delivery.id: self._link(one, now) for one in parcels}
        wanted = [link for link in links.values() if link is not None]
        good = self._store.write(sign_in_links.issue, wanted) if wanted else set()
        try:
            for parcel in parcels:
                if stopping() or time.monotonic() - begun > LAST_START:
                    break
                self._one(parcel, links[parcel.delivery.id], good)
        except Away as failure:
            log.warning("%s is down: %s", self._channel, failure.reason)
            self._store.write(queue.down, self._channel, failure, _chance())
            return False
        finally:
            for one in self._written:
                one.result()
            self._store.write(queue.put_back, ids, self._holder)
        if self._reached:
            self._store.write(queue.up, self._channel)
        return bool(ids)

    def _link(self, parcel: Parcel, now: datetime) -> Carried | None:
        try:
            return letters.link_of(parcel, self._settings, now)
        except (LookupError, ValueError):  # then its letter can't be written either, and says so
            return None

    def _one(self, parcel: Parcel, link: Carried | None, good: set[str]) -> None:
        id = parcel.delivery.id
        with self._store.read() as work:
            fate = queue.still_wanted(work, id, self._holder)
            now = work.now
        if fate is not queue.Fate.WANTED:
            if fate is queue.Fate.VOID:
                self._store.write(queue.void, id, self._holder)
            return
        carrier = self._choose(parcel)
        if carrier is None:
            self._store.write(queue.skip, id, self._holder, Reason.NOT_SET_UP)
            return
        try:
            self._carry(carrier, parcel, link, good, now)
        except (Refused, Later) as failure:
            self._reached |= failure.reason not in (Reason.BROKEN, Reason.CUT_OFF)
            self._store.write(queue.failed, id, self._holder, failure, _chance())
        else:
            self._written.append(self._store.submit(queue.sent, id))
            self._reached = True
            self.sent += 1

    def _carry(
        self, carrier: Carrier, parcel: Parcel, link: Carried | None, good: set[str], now: datetime
    ) -> None:
        with in_language(letters.language_of(parcel, self._settings)):
            try:
                letter = letters.written(parcel, self._settings, link, good, now)
                carrier.carry(letter)
            except Undelivered:
                raise
            except Exception as error:  # a fault of ours in one letter keeps no other from being sent
                log.exception("delivery %d can't be put together", parcel.delivery.id)
                raise Later(Reason.BROKEN, type(error).__name__) from error


def _chance() -> float:
    return random.random()  # noqa: S311  spreads tries over time; nobody gains by guessing it
