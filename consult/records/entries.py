"""What a record says: from the texts of a form or of a sheet's row to values, or reasons why not. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.core.text import line, paragraphs
from consult.records.kinds import FIELDS, KINDS, Kind

Value = str | bool | int | date | tuple[str, ...] | None

EARLIEST = 2000
LATEST = 2099
MOST_COUNTED = 9_999_999
MOST_NAMED = 1000  # people in one field
MOST_LISTED = 30
LONGEST_NAME = 80
_TEXT = 40 * MOST_NAMED
_NEVER_BLANK = ("title", "day")
_YES = frozenset({"是", "已立案", "立案", "yes", "y", "true", "1", "√", "✓"})
_NO = frozenset({"否", "未立案", "不立案", "不予立案", "no", "n", "false", "0", "×"})
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?( .*)?")
_YEAR = re.compile(r"(\d{4})年?(度)?")
_SEPARATORS = re.compile(r"[、，,;；/\n\t]+")
_UNITS = r"(?:人次|人|名|位|份|册|件|people|person-times)?"
_COUNT = re.compile(rf"(\d{{1,9}}){_UNITS}")
_MORE_THAN = re.compile(
    rf"(?:超过|多于|逾|>|more than|over)(\d{{1,9}}){_UNITS}|(\d{{1,9}})(?:余|多|\+)(?:个)?{_UNITS}"
)


@dataclass(frozen=True)
class Count:
    """A number without names; `at_least`: only “more than so many” is known."""

    value: int
    at_least: bool = False

    def __str__(self) -> str:
        return f"{self.value}+" if self.at_least else str(self.value)


@dataclass(frozen=True)
class Entry:
    """A record as it was written: values by field, the names as they were typed, the headcounts.

    Every field of the kind is in one of them, an empty one as "", None or ().
    """

    kind: Kind
    values: Mapping[str, Value]
    names: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, Count | None]

    @property
    def day(self) -> date:
        return cast(date, self.values["day"])

    @property
    def year(self) -> int:
        return cast(int, self.values["year"])


def entry_of(kind: Kind, texts: Mapping[str, str], latest: date) -> Entry:
    """The record that these texts, by field, say. Refuses: Invalid, at the first field that is wrong."""
    entry, problems = read(kind, texts, latest)
    if entry is None:
        raise problems[0]
    require_author(entry)
    return entry


def require_author(entry: Entry) -> None:
    """Refuses (Invalid, field `authors`) a contribution of nobody."""
    if KINDS[entry.kind].contribution and not entry.names["authors"] and not entry.names["staff"]:
        raise Invalid(
            _l("Please name whose it is: a member, or under other authors a body or staff."), field="authors"
        )


def read(kind: Kind, texts: Mapping[str, str], latest: date) -> tuple[Entry | None, list[Invalid]]:
    """The same, of nobody perhaps, with all that is wrong; None if anything is. `latest`: the last day that
    something can have been on."""
    values: dict[str, Value] = {}
    names: dict[str, tuple[str, ...]] = {}
    counts: dict[str, Count | None] = {}
    problems: list[Invalid] = []
    for field in KINDS[kind].fields:
        text = texts.get(field, "")
        try:
            match FIELDS[field].sort:
                case "people":
                    names[field] = _listed(text, field, MOST_NAMED, LONGEST_NAME)
                case "count":
                    counts[field] = _count(text, field)
                case _:
                    values[field] = _value(kind, field, text)
        except Invalid as wrong:
            problems.append(wrong)
    wrong_at = {problem.field for problem in problems}
    if not wrong_at & {"day", "year"}:
        values["year"] = values["year"] or _year_of(values["day"])
        problems += _impossible(values, latest)
    return (None if problems else Entry(kind, values, names, counts)), problems


def _value(kind: Kind, field: str, text: str) -> Value:
    told = FIELDS[field]
    match told.sort:
        case "line":
            return line(text, field, longest=told.longest, required=field in _NEVER_BLANK)
        case "text":
            return paragraphs(text, field, longest=told.longest, required=False)
        case "list":
            return _listed(text, field, MOST_LISTED, told.longest)
        case "choice":
            return _choice(kind, field, text)
    said = unicodedata.normalize("NFKC", line(text, field, longest=60, required=field in _NEVER_BLANK))
    match told.sort:
        case "day":
            return _day(said, field)
        case "year":
            return _year(said, field)
        case _:
            return _yes_no(said, field)


def _listed(text: str, field: str, most: int, longest: int) -> tuple[str, ...]:
    parts = _SEPARATORS.split(paragraphs(text, field, longest=_TEXT, required=False))
    unique = tuple(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
    if any(len(part) > longest for part in unique):
        raise Invalid(_l("Too long: at most %(longest)s characters.", longest=longest), field=field)
    if len(unique) > most:
        raise Invalid(_l("At most %(most)s of them.", most=most), field=field)
    return unique


def _choice(kind: Kind, field: str, text: str) -> str:
    choices = KINDS[kind].choices_of(field)
    said = _plain(line(text, field, longest=60, required=field == "variety"))
    if not said:
        return ""
    for value, choice in choices.items():
        if said in {value, _plain(str(choice.label)), *map(_plain, choice.said)}:
            return value
    allowed = "、".join(str(choice.label) for choice in choices.values())
    raise Invalid(
        _l("“%(text)s” is none of these: %(allowed)s.", text=text[:30], allowed=allowed), field=field
    )


def _day(said: str, field: str) -> date | None:
    if not said:
        return None
    match = _DAY.fullmatch(said)
    try:
        day = date(*map(int, match.groups()[:3])) if match else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid(_l("“%(text)s” is not a date. Write it like 2026-03-15.", text=said[:30]), field=field)
    if not EARLIEST <= day.year <= LATEST:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field=field)
    return day


def _year(said: str, field: str) -> int | None:
    if not said:
        return None
    match = _YEAR.fullmatch(said)
    if match is None or not EARLIEST <= int(match[1]) <= LATEST:
        raise Invalid(_l("The year must lie between 2000 and 2099."), field=field)
    return int(match[1])


def _yes_no(said: str, field: str) -> bool | None:
    if not said:
        return None
    if said.casefold() in _YES | _NO:
        return said.casefold() in _YES
    raise Invalid(_l("“%(text)s” is neither yes (是) nor no (否).", text=said[:30]), field=field)


def _count(text: str, field: str) -> Count | None:
    said = unicodedata.normalize("NFKC", line(text, field, longest=30, required=False)).casefold()
    said = said.replace(" ", "").replace("morethan", "more than")
    if not said:
        return None
    exact, more = _COUNT.fullmatch(said), _MORE_THAN.fullmatch(said)
    digits = exact[1] if exact else (more[1] or more[2]) if more else ""
    if not digits:
        raise Invalid(
            _l(
                "“%(text)s” is not a number. Write 226, or 220+ if only “more than 220” is known.",
                text=text[:30],
            ),
            field=field,
        )
    if int(digits) > MOST_COUNTED:
        raise Invalid(_l("At most %(most)s.", most=MOST_COUNTED), field=field)
    return Count(int(digits), exact is None)


def _year_of(day: Value) -> int | None:
    return day.year if isinstance(day, date) else None


def _impossible(values: Mapping[str, Value], latest: date) -> list[Invalid]:
    """What can't be true of the dates taken together."""
    day, year = values["day"], values["year"]
    if not isinstance(day, date) or not isinstance(year, int):
        return []
    found = []
    if day > latest:
        found.append(Invalid(_l("This day has not come yet. Records are kept of what was."), field="day"))
    if abs(year - day.year) > 1:
        found.append(Invalid(_l("This is not the year of the date, nor the one beside it."), field="year"))
    for field in ("met_on", "replied_on"):
        later = values.get(field)
        if isinstance(later, date) and later < day:
            found.append(Invalid(_l("This is before the proposal was submitted."), field=field))
        elif isinstance(later, date) and later > latest:
            found.append(Invalid(_l("This day has not come yet. Records are kept of what was."), field=field))
    return found


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def texts_of(entry: Entry) -> dict[str, str]:
    """The entry as one would type it, by field: `read` makes the same of it again."""
    typed = {field: _typed(value) for field, value in entry.values.items()}
    typed |= {field: "、".join(names) for field, names in entry.names.items()}
    return typed | {field: str(count or "") for field, count in entry.counts.items()}


def _typed(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
        case tuple():
            return "、".join(value)
        case _:
            return str(value)
