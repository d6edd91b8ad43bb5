"""Members with their figures, and one member's duty file: for his unit's readers and for himself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.attendance.rules import FIGURE_NAMES, OUTCOME_NAMES, Figure
from consult.core.export import Sheet, Value
from consult.core.web import store
from consult.members.access import Actor
from consult.members.current import current_actor
from consult.members.parties import STANDINGS, standing
from consult.records.kinds import KINDS
from consult.reports import duty, facts
from consult.reports.dimensions import Dimension
from consult.reports.facts import Table
from consult.reports.pages.asked import Asked, asked, own_time
from consult.reports.pages.blueprint import pages
from consult.reports.pages.sending import sent

ON_A_PAGE = 50
COLUMNS = (Figure.EXPECTED, Figure.PRESENT, Figure.EXCUSED, Figure.ABSENT, Figure.LATE, Figure.WALK_INS)


@pages.get("/reports/members")
def members() -> str:
    """Each member of the unit who was called to a meeting or came to one, with his figures."""
    wanted, table, keys = _members(current_actor())
    page = max(request.args.get("page", 1, type=int), 1)
    return render_template(
        "reports/members.html",
        asked=wanted,
        table=table,
        keys=keys[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(keys),
        page=page,
        pages=-(-len(keys) // ON_A_PAGE),
        columns=COLUMNS,
        FIGURE_NAMES=FIGURE_NAMES,
    )


@pages.get("/reports/members.<any(csv, xlsx):form>")
def members_sheet(form: str) -> Response:
    """All of them as a sheet."""
    wanted, table, keys = _members(current_actor())
    headings = [_l("Name"), *(FIGURE_NAMES[one] for one in COLUMNS), _l("Attendance rate")]
    name = f"{wanted.unit.name} {_('Members')} {wanted.first}–{wanted.last}"
    return sent(form, name, "members", Sheet(_("Members"), headings, _lines(table, keys)))


@pages.get("/reports/members/<int:person_id>")
def file(person_id: int) -> str:
    """A member's duty file, as far as the reader may see it."""
    actor = current_actor()
    with store().read() as work:
        wanted = asked(work, actor)
        found = duty.of(work, actor, person_id, wanted.scope)
    return _file(found, wanted.year or wanted.first.year, wanted)


@pages.get("/my/duty")
def own_file() -> str:
    """The signed-in member's own duty file of a year."""
    actor = current_actor()
    year, scope = own_time()
    with store().read() as work:
        found = duty.of(work, actor, actor.person_id, scope)
    return _file(found, year, None)


def _members(actor: Actor) -> tuple[Asked, Table, Sequence[str]]:
    with store().read() as work:
        wanted = asked(work, actor)
        table = facts.count(work, actor, wanted.scope, (Dimension.MEMBER,), people=False)
    return wanted, table, table.keys[0]


def _lines(table: Table, keys: Sequence[str]) -> Iterator[Sequence[Value]]:
    for key in keys:
        tally = table.at(key).tally
        part, whole = tally.rate
        numbers = (getattr(tally, one) for one in COLUMNS)
        yield table.name(0, key), *numbers, Fraction(part, whole) if whole else None


def _file(found: duty.Duty, year: int, wanted: Asked | None) -> str:
    return render_template(
        "reports/duty.html",
        duty=found,
        year=year,
        asked=wanted,
        tally=found.figures.tally,
        Figure=Figure,
        FIGURE_NAMES=FIGURE_NAMES,
        OUTCOME_NAMES=OUTCOME_NAMES,
        KINDS=KINDS,
        standing_of=lambda seat: STANDINGS[standing(seat.party)],
    )
