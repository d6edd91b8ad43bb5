"""What stands behind a figure: the rows that were counted, the people, or the meetings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.attendance.rules import OUTCOME_NAMES, Figure
from consult.core.errors import Invalid, Message
from consult.core.export import Sheet, Value
from consult.core.store import Work
from consult.core.web import store
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.reports import facts
from consult.reports.dimensions import DIMENSIONS, WAYS, Dimension
from consult.reports.facts import Fact, Met, Table
from consult.reports.measures import MEASURES, OF_MEETINGS, Measure
from consult.reports.pages.asked import Asked, asked, measure_asked
from consult.reports.pages.blueprint import pages
from consult.reports.pages.sending import sent

ON_A_PAGE = 50
MOST_ROWS = 50_000  # of a sheet that is waited for; a year's is made in the background


@pages.get("/reports/rows")
def rows() -> str:
    """The rows that a figure counts: persons at meetings; for people each once, for meetings those."""
    actor = current_actor()
    measure = measure_asked(Measure.TIMES)
    page = max(request.args.get("page", 1, type=int), 1)
    start = (page - 1) * ON_A_PAGE
    with store().read() as work:
        wanted = asked(work, actor)
        shared: dict[str, Any] = {
            "asked": wanted,
            "measure": measure,
            "said": MEASURES[measure],
            "named": _named(work, actor, wanted),
        }
        if measure in OF_MEETINGS:
            met = _met(work, actor, wanted, measure)
            shared |= {"meetings": met[start : start + ON_A_PAGE], "total": len(met)}
        elif measure is Measure.PEOPLE:
            table = facts.count(work, actor, wanted.scope, (Dimension.MEMBER,), people=False)
            people = [key for key in table.keys[0] if table.at(key).times]
            shared |= {"table": table, "people": people[start : start + ON_A_PAGE], "total": len(people)}
        else:
            found = facts.rows(
                work, actor, wanted.scope, MEASURES[measure].figure, start=start, most=ON_A_PAGE
            )
            shared |= {"rows": list(found.rows), "total": found.total}
    return render_template(
        "reports/rows.html",
        page=page,
        pages=-(-shared["total"] // ON_A_PAGE),
        OUTCOME_NAMES=OUTCOME_NAMES,
        WAYS=WAYS,
        **shared,
    )


@pages.get("/reports/rows.<any(csv, xlsx):form>")
def rows_sheet(form: str) -> Response:
    """The same rows, all of them, as a sheet. Refuses: Invalid, when they are too many to wait for."""
    actor = current_actor()
    measure = measure_asked(Measure.TIMES)
    with store().read() as work:
        wanted = asked(work, actor)
        name = f"{wanted.unit.name} {MEASURES[measure].label} {wanted.first}–{wanted.last}"
        if measure in OF_MEETINGS:
            lines: Iterable[Sequence[Value]] = _meeting_lines(_met(work, actor, wanted, measure))
            return sent(form, name, "meetings", Sheet(_("Meetings"), _MEETING_HEADINGS, lines))
        if measure is Measure.PEOPLE:
            table = facts.count(work, actor, wanted.scope, (Dimension.MEMBER,), people=False)
            return sent(form, name, "people", Sheet(_("Members"), _PEOPLE_HEADINGS, _people_lines(table)))
        found = facts.rows(work, actor, wanted.scope, MEASURES[measure].figure)
        if found.total > MOST_ROWS:
            raise Invalid(
                _(
                    "These are more than %(most)s rows. Please choose a shorter time or a smaller unit, or "
                    "have the whole year written from the list of meetings.",
                    most=MOST_ROWS,
                )
            )
        return sent(form, name, "attendance", Sheet(_("Attendance"), _ROW_HEADINGS, _row_lines(found.rows)))


_MEETING_HEADINGS = [_l("Meeting"), _l("Date"), _l("Host"), _l("Held by the unit"), _l("Members attending")]
_PEOPLE_HEADINGS = [
    _l("Name"), _l("Expected"), _l("Present"), _l("On leave"), _l("Absent"), _l("Attended unlisted"),
]  # fmt: skip
_ROW_HEADINGS = [
    _l("Meeting"), _l("Date"), _l("Host"), _l("Name"), _l("Unit"), _l("Sector"), _l("Committees"),
    _l("Party"), _l("Outcome"), _l("Time present"), _l("On site or remote"),
]  # fmt: skip


def _met(work: Work, actor: Actor, wanted: Asked, measure: Measure) -> list[Met]:
    found = facts.meetings(work, actor, wanted.scope)
    match measure:
        case Measure.HELD:
            return [one for one in found if one.held]
        case Measure.ELSEWHERE:
            return [one for one in found if one.attending and not one.within]
    return [one for one in found if one.attending]


def _named(work: Work, actor: Actor, wanted: Asked) -> list[tuple[Message, str]]:
    """The keys that the rows stand under, as people read them."""
    return [
        (DIMENSIONS[dimension], facts.name_of(work, actor, wanted.scope, dimension, key))
        for dimension, key in wanted.only
    ]


def _meeting_lines(met: Iterable[Met]) -> Iterator[Sequence[Value]]:
    for one in met:
        yield one.title, one.opens_at, one.host, _("yes") if one.held else "", one.attending


def _people_lines(table: Table) -> Iterator[Sequence[Value]]:
    figures = (Figure.EXPECTED, Figure.PRESENT, Figure.EXCUSED, Figure.ABSENT, Figure.WALK_INS)
    for key in table.keys[0]:
        if table.at(key).times:
            yield table.name(0, key), *(getattr(table.at(key).tally, figure) for figure in figures)


def _row_lines(rows: Iterable[Fact]) -> Iterator[Sequence[Value]]:
    for row in rows:
        yield (
            row.meeting, row.opens_at, row.host, row.name, row.unit, row.sector,
            _(", ").join(row.committees), row.party, OUTCOME_NAMES[row.outcome],
            timedelta(seconds=row.seconds), WAYS.get(row.mode, ""),
        )  # fmt: skip
