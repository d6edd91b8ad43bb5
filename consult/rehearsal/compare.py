"""The report set against the script: figure by figure, and member by member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consult.attendance.rules import FIGURE_NAMES, OUTCOME_NAMES, Figure, Outcome, Tally
from consult.rehearsal.script import Part
from consult.reports.tables import OutcomeRow

TOLERANCE = 10  # seconds by which a member's time may differ: joining and noticing take a moment


@dataclass(frozen=True)
class Line:
    """One thing compared: what the script and the report say of it."""

    what: str
    script: str
    report: str
    same: bool


def figures(parts: Sequence[Part], tally: Tally) -> list[Line]:
    """Every figure of the report, counted anew from the script."""
    return [
        _line(str(FIGURE_NAMES[figure]), number, getattr(tally, figure))
        for figure, number in _counted(parts).items()
    ]


def members(cast: Mapping[int, tuple[str, Part]], rows: Sequence[OutcomeRow]) -> Iterator[Line]:
    """Each of the cast (by membership id): outcome and time. Members the script doesn't know differ."""
    found = {row.membership_id: row for row in rows}
    for membership_id, (name, part) in cast.items():
        row = found.pop(membership_id, None)
        script = f"{OUTCOME_NAMES[part.outcome]} {_clock(part.seconds)}"
        if row is None:
            yield Line(f"{name} ({part.kind})", script, "–", False)
            continue
        same = row.outcome is part.outcome and abs(row.seconds - part.seconds) <= TOLERANCE
        report = f"{OUTCOME_NAMES[row.outcome]} {_clock(row.seconds)}"
        yield Line(f"{name} ({part.kind})", script, report, same)
    for row in found.values():
        yield Line(row.name, "–", f"{OUTCOME_NAMES[row.outcome]} {_clock(row.seconds)}", False)


def words(said: Mapping[str, str], logged: Mapping[str, str]) -> Line:
    """Acknowledged comments against the log: each there once, with its text."""
    return _line("comments", len(said), len(logged), same=dict(said) == dict(logged))


def table(lines: Sequence[Line]) -> str:
    """The lines as a table of plain text; what differs is marked."""
    marks = [" " if line.same else "✗" for line in lines]
    rows = [("", "script", "report", ""), *((line.what, line.script, line.report, mark) for line, mark in
                                            zip(lines, marks, strict=True))]  # fmt: skip
    wide = [max(_width(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(text + " " * (wide[column] - _width(text)) for column, text in enumerate(row[:3]))
        + "  "
        + row[3]
        for row in rows
    )


def _counted(parts: Sequence[Part]) -> dict[Figure, int]:
    outcomes = Counter(part.outcome for part in parts)
    present = outcomes[Outcome.ON_TIME] + outcomes[Outcome.LATE] + outcomes[Outcome.LEFT_EARLY]
    present += outcomes[Outcome.LATE_AND_LEFT]
    return {
        Figure.EXPECTED: sum(part.expected for part in parts),
        Figure.PRESENT: present,
        Figure.EXCUSED: outcomes[Outcome.EXCUSED],
        Figure.ABSENT: outcomes[Outcome.ABSENT] + outcomes[Outcome.PARTIAL],
        Figure.PARTIAL: outcomes[Outcome.PARTIAL],
        Figure.LATE: outcomes[Outcome.LATE] + outcomes[Outcome.LATE_AND_LEFT],
        Figure.LEFT_EARLY: outcomes[Outcome.LEFT_EARLY] + outcomes[Outcome.LATE_AND_LEFT],
        Figure.WALK_INS: outcomes[Outcome.WALK_IN],
        Figure.OBSERVERS: outcomes[Outcome.OBSERVED],
        Figure.ATTENDING: present + outcomes[Outcome.WALK_IN],
    }


def _line(what: str, script: int, report: int, same: bool | None = None) -> Line:
    return Line(what, str(script), str(report), script == report if same is None else same)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
