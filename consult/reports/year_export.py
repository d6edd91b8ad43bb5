"""A year's attendance, a row for each person and meeting, as a spreadsheet made in the background.

The rows are those of settlements, which are never changed, so it may be read meeting by meeting, with no more
than one meeting in memory, and is still one whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.background import tasks
from consult.background.models import Task
from consult.background.runner import Kind, Running
from consult.background.tasks import Commit, File
from consult.core.errors import Invalid, Missing
from consult.core.export import XLSX, Sheet, Value, xlsx_bytes
from consult.core.store import Work
from consult.members.access import READING, Actor, actor_of
from consult.reports import facts, queries
from consult.reports.scope import Scope
from consult.reports.sheets import person_headings, person_row

NAME = "year"
MOST_ROWS = 1_000_000  # that a sheet holds
REPORT_EVERY = 200  # rows


def ask(work: Work, actor: Actor, year: int, zone: str, language: str, form_key: str | None) -> Task:
    """Has the year's attendance written, as far as the actor may read it. Refuses: Missing; Invalid, when
    there is none, or more than a sheet holds."""
    if not actor.paths(*READING):
        raise Missing
    rows = sum(count for _id, count in facts.sizes(work, actor, _scope(year, zone)))
    if not rows:
        raise Invalid(_l("No meeting of that year has been settled yet, so there is nothing to export."))
    if rows > MOST_ROWS:
        raise Invalid(_l("These are more rows than a sheet holds. Please export single meetings."))
    args = {"year": year, "zone": zone}
    return tasks.start(work, actor, NAME, args, total=rows, language=language, form_key=form_key)


def step(running: Running) -> Commit:
    """Reads all of it beside the writer; what is written down is the file."""
    task = running.task
    year, zone = task.args["year"], task.args["zone"]
    with running.store.read() as work:
        actor = actor_of(work, task.by_id or 0)
        paths = actor.paths(*READING)
        found = facts.sizes(work, actor, _scope(year, zone))
    headings = [_("Meeting"), _("Date"), _("Host"), *person_headings()[1:]]
    rows = _rows(running, actor, [meeting_id for meeting_id, _count in found])
    data = xlsx_bytes([Sheet(_("Attendance"), headings, rows)], zone=ZoneInfo(zone))
    made = File(_("Attendance in %(year)s", year=year) + ".xlsx", XLSX, data)

    def write(work: Work, task: Task) -> None:
        task.done = task.total
        tasks.finish(work, task, {"paths": list(paths)}, made)

    return write


def _scope(year: int, zone: str) -> Scope:
    return Scope(None, *queries.year_bounds(year, zone), zone)


def _rows(running: Running, actor: Actor, meetings: Sequence[int]) -> Iterator[Sequence[Value]]:
    done, total = 0, running.task.total
    for meeting_id in meetings:
        with running.store.read() as work:
            report = queries.report(work, actor, meeting_id)
        if report is None:
            continue
        for number, row in enumerate(report.rows, start=1):
            if done % REPORT_EVERY == 0:
                running.report(min(done, total), total)
            done += 1
            yield (
                report.meeting.title,
                report.meeting.opens_at,
                report.host.name,
                *person_row(number, row)[1:],
            )


def _allowed(_work: Work, actor: Actor, task: Task) -> None:
    """Whoever reads still wherever he read when it was made."""
    paths = task.result.get("paths", ())
    if not actor.paths(*READING) or not all(actor.holds(path, *READING) for path in paths):
        raise Missing


KIND = Kind(_l("Attendance of a year"), step, _allowed)
