"""Importing a large sheet of records in the background: compared beside the writer, then written whole."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from consult.background import tasks
from consult.background.models import Status, Task
from consult.background.runner import Kind, Running
from consult.background.tasks import Commit
from consult.core.store import Work
from consult.members.access import ORGANIZING, Actor, actor_of, unit_for
from consult.records import imports
from consult.records.imports import Choices

NAME = "records"
LARGE = 300  # rows beyond which importing them is background work


def is_large(work: Work, actor: Actor, import_id: int) -> bool:
    """Whether importing it is background work. Refuses: Missing."""
    kept, _unit = imports.found(work, actor, import_id)
    return imports.size(kept) > LARGE


def ask(
    work: Work,
    actor: Actor,
    import_id: int,
    mark: str,
    chosen: Choices,
    language: str,
    form_key: str | None,
) -> Task:
    """Has a sheet imported as the preview with that mark has shown. Refuses: Missing."""
    kept, unit = imports.found(work, actor, import_id)
    args = {
        "import": import_id,
        "mark": mark,
        "chosen": [[line, text, seat] for (line, text), seat in chosen.items()],
    }
    total = imports.size(kept)
    return tasks.start(
        work, actor, NAME, args, unit_id=unit.id, total=total, language=language, form_key=form_key
    )


def step(running: Running) -> Commit:
    """The whole of it: what is compared here holds nobody up, what is written is one transaction."""
    args, by_id = running.task.args, running.task.by_id or 0
    chosen = {(line, text): seat for line, text, seat in args["chosen"]}
    with running.store.read() as work:
        before = imports.ready(work, actor_of(work, by_id), args["import"], args["mark"], chosen)

    def write(work: Work, task: Task) -> None:
        imports.apply(work, actor_of(work, by_id), args["import"], args["mark"], chosen, before)
        task.done = task.total
        tasks.finish(work, task, {"import": args["import"]})

    return write


def _allowed(work: Work, actor: Actor, task: Task) -> None:
    unit_for(work, actor, task.unit_id or 0, *ORGANIZING)


def _result(task: Task) -> str | None:
    done = task.status == Status.DONE
    return url_for("records.preview", import_id=task.args["import"]) if done else None


KIND = Kind(_l("Importing records"), step, _allowed, _result)
