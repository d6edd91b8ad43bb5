"""What a roster says and what importing it would do. Pure: no file, no database.

A blank says nothing: a cell left empty (or a column left out) never erases what is already known of a member.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message

Value = str | tuple[str, ...]
Verdict = Literal["new", "changed", "unchanged", "wrong"]

FIELDS: Mapping[str, Message] = {
    "number": _l("Member number"),
    "name": _l("Name"),
    "sex": _l("Sex"),
    "ethnic_group": _l("Ethnic group"),
    "party": _l("Party"),
    "sector": _l("Sector"),
    "committees": _l("Committees"),
    "post": _l("Post"),
    "phone": _l("Phone"),
    "email": _l("Email"),
}
"""What a roster tells of a member, in the order people write it, with its label."""

LONGEST: Mapping[str, int] = {
    "number": 40, "name": 60, "sex": 10, "ethnic_group": 30, "party": 40, "sector": 40,
    "committees": 40, "post": 120, "phone": 20, "email": 120,
}  # fmt: skip
"""The most characters a field may have; of `committees` each one."""

_PROBLEMS: Mapping[str, Message] = {
    "missing": _l("Row %(line)s, %(column)s: empty. Please fill it in."),
    "too_long": _l("Row %(line)s, %(column)s: longer than %(longest)s characters."),
    "twice": _l("Row %(line)s, %(column)s: %(text)s stands in row %(first)s already."),
    "not_a_name": _l("Row %(line)s, %(column)s: “%(text)s” does not look like a name."),
    "not_a_number": _l("Row %(line)s, %(column)s: “%(text)s” does not look like a member number."),
    "not_a_sex": _l("Row %(line)s, %(column)s: “%(text)s” is neither 男 nor 女."),
    "not_a_phone": _l("Row %(line)s, %(column)s: “%(text)s” is not a phone number."),
    "not_an_email": _l("Row %(line)s, %(column)s: “%(text)s” is not an email address."),
    "digits_lost": _l(
        "Row %(line)s, %(column)s: the spreadsheet program has cut “%(text)s” short and its digits are lost. "
        "Set the column to text and enter it again."
    ),
    "a_date": _l(
        "Row %(line)s, %(column)s: the spreadsheet program has turned this into the date “%(text)s”. "
        "Set the column to text and enter it again."
    ),
    "formula_error": _l("Row %(line)s, %(column)s: the formula in this cell has failed (%(text)s)."),
    "number_taken": _l(
        "Row %(line)s, %(column)s: %(number)s is the number of %(holder)s. If only the name was written "
        "wrongly, correct it on the member's page; if the seat has passed on, end that membership first."
    ),
    "number_changed": _l(
        "Row %(line)s, %(column)s: %(name)s with this phone is already here as number %(number)s. "
        "Correct the number in the sheet, or on the member's page."
    ),
}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One member as the sheet has him, cleaned; what it leaves blank is "" or (). `line` counts from 1."""

    number: str
    name: str
    sex: str = ""
    ethnic_group: str = ""
    party: str = ""
    sector: str = ""
    committees: tuple[str, ...] = ()
    post: str = ""
    phone: str = ""
    email: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row can't be imported. `column` is the heading as it stands in the sheet, "" if of no sheet."""

    line: int
    field: str
    column: str
    code: str
    params: Mapping[str, str | int]

    def message(self) -> str:
        """The problem for a person, naming row and column, in the language of the moment."""
        values = {"line": self.line, "column": self.column or FIELDS[self.field], **self.params}
        return str(_PROBLEMS[self.code]) % values


@dataclass(frozen=True, slots=True)
class Known:
    """A membership that exists, with its person."""

    membership_id: int
    person_id: int
    number: str
    name: str
    sex: str = ""
    ethnic_group: str = ""
    party: str = ""
    sector: str = ""
    committees: tuple[str, ...] = ()
    post: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """What importing one row would do.

    `changes` maps a field to (old, new). `membership_id` is that of the membership the row was matched to.
    `same_person` is a person of another unit with this name and phone: a proposal, never done by itself.
    """

    row: RosterRow
    verdict: Verdict
    changes: Mapping[str, tuple[Value, Value]] = field(default_factory=dict)
    membership_id: int | None = None
    same_person: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a roster would do. `missing` are members that the sheet lacks; they stay as they are."""

    rows: tuple[Planned, ...]
    missing: tuple[Known, ...]


def plan(
    rows: Iterable[RosterRow],
    existing: Sequence[Known],
    *,
    elsewhere: Sequence[Known] = (),
    problems: Iterable[Problem] = (),
) -> Plan:
    """Compare a roster with a unit's members, matched by member number.

    `existing` are the unit's present members, `elsewhere` those of other units, `problems` what reading the
    sheet has found. Since a person's record hangs on the account, a number is never handed to somebody else
    unseen: with another name *and* another phone the row is wrong, and so is a known name and phone under a
    new number.
    """
    found: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        found[problem.line].append(problem)
    by_number = {known.number: known for known in existing}
    here = {(known.name, known.phone): known for known in existing if known.phone}
    there: dict[tuple[str, str], set[int]] = defaultdict(set)
    for known in elsewhere:
        if known.phone:
            there[known.name, known.phone].add(known.person_id)

    planned: list[Planned] = []
    seen: set[int] = set()
    for row in rows:
        match = by_number.get(row.number)
        same = here.get((row.name, row.phone))
        wrong = [*found[row.line]]
        if not wrong:
            wrong += _mistaken(row, match, same)
        seen.update(known.membership_id for known in (match, same) if known)
        planned.append(_planned(row, match, tuple(wrong), there.get((row.name, row.phone), set())))
    missing = tuple(known for known in existing if known.membership_id not in seen)
    return Plan(tuple(planned), missing)


def _planned(row: RosterRow, match: Known | None, wrong: tuple[Problem, ...], alike: set[int]) -> Planned:
    membership_id = match.membership_id if match else None
    if wrong:
        return Planned(row, "wrong", membership_id=membership_id, problems=wrong)
    if match:
        changes = _changes(match, row)
        return Planned(row, "changed" if changes else "unchanged", changes, membership_id)
    return Planned(row, "new", same_person=next(iter(alike)) if len(alike) == 1 else None)


def _mistaken(row: RosterRow, match: Known | None, same: Known | None) -> list[Problem]:
    if match and match.name != row.name and (not row.phone or match.phone != row.phone):
        params = {"number": match.number, "holder": match.name}
        return [Problem(row.line, "number", "", "number_taken", params)]
    if not match and same:
        params = {"number": same.number, "name": same.name}
        return [Problem(row.line, "number", "", "number_changed", params)]
    return []


def _changes(known: Known, row: RosterRow) -> dict[str, tuple[Value, Value]]:
    pairs = ((name, getattr(known, name), getattr(row, name)) for name in FIELDS)
    return {name: (old, new) for name, old, new in pairs if new and new != old}
