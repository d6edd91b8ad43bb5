"""Sign-in links for many: a few at a time, and the sheet of them to print.

Codes are nowhere kept. They are worked out from the server's secret key and the task's row, once when their
hashes are written down, and again for whoever asked when he looks at the sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.background import tasks
from consult.background.models import Status, Task
from consult.background.runner import Kind, Running
from consult.background.tasks import Commit
from consult.core.errors import Missing, NotAllowed
from consult.core.store import Work
from consult.members import audit, sign_in_links
from consult.members.access import ORGANIZING, Actor, actor_of, governed, unit_for
from consult.members.models import SignInLink, Unit
from consult.members.sign_in_links import Code

NAME = "links"
AT_ONCE = 50


def ask(
    work: Work,
    actor: Actor,
    unit_id: int,
    person_ids: Sequence[int],
    lasting: timedelta,
    language: str,
    form_key: str | None,
) -> Task:
    """Has a link made for each of these people. Refuses: Missing; NotAllowed, if the account of one of them
    is not in the actor's hands."""
    unit = unit_for(work, actor, unit_id, *ORGANIZING)
    if governed(work, actor, person_ids) != set(person_ids):
        raise NotAllowed
    args = {"people": list(person_ids), "days": lasting / timedelta(days=1)}
    total = len(person_ids)
    return tasks.start(
        work, actor, NAME, args, unit_id=unit.id, total=total, language=language, form_key=form_key
    )


def step(running: Running) -> Commit:
    """The next few people's links."""
    task = running.task
    people = task.args["people"][task.done : task.done + AT_ONCE]
    codes = codes_of(running.settings.secret_key, task, people)

    def write(work: Work, task: Task) -> None:
        actor = actor_of(work, task.by_id or 0)
        lasting = timedelta(days=task.args["days"])
        expires_at = sign_in_links.make(work, actor, people, codes, lasting)
        task.done += len(people)
        task.cursor = {"expires_at": task.cursor.get("expires_at") or expires_at.isoformat()}
        if task.done >= task.total:
            tasks.finish(work, task, task.cursor)

    return write


def codes_of(secret_key: str, task: Task, people: Sequence[int]) -> list[Code]:
    """The codes of these people of the task."""
    asked = f"sheet {task.id}:{task.made_at.isoformat()}"
    return [sign_in_links.derived(secret_key, f"{asked}:{person_id}") for person_id in people]


def sheet(
    work: Work, actor: Actor, task_id: int, secret_key: str, start: int, most: int
) -> tuple[Task, Unit, list[tuple[int, Code]], datetime]:
    """So many of the cards made by the actor's task, from the `start` on, and until when they are good;
    without those of people whose account is in his hands no longer.

    Refuses: Missing, also when the server's key is another since.
    """
    task, unit = _own(work, actor, task_id)
    people = task.args["people"][: task.done][start : start + most]
    codes = codes_of(secret_key, task, people)
    if codes:
        known = select(SignInLink.id).where(SignInLink.token_hash == codes[0].kept)
        if work.db.scalar(known) is None:
            raise Missing(_l("This sheet can no longer be shown. Please make new sign-in links."))
    expires_at = datetime.fromisoformat(task.cursor["expires_at"])
    still = governed(work, actor, people)
    made = [(person_id, code) for person_id, code in zip(people, codes, strict=True) if person_id in still]
    return task, unit, made, expires_at


def note_shown(work: Work, actor: Actor, task_id: int, start: int, cards: int) -> None:
    """Writes down that so many cards of the sheet are shown, from the `start` on. Refuses: Missing."""
    task, unit = _own(work, actor, task_id)
    audit.note(work, actor, "links.shown", f"task:{task.id}", unit.id, start=start, cards=cards)


def _own(work: Work, actor: Actor, task_id: int) -> tuple[Task, Unit]:
    task = tasks.seen_by(work, actor, task_id)
    if task.kind != NAME or not task.done:
        raise Missing
    return task, _allowed(work, actor, task)


def _allowed(work: Work, actor: Actor, task: Task) -> Unit:
    return unit_for(work, actor, task.unit_id or 0, *ORGANIZING)


def _result(task: Task) -> str | None:
    shown = task.done and task.status != Status.WAITING
    return url_for("background.link_sheet", task_id=task.id) if shown else None


KIND = Kind(_l("Sign-in links"), step, _allowed, _result)
