"""Background work as rows: asking for it, holding it, keeping each step, ending it, forgetting it.

Who works on a task holds it by a lease. A step's effects and how far the task is are one transaction, which
only who holds the task can make; so whatever is killed, or comes late, no step is lost or done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update

from consult.background.models import Status, Task, TaskFile
from consult.core.errors import Missing, NotNow, SignInRequired, Stale
from consult.core.store import Work
from consult.members.access import Actor

LEASE = timedelta(seconds=60)  # how long who works on a task may be silent before another takes it up
KEPT = timedelta(days=7)  # how long a task and its files are kept once it has ended
MOST_TRIES = 8  # times that a step is begun without an end before the task has failed
LONGEST_WAIT = timedelta(minutes=5)  # between two tries
MOST_WAITING = 20  # tasks of one person that have not ended
MOST_LISTED = 50
LONGEST_ERROR = 500
FORGOTTEN_AT_ONCE = 100

Commit = Callable[[Work, Task], None]
"""The part of a step that writes: effects, and in the task `cursor`, `done` and `total`, or its end."""


class Lost(Exception):
    """Somebody else holds the task now, or it has been cancelled: what was prepared for it is of no use."""


@dataclass(frozen=True)
class File:
    """A file that a task is given or makes."""

    name: str
    media_type: str
    data: bytes


def start(
    work: Work,
    actor: Actor,
    kind: str,
    args: Mapping[str, Any],
    *,
    unit_id: int | None = None,
    total: int = 0,
    language: str = "zh_CN",
    given: File | None = None,
    form_key: str | None = None,
) -> Task:
    """Asks for background work in the actor's name; the same form sent twice asks once.

    Whether he may have it is the caller's to check now, and the kind's with each step.
    Refuses: SignInRequired (the console waits for its work itself); NotNow, while too much of his waits;
    Stale, when the form was another's.
    """
    if not actor.person_id:
        raise SignInRequired
    if form_key is not None:
        earlier = work.db.scalars(select(Task).where(Task.form_key == form_key)).first()
        if earlier is not None:
            if (earlier.by_id, earlier.kind) != (actor.person_id, kind):
                raise Stale
            return earlier
    waiting = select(func.count()).where(Task.by_id == actor.person_id, Task.status == Status.WAITING)
    if (work.db.scalar(waiting) or 0) >= MOST_WAITING:
        raise NotNow(_l("Much of yours is still waiting. Please let some of it end, or cancel it."))
    task = Task(
        kind=kind, unit_id=unit_id, by_id=actor.person_id, args=dict(args), status=Status.WAITING,
        total=total, language=language, made_at=work.now, due_at=work.now, form_key=form_key,
    )  # fmt: skip
    work.db.add(task)
    work.db.flush()
    if given is not None:
        work.db.add(_row(task, "input", given))
        work.db.flush()
    return task


def seen_by(work: Work, actor: Actor, task_id: int) -> Task:
    """The task, which only who asked for it may see, and only while its kind lets him (`runner.seen_by`).
    Refuses: Missing."""
    task = work.db.get(Task, task_id)
    if task is None or task.by_id != actor.person_id:
        raise Missing
    return task


def recent(work: Work, actor: Actor) -> list[Task]:
    """What the actor has asked for lately, the latest first."""
    mine = select(Task).where(Task.by_id == actor.person_id).order_by(Task.id.desc()).limit(MOST_LISTED)
    return list(work.db.scalars(mine))


def file_of(work: Work, task: Task, role: str) -> File:
    """The task's `input` or `output`. Refuses: Missing."""
    row = work.db.get(TaskFile, (task.id, role))
    if row is None:
        raise Missing
    return File(row.name, row.media_type, row.data)


def has_output(work: Work, task: Task) -> bool:
    """Whether the task has made a file."""
    made = select(TaskFile.task_id).where(TaskFile.task_id == task.id, TaskFile.role == "output")
    return work.db.scalar(made) is not None


def cancel(work: Work, actor: Actor, task_id: int) -> Task:
    """Calls off what is left of the actor's task; steps that were done stay done. Once is enough.

    Refuses: Missing; NotNow, when it has ended.
    """
    task = seen_by(work, actor, task_id)
    work.db.refresh(task, with_for_update=True)
    if task.status == Status.WAITING:
        _end(work, task, Status.CANCELLED)
    elif task.status != Status.CANCELLED:
        raise NotNow(_l("This has ended already."))
    return task


