"""The year's report as a workbook: the figures, every row behind each of them, and how they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from consult.annual import printing
from consult.annual.counting import Behind, Held, Told
from consult.annual.lines import COUNTED, SECTIONS, Column
from consult.annual.year import Report
from consult.core.errors import Message
from consult.core.export import Sheet, Value
from consult.records.rows import Row

OF: Message = _l("Of")
NOTES: tuple[Message, ...] = (
    _l("A meeting or an item is one row, whoever and however many took part; a contribution counts once "
       "however many authors it has, with the party of its first author."),
    _l("Person-times count a member once for each meeting or record; people are distinct, as far as they are "
       "named. The two are never added."),
    _l("A meeting of a body above is counted as attended, not as held. With the units below, one meeting or "
       "event counts once, and so does each person in it."),
    _l("What was held in Consult is counted from its settled attendance, also where it was written down "
       "besides. Meetings that were called off or put off, and voided records, never count."),
    _l("“More than” figures are rounded down for print; the exact number stands beside them. A plus sign "
       "means that a row itself says only “more than”."),
    _l("Shares have part and whole beside them. What is of no member, or of one whose party is not written "
       "down, is in the whole and not in the part."),
    _l("On the platform is who had signed in to his account by the day that is named."),
)  # fmt: skip


def workbook(report: Report) -> list[Sheet]:
    """The report's sheets, in the language of the moment."""
    return [
        Sheet(
            _("Figures"), _headings(report), [_figures(report, one) for one in report.lines if not one.empty]
        ),
        Sheet(_("Rows"), _row_headings(), _rows(report.lines)),
        Sheet(_("How it is counted"), [_("Rule")], [[note] for note in NOTES]),
    ]


def _headings(report: Report) -> list[Message]:
    return [
        _("Part"), _("Figure"), _("Printed"), _("Amount"), _("Counted in"), OF, _("Share"),
        _("Person-times"), _("People by name"), _("Public"), str(report.year - 1), _("Difference"),
    ]  # fmt: skip


def _figures(report: Report, one: Told) -> list[Value]:
    earlier = report.earlier(one)
    percent = one.line.percent
    return [
        SECTIONS[one.line.section], one.line.label, printing.printed(one), one.value,
        COUNTED[one.line.counted], one.total(Column.WHOLE).value if percent else None, one.share,
        _number(one, Column.TIMES), one.people, _number(one, Column.PUBLIC),
        (earlier.share if percent else earlier.value) if earlier else None, printing.difference(one, earlier),
    ]  # fmt: skip


def _number(one: Told, column: Column) -> int | None:
    return one.total(column).value if column in one.line.columns else None


def _row_headings() -> list[Message]:
    return [
        _("Figure"), _("Date"), _("Title or member"), _("Unit"), _("Amount"), OF, _("Person-times"),
        _("Public"), _("Only “more than”"),
    ]  # fmt: skip


def _rows(lines: Sequence[Told]) -> Iterator[list[Value]]:
    for one in lines:
        for row in one.behind:
            at_least = any(amount.at_least for amount in row.amounts.values())
            yield [
                one.line.label, *about(row), *(_amount(one, row, column) for column in _IN_ROWS),
                _("yes") if at_least else "",
            ]  # fmt: skip


_IN_ROWS = (Column.VALUE, Column.WHOLE, Column.TIMES, Column.PUBLIC)


def _amount(one: Told, row: Behind, column: Column) -> int | None:
    return row.of(column).value if column in one.line.columns else None


def about(row: Behind) -> tuple[date | None, str, str]:
    """Day, title and unit of what stands behind a figure."""
    match row.what:
        case Row(record=record, unit=unit):
            return record.day, " ".join(filter(None, (record.number, record.title))), unit.name
        case Held(day=day, title=title, host=host):
            return day, title, host
        case member:
            return None, f"{member.name} {member.number}", member.unit
