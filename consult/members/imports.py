"""Importing a roster: a preview of what it would do, then all of it or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, or_, select

from consult.core.errors import Invalid, Missing, NotNow, Stale
from consult.core.store import Store, Work
from consult.core.text import clean
from consult.members import audit, seats
from consult.members.access import ORGANIZING, Actor, lasts, unit_for
from consult.members.models import Membership, Person, RosterImport, Unit
from consult.members.roster import Known, Plan, Planned, RosterRow, Value, plan
from consult.members.sheet import Sheet, read_sheet

KEPT = timedelta(days=7)  # a preview nobody imports is forgotten then


@dataclass(frozen=True)
class Preview:
    """An uploaded roster beside what importing it now would do.

    `mark` stands for exactly this plan; `elsewhere` has the other units of the persons the plan proposes.
    """

    roster_import: RosterImport
    unit: Unit
    sheet: Sheet
    plan: Plan
    mark: str
    elsewhere: dict[int, list[str]]

    def rows(self, verdict: str) -> list[Planned]:
        """The plan's rows with that verdict."""
        return [row for row in self.plan.rows if row.verdict == verdict]


def preview(work: Work, actor: Actor, unit_id: int, filename: str, sheet: Sheet) -> RosterImport:
    """Keeps a roster that was read, for its preview; forgets the actor's earlier one. Refuses: Missing."""
    unit = unit_for(work, actor, unit_id, *ORGANIZING)
    own = (RosterImport.by_id == actor.person_id) & (RosterImport.unit_id == unit.id)
    work.db.execute(
        delete(RosterImport)
        .where(RosterImport.applied_at.is_(None))
        .where(or_(own, RosterImport.made_at < work.now - KEPT))
    )
    kept = RosterImport(
        unit_id=unit.id,
        by_id=actor.person_id or None,
        filename=clean(filename)[-200:],
        sheet=msgspec.to_builtins(sheet),
        made_at=work.now,
    )
    work.db.add(kept)
    work.db.flush()
    return kept


def found(work: Work, actor: Actor, import_id: int) -> tuple[RosterImport, Unit]:
    """An import of a unit the actor organizes. Refuses: Missing."""
    kept = work.db.get(RosterImport, import_id)
    if kept is None:
        raise Missing
    return kept, unit_for(work, actor, kept.unit_id, *ORGANIZING)


def look(work: Work, actor: Actor, import_id: int) -> Preview:
    """What importing it now would do. Refuses: Missing; NotNow, when it has been imported."""
    kept, unit = found(work, actor, import_id)
    if kept.applied_at is not None:
        raise NotNow(_l("This roster has been imported already."))
    sheet = msgspec.convert(kept.sheet, Sheet)
    planned = _plan(work, unit, sheet)
    proposed = {row.same_person for row in planned.rows if row.same_person is not None}
    return Preview(kept, unit, sheet, planned, _mark(planned), _seats_elsewhere(work, proposed))


def apply(
    work: Work, actor: Actor, import_id: int, mark: str, same_person: Collection[int] = ()
) -> RosterImport:
    """Imports all of it, as the preview with that mark has shown; once, however often it is asked.

    `same_person` names the lines whose proposed person gets the seat, instead of a new person.
    Refuses: Missing; Invalid, while a row is wrong or a line proposes nobody; Stale, when members have been
    changed meanwhile so that it would do something else than was shown.
    """
    kept, unit = found(work, actor, import_id)
    work.db.refresh(kept, with_for_update=True)
    if kept.applied_at is not None:
        return kept
    seats.lock(work, unit.id)
    planned = _plan(work, unit, msgspec.convert(kept.sheet, Sheet))
    if any(row.verdict == "wrong" for row in planned.rows):
        raise Invalid(_l("Some rows are wrong. Correct them in the sheet and upload it again."), field="file")
    if _mark(planned) != mark:
        raise Stale(_l("Members have been changed since this preview. Please look at it again."))
    proposing = {row.row.line for row in planned.rows if row.same_person is not None}
    if not proposing.issuperset(same_person):
        raise Invalid(_l("No person is proposed for one of the rows you ticked."))
    made = _carry_out(work, unit, planned, same_person)
    kept.applied_at = work.now
    kept.result = _result(planned, len(same_person), made)
    kept.sheet = {}  # phone numbers are not kept twice
    counts = {name: kept.result[name] for name in ("new", "changed", "unchanged", "linked")}
    audit.note(work, actor, "roster.imported", f"import:{kept.id}", unit.id, **counts)
    return kept


