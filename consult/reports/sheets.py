"""A report's rows as sheets: made here once, written in each format by export.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from flask_babel import gettext as _

from consult.attendance.intervals import CHANNEL_NAMES
from consult.attendance.rules import FIGURE_NAMES, OUTCOME_NAMES, REASON_NAMES, Figure, Tally
from consult.core.errors import Message
from consult.core.export import Sheet, Value
from consult.reports.queries import Report
from consult.reports.tables import COMMITTEE_NOTE, Grouping, OutcomeRow, by


def people_sheet(report: Report) -> Sheet:
    """Everybody, one row each."""
    rows = (person_row(number, row) for number, row in enumerate(report.rows, start=1))
    return Sheet(_("Members"), person_headings(), rows)


def person_headings() -> list[Message]:
    """The columns of `person_row`."""
    return [
        _("No."), _("Name"), _("Unit"), _("Sector"), _("Committees"), _("Party"), _("Outcome"),
        _("Time present"), _("First seen"), _("Last seen"), _("How, and remarks"),
    ]  # fmt: skip


def figures_sheet(report: Report) -> Sheet:
    """What the meeting was, its figures, and the rule they were counted by."""
    return Sheet(_("Figures"), [_("Item"), _("Value")], _figures(report))


def groups_sheets(report: Report) -> list[Sheet]:
    """The figures by unit, sector and committee."""
    titles: dict[Grouping, str] = {
        "unit": _("By unit"),
        "sector": _("By sector"),
        "committee": _("By committee"),
    }
    figures = list(FIGURE_NAMES.values())
    return [
        Sheet(title, [_("Name"), *figures, _("Attendance rate")], _group_rows(report, grouping))
        for grouping, title in titles.items()
    ]


def ways(row: OutcomeRow) -> str:
    """How the person attended, in words."""
    return str(_(", ")).join(str(CHANNEL_NAMES[channel]) for channel in sorted(row.channels))


def remarks(row: OutcomeRow) -> str:
    """How the person attended, and what explains the outcome, in words."""
    facts = [str(REASON_NAMES[reason]) for reason in row.reasons]
    return str(_("; ")).join(part for part in (ways(row), *facts, row.excused_reason) if part)


def person_row(number: int, row: OutcomeRow) -> tuple[Value, ...]:
    """One person at one meeting."""
    return (
        number,
        row.name,
        row.unit,
        row.sector,
        _(", ").join(row.committees),
        row.party,
        OUTCOME_NAMES[row.outcome],
        timedelta(seconds=row.seconds),
        row.first,
        row.last,
        remarks(row),
    )


def _figures(report: Report) -> Iterator[tuple[Value, ...]]:
    yield _("Meeting"), report.meeting.title
    yield _("Host"), report.host.name
    yield _("Planned opening"), report.meeting.opens_at
    for opened, closed in report.periods:
        yield _("Actual opening"), opened
        yield _("Actual closing"), closed
    for figure, name in FIGURE_NAMES.items():
        yield name, getattr(report.tally, figure)
    yield _("Attendance rate"), _rate(report.tally)
    yield _("Settled at"), report.settlement.at
    yield _("Version"), report.settlement.version
    yield _("Rule"), report.rule.describe()
    yield _("Note"), COMMITTEE_NOTE


def _group_rows(report: Report, grouping: Grouping) -> Iterator[tuple[Value, ...]]:
    for group in by(report.rows, grouping):
        yield group.name or _("(none)"), *_numbers(group.tally)
    if grouping != "committee":
        yield _("Total"), *_numbers(report.tally)


def _numbers(tally: Tally) -> tuple[Value, ...]:
    return *(getattr(tally, figure) for figure in Figure), _rate(tally)


def _rate(tally: Tally) -> Fraction | None:
    numerator, denominator = tally.rate
    return Fraction(numerator, denominator) if denominator else None
