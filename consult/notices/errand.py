"""The clock's errand: looks at what is to be told, and has it told, one thing a transaction.

One that fails holds up no other, and is tried again at the next turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from consult.config import Settings
from consult.core import clock
from consult.core.errors import Busy
from consult.core.store import Store, Work
from consult.notices import announce, hearing, outbox, reminders
from consult.notices.policy import Policy, policy_of

EVERY = 1.0  # seconds

log = logging.getLogger(__name__)


def run(store: Store, settings: Settings, _process: str, stopping: Callable[[], bool]) -> None:
    """Tells what is to be told now."""
    turn(store, policy_of(settings), clock.now(), stopping)


def turn(store: Store, policy: Policy, now: datetime, stopping: Callable[[], bool] = lambda: False) -> None:
    """Tells what is to be told at that instant. What changes first voids what was to be said of it later."""
    with store.read(now) as work:
        changed = announce.waiting(work, policy)
        due = reminders.waiting(work)
        heard = [(source, hearing.new(work, source)) for source in hearing.SOURCES]
        to_mark = {source.name for source in hearing.SOURCES if hearing.mark_is_old(work, source)}
        late = outbox.too_late(work)

    def tell(verb: Callable[[Work, Policy, Any], None], keys: Sequence[Any]) -> bool:
        told = [_told(store, now, verb, policy, key) for key in keys if not stopping()]
        return len(told) == len(keys) and all(told)

    tell(announce.look, changed)
    tell(reminders.give, due)
    for source, keys in heard:
        if tell(source.tell, keys) and source.name in to_mark:
            store.write_at(now, hearing.move_mark, source)
    if late:
        store.write_at(now, outbox.drop_late)


def _told(
    store: Store, now: datetime, verb: Callable[[Work, Policy, Any], None], policy: Policy, key: object
) -> bool:
    """Whether it could be told."""
    try:
        store.write_at(now, verb, policy, key)
    except Busy:
        raise
    except Exception:
        log.exception("could not tell: %s of %s", verb.__name__, key)
        return False
    return True
