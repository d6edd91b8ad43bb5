"""Doing what waits: one step of one task at a time, prepared outside the writer, kept in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from flask_babel import gettext as _

from consult.background import tasks
from consult.background.models import Task
from consult.background.tasks import Commit, File, Lost
from consult.config import Settings
from consult.core.errors import Busy, Message, Missing, Refusal
from consult.core.i18n import in_language
from consult.core.store import Store, Work
from consult.members.access import Actor

TOLD_EVERY = 0.5  # seconds between two reports of how far a long step is

log = logging.getLogger(__name__)


class Stopped(Exception):
    """This process ends; the step is another's to make."""


@dataclass
class Running:
    """A task as its kind's step has it. `task` is what was known when the step began."""

    store: Store
    settings: Settings
    task: Task
    process: str
    stopping: Callable[[], bool]
    _told_at: float = field(default_factory=time.monotonic)

    def report(self, done: int, total: int) -> None:
        """To be called now and then in a long step: tells how far it is, and ends the step (by Stopped or
        Lost) when there is no use in going on."""
        if self.stopping():
            raise Stopped
        if time.monotonic() - self._told_at > TOLD_EVERY:
            self.store.write(tasks.report, self.task.id, self.process, done, total)
            self._told_at = time.monotonic()


@dataclass(frozen=True)
class Kind:
    """A kind of background work.

    `step` prepares the next step outside the writer and returns what is to be written. `allowed` is asked
    each time that the task or what it made is looked at: it refuses (Missing) who has lost the right to it.
    `result` is where a page shows what came of it; without, it is the file that was made, or nothing.
    """

    label: Message
    step: Callable[[Running], Commit]
    allowed: Callable[[Work, Actor, Task], object]
    result: Callable[[Task], str | None] = lambda _task: None


def seen_by(kinds: Mapping[str, Kind], work: Work, actor: Actor, task_id: int) -> Task:
    """The actor's own task, while he has the right to what it is about. Refuses: Missing."""
    task = tasks.seen_by(work, actor, task_id)
    if task.kind not in kinds:
        raise Missing
    kinds[task.kind].allowed(work, actor, task)
    return task


def recent(kinds: Mapping[str, Kind], work: Work, actor: Actor) -> list[Task]:
    """Those of his tasks of late that he may see, the latest first."""
    found = []
    for task in tasks.recent(work, actor):
        with suppress(Missing):
            found.append(seen_by(kinds, work, actor, task.id))
    return found


def output(kinds: Mapping[str, Kind], work: Work, actor: Actor, task_id: int) -> File:
    """The file that his task has made. Refuses: Missing."""
    return tasks.file_of(work, seen_by(kinds, work, actor, task_id), "output")


def run(
    kinds: Mapping[str, Kind], store: Store, settings: Settings, process: str, stopping: Callable[[], bool]
) -> int:
    """Makes steps until nothing waits or this process ends; says how many."""
    made = 0
    while not stopping():
        with store.read() as work:
            due = tasks.is_due(work)
        task = store.write(tasks.claim, process) if due else None
        if task is None:
            break
        with suppress(Lost), in_language(task.language):
            _advance(kinds, Running(store, settings, task, process, stopping))
        made += 1
    return made


def _advance(kinds: Mapping[str, Kind], running: Running) -> None:
    store, task, process = running.store, running.task, running.process
    try:
        kind = kinds.get(task.kind)
        if kind is None:
            raise LookupError(task.kind)
        if task.tries > tasks.MOST_TRIES:  # each time whoever made the step died of it
            raise RuntimeError("the step never ends")
        store.write(tasks.keep, task.id, process, kind.step(running))
    except Lost:
        raise
    except Stopped:
        store.write(tasks.let_go, task.id, process)
    except Busy as refusal:
        log.warning("task %d waits: %s", task.id, refusal.__cause__)
        store.write(tasks.put_off, task.id, process, str(refusal))
    except Refusal as refusal:
        store.write(tasks.fail, task.id, process, str(refusal))
    except Exception:
        log.exception("task %d (%s) stumbled", task.id, task.kind)
        message = _("Something went wrong on our side. What was done so far is kept; please start again.")
        store.write(tasks.fail, task.id, process, message)
