"""Issuing a report: frozen under a number, withdrawn with a reason, compared with what is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from msgspec import structs
from sqlalchemy import ColumnElement, func, or_, select

from consult.core.errors import Missing, NotAllowed, NotNow
from consult.core.store import Work
from consult.core.text import line
from consult.issued import freezing, subjects
from consult.issued.freezing import Change, Content, Row
from consult.issued.models import IssuedReport
from consult.issued.subjects import Subject
from consult.members import audit
from consult.members.access import ORGANIZING, READING, Actor
from consult.members.models import Person, Unit


@dataclass(frozen=True)
class Issued:
    """An issued report with what it says, for its pages. `intact`: the bytes are those that were issued."""

    report: IssuedReport
    content: Content
    intact: bool
    withdrawn_by: str


def issue(work: Work, actor: Actor, subject: Subject, zone: str, form_key: str | None) -> IssuedReport:
    """Freezes the report as it is now, under its unit's next number of this year (in that zone).

    The same form sent twice issues once. Refuses: Missing, NotAllowed (who only reads), NotNow (a meeting
    that is not settled), Invalid.
    """
    if form_key and (known := _by_key(work, actor, form_key)):
        return known
    told = subjects.read(work, actor, subject, zone)
    unit = work.db.get_one(Unit, told.unit_id, with_for_update=True)  # one number at a time
    actor.require(unit.path, *ORGANIZING)
    this_year = work.now.astimezone(ZoneInfo(zone)).year
    last = work.db.scalar(
        select(func.coalesce(func.max(IssuedReport.number), 0)).where(
            IssuedReport.unit_id == unit.id, IssuedReport.year == this_year
        )
    )
    number = (last or 0) + 1
    frozen = freezing.freeze(told, said(this_year, number), str(subject), work.now, actor.name)
    report = IssuedReport(
        unit_id=unit.id,
        year=this_year,
        number=number,
        subject=str(subject),
        at=work.now,
        by_id=actor.person_id or None,
        digest=frozen.digest,
        content=frozen.content,
        rows=frozen.rows,
        form_key=form_key,
    )
    work.db.add(report)
    work.db.flush()
    audit.note(
        work, actor, "report.issued", f"issued_report:{report.id}", unit.id,
        of=report.subject, digest=report.digest,
    )  # fmt: skip
    return report


def withdraw(work: Work, actor: Actor, report_id: int, reason: str) -> IssuedReport:
    """The report stands no more; it can still be read, with the reason. Refuses: Missing, NotAllowed, NotNow
    (withdrawn already), Invalid (field `reason`)."""
    because = line(reason, "reason", longest=500)
    report, unit = _found(work, actor, report_id)
    actor.require(unit.path, *ORGANIZING)
    work.db.refresh(report, with_for_update=True)
    if report.withdrawn_at is not None:
        raise NotNow(_l("This report has been withdrawn already."))
    report.withdrawn_at, report.withdrawn_by = work.now, actor.person_id or None
    report.withdrawn_reason = because
    audit.note(work, actor, "report.withdrawn", f"issued_report:{report.id}", unit.id, reason=because)
    return report


def look(work: Work, actor: Actor, report_id: int) -> Issued:
    """An issued report. Refuses: Missing, to who does not read where it was issued."""
    report, _unit = _found(work, actor, report_id)
    by = work.db.get(Person, report.withdrawn_by) if report.withdrawn_by else None
    return Issued(
        report,
        freezing.content(report.content),
        freezing.intact(report.content, report.rows, report.digest),
        by.name if by else "",
    )


def rows_of(issued: Issued) -> Mapping[str, tuple[Row, ...]]:
    """The rows behind an issued report's figures, as they were."""
    return freezing.rows(issued.report.rows)


def since(work: Work, actor: Actor, issued: Issued, zone: str) -> list[Change]:
    """What the report would say otherwise today. Refuses as `subjects.read`."""
    now = subjects.read(work, actor, Subject.of(issued.report.subject), zone).figures
    if issued.report.rows == freezing.ROWS_DROPPED:  # then only figures can be compared
        now = tuple(structs.replace(figure, rows=()) for figure in now)
    return freezing.changes(issued.content.figures, rows_of(issued), now)


def listed(work: Work, actor: Actor, subject: Subject | None = None) -> list[tuple[IssuedReport, Content]]:
    """The issued reports that the actor may read, the newest first; of one subject, if it is named.

    Refuses: NotAllowed, to who reads nowhere.
    """
    query = (
        select(IssuedReport)
        .join(Unit, Unit.id == IssuedReport.unit_id)
        .where(_read_by(actor))
        .order_by(IssuedReport.at.desc(), IssuedReport.id.desc())
        .limit(500)
    )
    if subject is not None:
        query = query.where(IssuedReport.subject == str(subject))
    return [(report, freezing.content(report.content)) for report in work.db.scalars(query)]


def said(year: int, number: int) -> str:
    """A number as it is printed: 2026-007."""
    return f"{year}-{number:03}"


def _read_by(actor: Actor) -> ColumnElement[bool]:
    paths = actor.paths(*READING)
    if not paths:
        raise NotAllowed
    return or_(*(Unit.path.startswith(path, autoescape=True) for path in paths))


def _found(work: Work, actor: Actor, report_id: int) -> tuple[IssuedReport, Unit]:
    report = work.db.get(IssuedReport, report_id)
    unit = work.db.get(Unit, report.unit_id) if report else None
    if report is None or unit is None or not actor.holds(unit.path, *READING):
        raise Missing
    return report, unit


def _by_key(work: Work, actor: Actor, form_key: str) -> IssuedReport | None:
    known = work.db.scalars(select(IssuedReport).where(IssuedReport.form_key == form_key)).first()
    return _found(work, actor, known.id)[0] if known else None
