"""The pages of background work: how far it is, what it made, calling it off."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.background import runner, tasks
from consult.background.models import Status, Task
from consult.background.runner import Kind
from consult.core.errors import Message
from consult.core.web import store
from consult.members.current import current_actor

pages = Blueprint("background", __name__)

STATUSES: Mapping[Status, Message] = {
    Status.WAITING: _l("Under way"),
    Status.DONE: _l("Done"),
    Status.FAILED: _l("Not done"),
    Status.CANCELLED: _l("Cancelled"),
}
LOOKS: Mapping[Status, str] = {
    Status.WAITING: "info",
    Status.DONE: "ok",
    Status.FAILED: "bad",
    Status.CANCELLED: "unchanged",
}


@pages.get("/tasks")
def index() -> str:
    """What one has asked for lately."""
    actor = current_actor()
    with store().read() as work:
        found = runner.recent(_kinds(), work, actor)
    return render_template(
        "background/index.html", found=found, label=_label, statuses=STATUSES, looks=LOOKS, words=_words
    )


@pages.get("/tasks/<int:task_id>")
def task(task_id: int) -> str:
    """How far it is; once it has ended, what came of it."""
    actor = current_actor()
    with store().read() as work:
        found = runner.seen_by(_kinds(), work, actor, task_id)
        file = tasks.has_output(work, found)
    return render_template(
        "background/task.html",
        task=found,
        label=_label(found),
        status=STATUSES[Status(found.status)],
        look=LOOKS[Status(found.status)],
        words=_words(found),
        file=file,
        result=_kinds()[found.kind].result(found),
    )


@pages.get("/tasks/<int:task_id>/progress")
def progress(task_id: int) -> Response:
    """The same for the page's script."""
    actor = current_actor()
    with store().read() as work:
        found = runner.seen_by(_kinds(), work, actor, task_id)
    return jsonify(
        ok=True,
        ended=found.status != Status.WAITING,
        done=found.done,
        total=found.total,
        words=_words(found),
    )


@pages.get("/tasks/<int:task_id>/file")
def file(task_id: int) -> Response:
    """The file that it made."""
    actor = current_actor()
    with store().read() as work:
        made = runner.output(_kinds(), work, actor, task_id)
    ending = made.name.rpartition(".")[2]
    answer = Response(made.data, mimetype=made.media_type)
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"export-{task_id}.{ending}\"; filename*=UTF-8''{quote(made.name, safe='')}"
    )
    return answer


@pages.post("/tasks/<int:task_id>/cancel")
def cancel(task_id: int) -> WerkzeugResponse:
    """Calls off what is left of it."""
    store().write(tasks.cancel, current_actor(), task_id)
    return redirect(url_for("background.task", task_id=task_id))


def _kinds() -> Mapping[str, Kind]:
    """All kinds of work, as the composition names them."""
    kinds: Mapping[str, Kind] = current_app.extensions["consult.kinds"]
    return kinds


def _label(found: Task) -> str:
    return str(_kinds()[found.kind].label)


def _words(found: Task) -> str:
    """How far it is, in words."""
    if found.total:
        return str(_("%(done)s of %(total)s", done=found.done, total=found.total))
    return str(
        ngettext("%(num)s done", "%(num)s done", found.done) if found.done else _("Waiting for its turn")
    )
