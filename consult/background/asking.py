"""The pages by which members' offices have large things done in the background, and the sheet of links."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from consult.background import links, rosters
from consult.background.pages import pages
from consult.core.errors import Invalid, Missing
from consult.core.forms import key_sent, page_asked
from consult.core.web import settings, store
from consult.members import directory, link_sheet
from consult.members.access import READING, unit_for
from consult.members.current import current_actor

__all__ = ["pages"]

PER_PAGE = 100  # cards of a sheet
MOST_LINKS = 5000
_LINE = re.compile("[0-9]{1,6}")


@pages.post("/imports/<int:import_id>/apply-in-background")
def apply_roster(import_id: int) -> Response:
    """Has a large roster imported, and goes on to how far it is."""
    actor = current_actor()
    same = {int(line) for line in request.form.getlist("same") if _LINE.fullmatch(line)}
    mark = request.form.get("mark", "")[:64]
    task = store().write(rosters.ask, actor, import_id, mark, same, str(get_locale()), key_sent(request.form))
    return redirect(url_for("background.task", task_id=task.id))


@pages.post("/units/<int:unit_id>/links-in-background")
def make_links(unit_id: int) -> Response:
    """Has links made for the ticked members, and goes on to how far it is."""
    actor = current_actor()
    with store().read() as work:
        unit_for(work, actor, unit_id, *READING)
        present = {str(one.person_id): one.person_id for one in directory.members_of(work, actor, unit_id)}
    chosen = list(dict.fromkeys(request.form.getlist("person")))
    if not chosen or not set(chosen) <= set(present):
        raise Missing
    if len(chosen) > MOST_LINKS:
        raise Invalid(_l("At most %(most)s at a time.", most=MOST_LINKS), field="person")
    lasting = timedelta(days=settings().link_days)
    people = [present[one] for one in chosen]
    task = store().write(
        links.ask, actor, unit_id, people, lasting, str(get_locale()), key_sent(request.form)
    )  # fmt: skip
    return redirect(url_for("background.task", task_id=task.id))


@pages.get("/tasks/<int:task_id>/links", endpoint="link_sheet")
def show_links(task_id: int) -> str:
    """The cards that were made, to print, some a page."""
    actor = current_actor()
    page = page_asked(request.args)
    start = (page - 1) * PER_PAGE
    with store().read() as work:
        task, unit, made, expires_at = links.sheet(
            work, actor, task_id, settings().secret_key, start, PER_PAGE
        )
        cards = link_sheet.cards(
            work,
            unit,
            [
                (person_id, code, url_for("members.open_link", code=code.text, _external=True))
                for person_id, code in made
            ],
        )
    store().write(links.note_shown, actor, task_id, start, len(made))
    return render_template(
        "members/link_sheet.html",
        unit=unit,
        cards=cards,
        expires_at=expires_at,
        site=url_for("members.type_code", _external=True),
        total=task.done,
        left_out=min(PER_PAGE, max(0, task.done - start)) - len(made),
        page=page,
        last=-(-task.done // PER_PAGE),
        address=url_for("background.link_sheet", task_id=task.id),
    )