def run(store: Store, actor: Actor, unit_id: int, filename: str, data: bytes) -> RosterImport:
    """Reads and imports a roster in one go, for the console. Refuses: Invalid, with all that is wrong."""
    kept = store.write(preview, actor, unit_id, filename, read_sheet(data, filename))
    with store.read() as work:
        shown = look(work, actor, kept.id)
    wrong = [problem.message() for row in shown.plan.rows for problem in row.problems]
    if wrong:
        raise Invalid("\n".join(wrong), field="file")
    return store.write(apply, actor, kept.id, shown.mark)


def _plan(work: Work, unit: Unit, sheet: Sheet) -> Plan:
    here = (Membership.unit_id == unit.id) & lasts(work.today)
    phones = {row.phone for row in sheet.rows if row.phone}
    return plan(
        sheet.rows,
        _known(work, here),
        elsewhere=_known(work, ~here & Person.phone.in_(phones)),
        problems=sheet.problems,
    )


def _known(work: Work, which: ColumnElement[bool]) -> list[Known]:
    rows = work.db.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(which)
        .order_by(Membership.number, Membership.id)
    )
    return [Known(seat.id, person.id, **_values(person, seat)) for seat, person in rows]


def _values(person: Person, seat: Membership) -> dict[str, Any]:
    return dict(seats.values_of(person, seat))


def _mark(planned: Plan) -> str:
    return hashlib.sha256(msgspec.json.encode(planned.rows)).hexdigest()


def _carry_out(work: Work, unit: Unit, planned: Plan, same_person: Collection[int]) -> list[Membership]:
    """Makes the new seats and changes the others; the new ones in the order of the sheet."""
    made: dict[int, Membership] = {}
    strangers: list[RosterRow] = []
    for one in planned.rows:
        if one.verdict == "changed":
            seat = work.db.get_one(Membership, one.membership_id)
            person = work.db.get_one(Person, seat.person_id)
            seats.change(person, seat, {field: new for field, (_old, new) in one.changes.items()})
        elif one.verdict == "new" and one.row.line in same_person:
            made[one.row.line] = seats.create(work, unit, _typed(one.row), one.same_person)
        elif one.verdict == "new":
            strangers.append(one.row)
    new = seats.create_all(work, unit, [_typed(row) for row in strangers])
    made |= {row.line: seat for row, seat in zip(strangers, new, strict=True)}
    return [made[line] for line in sorted(made)]


def _typed(row: RosterRow) -> dict[str, Value]:
    return {field: getattr(row, field) for field in (*seats.OF_THE_PERSON, *seats.OF_THE_SEAT)}


def _result(planned: Plan, linked: int, made: Sequence[Membership]) -> dict[str, Any]:
    verdicts = Counter(row.verdict for row in planned.rows)
    return {
        "new": verdicts["new"] - linked,
        "linked": linked,
        "changed": verdicts["changed"],
        "unchanged": verdicts["unchanged"],
        "missing": len(planned.missing),
        "people": [seat.person_id for seat in made],
    }


def _seats_elsewhere(work: Work, person_ids: Collection[int]) -> dict[int, list[str]]:
    named: dict[int, list[str]] = {person_id: [] for person_id in person_ids}
    for person_id, name in work.db.execute(
        select(Membership.person_id, Unit.name)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(person_ids))
        .order_by(Unit.path)
    ):
        named[person_id].append(name)
    return named
