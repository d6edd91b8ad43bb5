"""Importing a sheet of records: a preview of what it would do, then all of it or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import msgspec
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, or_, select

from consult.core.errors import Invalid, Missing, NotNow, Stale
from consult.core.store import Work
from consult.core.text import clean
from consult.members import audit
from consult.members.access import ORGANIZING, Actor, unit_for
from consult.members.models import Unit
from consult.records.entries import read, texts_of
from consult.records.kinds import Kind
from consult.records.models import Record, RecordImport
from consult.records.people import Seat
from consult.records.plan import Known, Planned, plan
from consult.records.recording import add_all, held_in_consult, latest, lock, replace_all
from consult.records.rows import found as rows_found
from consult.records.rows import seats_of
from consult.records.sheets import Sheet

KEPT = timedelta(days=7)  # a preview nobody imports is forgotten then

Choices = Mapping[tuple[int, str], int]
"""By line and written name, the membership that is meant."""


@dataclass(frozen=True)
class Preview:
    """An uploaded sheet beside what importing it now would do; `mark` stands for exactly this plan."""

    record_import: RecordImport
    unit: Unit
    kind: Kind
    sheet: Sheet
    plan: list[Planned]
    mark: str

    def rows(self, verdict: str) -> list[Planned]:
        """The plan's rows with that verdict."""
        return [row for row in self.plan if row.verdict == verdict]


@dataclass(frozen=True)
class Ground:
    """What a plan stands on: while it is the same, so is the plan. Records are told by the sum of their
    versions, which each that is made, changed, voided or restored makes larger."""

    versions: int
    seats: Sequence[Seat]
    held: set[tuple[str, date]]


@dataclass(frozen=True)
class Ready:
    """A plan as the office has decided it, made beside the writer, on that ground."""

    plan: list[Planned]
    ground: Ground


def preview(work: Work, actor: Actor, unit_id: int, kind: Kind, filename: str, sheet: Sheet) -> RecordImport:
    """Keeps a sheet that was read, for its preview; forgets the actor's earlier one. Refuses: Missing."""
    unit = unit_for(work, actor, unit_id, *ORGANIZING)
    own = (RecordImport.by_id == actor.person_id) & (RecordImport.unit_id == unit.id)
    work.db.execute(
        delete(RecordImport)
        .where(RecordImport.applied_at.is_(None))
        .where(or_(own, RecordImport.made_at < work.now - KEPT))
    )
    kept = RecordImport(
        unit_id=unit.id,
        by_id=actor.person_id or None,
        kind=kind,
        filename=clean(filename)[-200:],
        sheet=msgspec.to_builtins(sheet),
        made_at=work.now,
    )
    work.db.add(kept)
    work.db.flush()
    return kept


def found(work: Work, actor: Actor, import_id: int) -> tuple[RecordImport, Unit]:
    """An import of a unit the actor organizes. Refuses: Missing."""
    kept = work.db.get(RecordImport, import_id)
    if kept is None:
        raise Missing
    return kept, unit_for(work, actor, kept.unit_id, *ORGANIZING)


def size(kept: RecordImport) -> int:
    """How many records its sheet has, until it is imported."""
    return len(kept.sheet.get("rows", ()))


def look(work: Work, actor: Actor, import_id: int) -> Preview:
    """What importing it now would do. Refuses: Missing; NotNow, when it has been imported."""
    kept, unit = found(work, actor, import_id)
    if kept.applied_at is not None:
        raise NotNow(_l("This sheet has been imported already."))
    planned = _plan(work, kept, {})
    return Preview(kept, unit, Kind(kept.kind), _sheet(kept), planned, _mark(planned))


def ready(work: Work, actor: Actor, import_id: int, mark: str, chosen: Choices) -> Ready | None:
    """What `apply` would do now, compared beforehand so that it takes the writer only for writing; None when
    it has been done. Refuses: Missing, Invalid and Stale as `apply` does."""
    kept, _unit = found(work, actor, import_id)
    return None if kept.applied_at is not None else _ready(work, kept, mark, chosen)


