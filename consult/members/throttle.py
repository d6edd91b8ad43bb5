"""How often one may try to sign in, or a code: after some free tries, waits that double.

A try is counted before its password is looked at, in one transaction with the question whether it is
allowed; so a thousand at once are not a thousand free tries. One refused for its haste isn't counted:
hammering does not prolong the wait. A correct one-time link is never throttled, so that nobody can be
locked out by others' tries.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from consult.core.errors import TooFast
from consult.core.store import Work
from consult.members.models import SignInFailure

FORGOTTEN = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """For this key: so many free tries, then waits of 1, 2, 4 … seconds up to the longest. `shared` is one
    that many people's tries count for."""

    key: str
    free: int
    longest: timedelta
    shared: bool = False

    def wait(self, count: int) -> timedelta:
        """How long after the last of so many tries the next one is allowed."""
        if count < self.free:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(count - self.free, 20)), self.longest)


def for_account(identifier: str) -> Limit:
    """The limit of one account or phone number, whether there is such a one or not."""
    return Limit("account:" + _digest(identifier), free=5, longest=timedelta(minutes=15))


def for_address(address: str) -> Limit:
    """The limit of the network an address is in: wide, for a whole office may sign in through it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        network = address
    else:
        network = str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))
    return Limit("address:" + _digest(network), free=100, longest=timedelta(minutes=1), shared=True)


def attempt(work: Work, limits: Iterable[Limit]) -> None:
    """Counts a try. Refuses: TooFast, with the seconds to wait."""
    work.db.execute(delete(SignInFailure).where(SignInFailure.last_at < work.now - FORGOTTEN))
    rows = []
    for limit in limits:
        row = _row(work, limit)
        wait = row.last_at + limit.wait(row.count) - work.now
        if wait > timedelta(0):
            seconds = math.ceil(wait.total_seconds()) + 1
            log.warning("throttled: %s, %d tries", limit.key.split(":")[0], row.count)
            raise TooFast(
                _l("Too many tries. Please wait %(seconds)s seconds.", seconds=seconds), retry_after=seconds
            )
        rows.append(row)
    for row in rows:
        row.count += 1
        row.last_at = work.now


def succeeded(work: Work, limits: Iterable[Limit]) -> None:
    """Takes back what `attempt` counted: all of an account's tries, but only this one of what is shared."""
    for limit in limits:
        row = _row(work, limit)
        row.count = max(0, row.count - 1) if limit.shared else 0


def _row(work: Work, limit: Limit) -> SignInFailure:
    locked = select(SignInFailure).where(SignInFailure.key == limit.key).with_for_update()
    row = work.db.scalars(locked).first()
    if row is not None:
        return row
    try:
        with work.db.begin_nested():
            row = SignInFailure(key=limit.key, count=0, last_at=work.now)
            work.db.add(row)
    except IntegrityError:  # another process was quicker
        row = work.db.scalars(locked).one()
    return row


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
