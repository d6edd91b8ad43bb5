"""From the outcomes of one meeting to its figures, group by group, and back to the rows behind each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask_babel import lazy_gettext as _l

from consult.attendance.intervals import Channel, Span
from consult.attendance.rules import COUNTED, Figure, Outcome, Reason, Tally
from consult.core.errors import Message

Grouping = Literal["unit", "sector", "committee", "party"]


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What a settlement found for one membership, with what it was on the meeting's day."""

    membership_id: int
    person_id: int
    name: str
    unit: str
    sector: str
    committees: tuple[str, ...]
    party: str
    outcome: Outcome
    seconds: int
    first: datetime | None
    last: datetime | None
    spans: tuple[Span, ...]
    channels: frozenset[Channel]
    reasons: tuple[Reason, ...]
    excused_reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of those who share a sector, say. `name` is empty for those who have none."""

    name: str
    tally: Tally


_NAMES: Mapping[Grouping, Callable[[OutcomeRow], Iterable[str]]] = {
    "unit": lambda row: (row.unit,),
    "sector": lambda row: (row.sector,),
    "committee": lambda row: dict.fromkeys(row.committees) or ("",),
    "party": lambda row: (row.party,),
}

COMMITTEE_NOTE: Message = _l(
    "A member of several committees is counted in each of them, so the committees do not add up to the total."
)


def by(rows: Iterable[OutcomeRow], grouping: Grouping) -> list[Group]:
    """The groups with their figures, in the order in which the rows first name them; the nameless one last.

    A member of two committees is counted in both (print COMMITTEE_NOTE): so the total is always counted from
    the rows (`Tally.of`), never added up from groups.
    """
    outcomes: dict[str, list[Outcome]] = {}
    for row in rows:
        for name in _NAMES[grouping](row):
            outcomes.setdefault(name, []).append(row.outcome)
    ordered = sorted(outcomes, key=lambda name: not name)
    return [Group(name, Tally.of(outcomes[name])) for name in ordered]


def behind(
    rows: Iterable[OutcomeRow],
    figure: Figure | None = None,
    group: tuple[Grouping, str] | None = None,
) -> list[OutcomeRow]:
    """The rows that a printed number counts: of the figure (None: all), in the group (None: everywhere)."""
    return [
        row
        for row in rows
        if (figure is None or row.outcome in COUNTED[figure])
        and (group is None or group[1] in _NAMES[group[0]](row))
    ]