def is_due(work: Work) -> bool:
    """Whether there is a task that nobody works on."""
    return work.db.scalar(_free(work)) is not None


def claim(work: Work, process: str) -> Task | None:
    """The task that has waited longest, held by that process for LEASE; None when there is none."""
    task_id = work.db.scalar(_free(work).with_for_update(skip_locked=True))
    if task_id is None:
        return None
    held = {"held_by": process, "held_until": work.now + LEASE, "tries": Task.tries + 1}
    won = work.db.execute(
        update(Task)
        .where(Task.id == task_id, _unheld(work))
        .values(**held)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    ).first()
    return work.db.get_one(Task, task_id) if won is not None else None


def keep(work: Work, task_id: int, process: str, commit: Commit) -> Task:
    """Makes a step's effects and lets go of the task, which goes behind the others that wait. Raises Lost."""
    task = _held(work, task_id, process)
    commit(work, task)
    task.tries = 0
    task.held_by = task.held_until = None
    task.due_at = work.now
    return task


def report(work: Work, task_id: int, process: str, done: int, total: int) -> None:
    """Says how far a long step is, and holds the task on. Raises Lost."""
    task = _held(work, task_id, process)
    task.done, task.total = done, total


def let_go(work: Work, task_id: int, process: str) -> None:
    """Leaves the task to whoever comes next; it was no try. Raises Lost."""
    task = _held(work, task_id, process)
    task.tries -= 1
    task.held_by = task.held_until = None


def put_off(work: Work, task_id: int, process: str, error: str) -> None:
    """The step could not be made now: it is tried again later and later, at last it has failed. Raises
    Lost."""
    task = _held(work, task_id, process)
    if task.tries >= MOST_TRIES:
        _end(work, task, Status.FAILED, error)
        return
    task.held_by = task.held_until = None
    task.due_at = work.now + min(timedelta(seconds=2**task.tries), LONGEST_WAIT)


def fail(work: Work, task_id: int, process: str, error: str) -> None:
    """The task has failed for good; `error` is for who asked. Raises Lost."""
    _end(work, _held(work, task_id, process), Status.FAILED, error)


def finish(work: Work, task: Task, result: Mapping[str, Any] | None = None, made: File | None = None) -> None:
    """For a step's commit: this was the last one, and what came of it."""
    task.result = dict(result or {})
    if made is not None:
        work.db.add(_row(task, "output", made))
    _end(work, task, Status.DONE)


def forget(work: Work) -> int:
    """Deletes what ended KEPT ago or earlier, with its files; says how many tasks."""
    old = select(Task.id).where(Task.finished_at <= work.now - KEPT).limit(FORGOTTEN_AT_ONCE)
    ids = list(work.db.scalars(old))
    for table, column in ((TaskFile, TaskFile.task_id), (Task, Task.id)):
        work.db.execute(delete(table).where(column.in_(ids)).execution_options(synchronize_session=False))
    return len(ids)


def _unheld(work: Work) -> ColumnElement[bool]:
    return (Task.status == Status.WAITING) & or_(Task.held_until.is_(None), Task.held_until <= work.now)


def _free(work: Work) -> Select[int]:
    waiting = select(Task.id).where(Task.due_at <= work.now, _unheld(work))
    return waiting.order_by(Task.due_at, Task.id).limit(1)


def _held(work: Work, task_id: int, process: str) -> Task:
    """The task, if that process still holds it; its lease begins anew. Raises Lost."""
    won = work.db.execute(
        update(Task)
        .where(Task.id == task_id, Task.held_by == process, Task.status == Status.WAITING)
        .values(held_until=work.now + LEASE)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        raise Lost
    return work.db.get_one(Task, task_id)


def _end(work: Work, task: Task, status: Status, error: str = "") -> None:
    task.status, task.error, task.finished_at = status, error[:LONGEST_ERROR], work.now
    task.held_by = task.held_until = None
    work.db.execute(delete(TaskFile).where(TaskFile.task_id == task.id, TaskFile.role == "input"))


def _row(task: Task, role: str, file: File) -> TaskFile:
    return TaskFile(
        task_id=task.id, role=role, name=file.name, media_type=file.media_type, data=file.data
    )  # fmt: skip
