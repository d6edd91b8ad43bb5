"""What a table of several meetings may show: each figure with its name, its rule, and its value in a cell."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.attendance.rules import FIGURE_NAMES, Figure
from consult.core.errors import Message
from consult.reports.dimensions import Dimension
from consult.reports.facts import Figures


class Measure(enum.StrEnum):
    """A figure of a table."""

    TIMES = "times"
    PEOPLE = "people"
    RATE = "rate"
    EXPECTED = "expected"
    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"
    LATE = "late"
    LEFT_EARLY = "left_early"
    WALK_INS = "walk_ins"
    HELD = "held"
    ATTENDED = "attended"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure is called, and by which rule it is counted; `figure` counts the rows behind it."""

    label: Message
    rule: Message
    figure: Figure | None = None


_EACH = _l("Each person once for each meeting.")

MEASURES: Mapping[Measure, Measured] = {
    Measure.TIMES: Measured(
        _l("Person-times attending"),
        _l("Person-times: each person once for each meeting that he attended."),
        Figure.ATTENDING,
    ),
    Measure.PEOPLE: Measured(
        _l("People attending"),
        _l("People: each person once, however many meetings he attended."),
        Figure.ATTENDING,
    ),
    Measure.RATE: Measured(
        _l("Attendance rate"),
        _l("Attendance rate: those present of those expected, in person-times."),
        Figure.PRESENT,
    ),
    Measure.EXPECTED: Measured(FIGURE_NAMES[Figure.EXPECTED], _EACH, Figure.EXPECTED),
    Measure.PRESENT: Measured(FIGURE_NAMES[Figure.PRESENT], _EACH, Figure.PRESENT),
    Measure.EXCUSED: Measured(FIGURE_NAMES[Figure.EXCUSED], _EACH, Figure.EXCUSED),
    Measure.ABSENT: Measured(FIGURE_NAMES[Figure.ABSENT], _EACH, Figure.ABSENT),
    Measure.LATE: Measured(_l("Late"), _EACH, Figure.LATE),
    Measure.LEFT_EARLY: Measured(_l("Left early"), _EACH, Figure.LEFT_EARLY),
    Measure.WALK_INS: Measured(FIGURE_NAMES[Figure.WALK_INS], _EACH, Figure.WALK_INS),
    Measure.HELD: Measured(
        _l("Meetings held"), _l("Meetings that the unit, or one below it, held; each once.")
    ),
    Measure.ATTENDED: Measured(
        _l("Meetings attended"),
        _l("Meetings that at least one of its members attended, whoever held them; each once."),
    ),
    Measure.ELSEWHERE: Measured(
        _l("Meetings of others attended"),
        _l("Meetings of units above or elsewhere that at least one of its members attended; each once."),
    ),
}
OF_MEETINGS = (Measure.HELD, Measure.ATTENDED, Measure.ELSEWHERE)
CROSSED = tuple(one for one in Measure if one is not Measure.HELD)
"""What any two dimensions may be crossed for; what was held is nobody's sector."""

SIDE_BY_SIDE = (
    Measure.EXPECTED, Measure.PRESENT, Measure.EXCUSED, Measure.ABSENT, Measure.LATE, Measure.LEFT_EARLY,
    Measure.TIMES, Measure.PEOPLE, Measure.RATE,
)  # fmt: skip
"""What a table by one dimension has in its columns."""


def value(measure: Measure, figures: Figures) -> int:
    """The measure of a cell; of a rate what is above its line."""
    match measure:
        case Measure.TIMES:
            return figures.times
        case Measure.PEOPLE:
            return figures.people or 0
        case Measure.RATE:
            return figures.tally.present
        case Measure.HELD | Measure.ATTENDED | Measure.ELSEWHERE:
            return getattr(figures.meetings, measure.value, None) or 0
    return int(getattr(figures.tally, measure.value))


def adds_up(measure: Measure, *by: Dimension) -> bool:
    """Whether cells come to the total: not where a row stands under several keys, nor what is distinct."""
    distinct = (Measure.PEOPLE, Measure.RATE, *OF_MEETINGS)
    return measure not in distinct and Dimension.COMMITTEE not in by
