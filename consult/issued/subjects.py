"""What can be issued: a report read anew, in the form that is frozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from flask_babel import lazy_gettext as _l

from consult.annual import document, printing, sheets, year
from consult.annual.counting import Behind, Held
from consult.annual.counting import Told as Line
from consult.annual.year import Asked
from consult.attendance.rules import FIGURE_NAMES, OUTCOME_NAMES, VERSION, Figure
from consult.config import LANGUAGES
from consult.core.errors import Message, Missing, NotNow
from consult.core.i18n import in_language
from consult.core.store import Work
from consult.issued import freezing
from consult.issued.freezing import Told
from consult.members.access import Actor
from consult.records.rows import Row as RecordRow
from consult.reports import queries
from consult.reports.tables import OutcomeRow, behind

_SUBJECT = re.compile(
    r"meeting:(?P<meeting>\d{1,9})|annual:(?P<unit>\d{1,9}):(?P<year>\d{4})(?P<below>:below)?"
)


COLUMN_NAMES: Mapping[str, Message] = {
    "value": _l("Value"),
    "whole": _l("Of"),
    "times": _l("Person-times"),
    "public": _l("Public"),
    "seconds": _l("Seconds present"),
}
"""What the columns of figures and rows are called."""


@dataclass(frozen=True)
class Subject:
    """What is reported on: one meeting's attendance, or a unit's year, alone or with the units below it."""

    meeting_id: int = 0
    unit_id: int = 0
    year: int = 0
    below: bool = False

    def __str__(self) -> str:
        if self.meeting_id:
            return f"meeting:{self.meeting_id}"
        return f"annual:{self.unit_id}:{self.year}" + (":below" if self.below else "")

    @classmethod
    def of(cls, text: str) -> Self:
        """What `str` wrote. Refuses: Missing."""
        match = _SUBJECT.fullmatch(text)
        if match is None:
            raise Missing
        if match["meeting"]:
            return cls(meeting_id=int(match["meeting"]))
        return cls(unit_id=int(match["unit"]), year=int(match["year"]), below=match["below"] is not None)


def read(work: Work, actor: Actor, subject: Subject, zone: str) -> Told:
    """The report as it is now. Refuses: Missing, to who may not read all of it; NotNow, while it is not
    settled; Invalid, for a year that can't be."""
    if subject.meeting_id:
        return _meeting(work, actor, subject.meeting_id)
    return _annual(work, actor, Asked(subject.unit_id, subject.year, subject.below, zone))


def _meeting(work: Work, actor: Actor, meeting_id: int) -> Told:
    report = queries.report(work, actor, meeting_id)
    if report is None:
        raise NotNow(_l("The attendance is not settled yet. It is counted shortly after the meeting closes."))
    if not report.whole:
        raise Missing
    day = report.meeting.opens_at.astimezone(report.zone).date()
    return Told(
        unit_id=report.host.id,
        unit=report.host.name,
        title=dict.fromkeys(LANGUAGES, f"{report.meeting.title} {day}"),
        rule=str(report.settlement.rule["version"]),
        rule_words=_in_each(report.rule.describe),
        figures=tuple(
            freezing.Figure(
                key=figure,
                label=_said(FIGURE_NAMES[figure]),
                values={"value": getattr(report.tally, figure)},
                rows=tuple(_member(row) for row in behind(report.rows, figure)),
            )
            for figure in Figure
        ),
    )


def _member(row: OutcomeRow) -> freezing.Row:
    with in_language(LANGUAGES[0]):  # beside names and sectors, which are in that language, too
        outcome = str(OUTCOME_NAMES[row.outcome])
    text = " · ".join((row.name, row.unit, row.sector, outcome))
    return freezing.Row(
        id=f"member:{row.membership_id}", text=text, adds={"value": 1, "seconds": row.seconds}
    )


def _annual(work: Work, actor: Actor, asked: Asked) -> Told:
    report = year.report(work, actor, asked)
    return Told(
        unit_id=report.unit.id,
        unit=report.unit.name,
        title=_in_each(lambda: document.title(report)),
        rule=VERSION,
        rule_words=_in_each(lambda: "\n".join(str(note) for note in sheets.NOTES)),
        figures=tuple(_line(one) for one in report.lines if not one.empty),
    )


def _line(one: Line) -> freezing.Figure:
    return freezing.Figure(
        key=":".join(filter(None, (one.line.key, one.line.series))),
        label=_said(one.line.label),
        values={column: one.total(column).value for column in one.line.columns},
        more_than=tuple(column for column in one.line.columns if one.total(column).at_least),
        printed=_in_each(lambda: printing.printed(one)),
        rows=tuple(_behind(row) for row in one.behind),
    )


def _behind(row: Behind) -> freezing.Row:
    day, title, unit = sheets.about(row)
    match row.what:
        case RecordRow(record=record):
            name = f"record:{record.id}"
        case Held(meeting_id=meeting_id):
            name = f"meeting:{meeting_id}"
        case member:
            name = f"person:{member.person_id}"
    text = " · ".join(str(part) for part in (day, title, unit) if part)
    adds = {str(column): amount.value for column, amount in row.amounts.items()}
    return freezing.Row(id=name, text=text, adds=adds)


def _said(message: Message) -> dict[str, str]:
    return _in_each(lambda: str(message))


def _in_each(words: Callable[[], str]) -> dict[str, str]:
    """A text in each language."""
    found = {}
    for language in LANGUAGES:
        with in_language(language):
            found[language] = words()
    return found