def apply(
    work: Work, actor: Actor, import_id: int, mark: str, chosen: Choices, before: Ready | None = None
) -> RecordImport:
    """Imports all of it, as the preview with that mark has shown; once, however often it is asked. `before`
    is what was compared beforehand, which is used if nothing has changed since.

    Refuses: Missing; Invalid, while a row is wrong or a name undecided; Stale, when records or members have
    been changed meanwhile so that it would do something else than was shown.
    """
    kept, unit = found(work, actor, import_id)
    work.db.refresh(kept, with_for_update=True)
    if kept.applied_at is not None:
        return kept
    lock(work, unit)
    if before is None or before.ground != _ground(work, kept, _days(before.plan)):
        before = _ready(work, kept, mark, chosen)
    _carry_out(work, actor, unit, before.plan)
    verdicts = Counter(row.verdict for row in before.plan)
    kept.applied_at = work.now
    kept.result = {name: verdicts[name] for name in ("new", "changed", "unchanged")}
    kept.sheet = {}
    audit.note(
        work, actor, "records.imported", f"record_import:{kept.id}", unit.id, kind=kept.kind, **kept.result
    )
    return kept


def _ready(work: Work, kept: RecordImport, mark: str, chosen: Choices) -> Ready:
    planned = _plan(work, kept, {})
    if _mark(planned) != mark:
        raise Stale(_l("Records or members have been changed since this preview. Please look at it again."))
    planned = _plan(work, kept, chosen) if chosen else planned
    verdicts = {row.verdict for row in planned}
    if "wrong" in verdicts:
        raise Invalid(_l("Some rows are wrong. Correct them in the sheet and upload it again."), field="file")
    if "unsure" in verdicts:
        raise Invalid(_l("Please say for each name which member is meant."), field="file")
    return Ready(planned, _ground(work, kept, _days(planned)))


def _ground(work: Work, kept: RecordImport, days: list[date]) -> Ground:
    of_kind = (Record.unit_id == kept.unit_id) & (Record.kind == kept.kind)
    versions = work.db.scalar(select(func.sum(Record.version)).where(of_kind)) or 0
    return Ground(versions, seats_of(work, kept.unit_id), _held(work, kept.unit_id, days))


def _carry_out(work: Work, actor: Actor, unit: Unit, planned: Sequence[Planned]) -> None:
    add_all(
        work, actor, unit, [(one.entry, one.people) for one in planned if one.entry and one.verdict == "new"]
    )
    changed = [(one, one.match, one.entry) for one in planned if one.verdict == "changed"]
    ids = [match.record.id for _one, match, _entry in changed if match]
    current = {one.id: one for one in work.db.scalars(select(Record).where(Record.id.in_(ids)))}
    replace_all(
        work,
        actor,
        [
            (replace(match, record=current[match.record.id]), match.record.version, entry, one.people)
            for one, match, entry in changed
            if match and entry
        ],
    )


def _plan(work: Work, kept: RecordImport, chosen: Choices) -> list[Planned]:
    kind, sheet = Kind(kept.kind), _sheet(kept)
    limit = latest(work.now)
    entries = [entry for row in sheet.rows if (entry := read(kind, row.texts, limit)[0])]
    days = [entry.day for entry in entries]
    years = {year for entry in entries for year in (entry.year, entry.day.year)}
    known = Known(
        seats_of(work, kept.unit_id),
        rows_found(
            work,
            Record.unit_id == kept.unit_id,
            Record.kind == kind,
            Record.voided_at.is_(None),
            or_(Record.year.in_(years), Record.day.in_(days)),
        ),
        _held(work, kept.unit_id, days),
    )
    return plan(kind, sheet, known, limit, chosen)


def _days(planned: list[Planned]) -> list[date]:
    return [row.entry.day for row in planned if row.entry]


def _held(work: Work, unit_id: int, days: list[date]) -> set[tuple[str, date]]:
    return held_in_consult(work, unit_id, min(days), max(days)) if days else set()


def _sheet(kept: RecordImport) -> Sheet:
    return msgspec.convert(kept.sheet, Sheet)


def _mark(planned: list[Planned]) -> str:
    """A hash of what would be done: the same rows, records and members give the same one."""
    told = [
        (
            row.line,
            row.verdict,
            texts_of(row.entry) if row.entry else {},
            [(one.role, one.name, one.seat.membership_id if one.seat else 0) for one in row.people],
            (row.match.record.id, row.match.record.version) if row.match else None,
            [(one.text, [seat.membership_id for seat in one.seats]) for one in row.doubts],
        )
        for row in planned
    ]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()
