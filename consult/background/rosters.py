"""Importing a large roster in the background: compared beside the writer, then written whole or not."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from consult.background import tasks
from consult.background.models import Status, Task
from consult.background.runner import Kind, Running
from consult.background.tasks import Commit
from consult.core.errors import Stale
from consult.core.store import Work
from consult.members import imports
from consult.members.access import ORGANIZING, Actor, actor_of, unit_for

NAME = "roster"
STAGES = 2


def ask(
    work: Work, actor: Actor, import_id: int, mark: str, same: set[int], language: str, form_key: str | None
) -> Task:
    """Has a roster imported as the preview with that mark has shown. Refuses: Missing."""
    _kept, unit = imports.found(work, actor, import_id)
    args = {"import": import_id, "mark": mark, "same": sorted(same)}
    return tasks.start(
        work, actor, NAME, args, unit_id=unit.id, total=STAGES, language=language, form_key=form_key
    )


def step(running: Running) -> Commit:
    """First compares, so that what can't be imported holds nobody up; then imports in one transaction."""
    task = running.task
    import_id, mark = task.args["import"], task.args["mark"]
    if task.done == 0:
        with running.store.read() as work:
            kept, _unit = imports.found(work, _actor(work, task), import_id)
            if kept.applied_at is None and imports.look(work, _actor(work, task), import_id).mark != mark:
                raise Stale(_l("Members have been changed since this preview. Please look at it again."))
        return _compared

    def write(work: Work, task: Task) -> None:
        imports.apply(work, _actor(work, task), import_id, mark, set(task.args["same"]))
        task.done = STAGES
        tasks.finish(work, task, {"import": import_id})

    return write


def _compared(_work: Work, task: Task) -> None:
    task.done = 1


def _actor(work: Work, task: Task) -> Actor:
    return actor_of(work, task.by_id or 0)


def _allowed(work: Work, actor: Actor, task: Task) -> None:
    unit_for(work, actor, task.unit_id or 0, *ORGANIZING)


def _result(task: Task) -> str | None:
    done = task.status == Status.DONE
    return url_for("members.preview", import_id=task.args["import"]) if done else None


KIND = Kind(_l("Importing a roster"), step, _allowed, _result)
