"""By what attendance is counted: each dimension says what it reads of a row, and the keys that stands under.

What is read (`column`) is what the tables hold; what it stands under (`fold`) is worked out here, so that
figures and the rows behind them go by the same reading. A row may stand under several keys (a member of two
committees), never twice under one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Text, and_, case, cast, false, literal, or_

from consult.attendance.intervals import WAY_NAMES
from consult.attendance.models import Outcome
from consult.core.errors import Invalid, Message
from consult.meetings.models import Meeting
from consult.members.models import Level, Unit
from consult.members.parties import STANDINGS, Standing, standing
from consult.members.units import LEVELS
from consult.topics.forms_of_consultation import Form


class Dimension(enum.StrEnum):
    """What a row may be counted by: what the member was on the day, and what the meeting was."""

    UNIT = "own_unit"  # "unit" says in addresses which one is reported on
    BRANCH = "branch"
    SECTOR = "sector"
    COMMITTEE = "committee"
    STANDING = "standing"
    MEMBER = "member"
    WAY = "way"
    OBSERVER = "observer"
    FORM = "form"
    HOST = "host"
    LEVEL = "level"
    SIDE = "side"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    MEETING = "meeting"


DIMENSIONS: Mapping[Dimension, Message] = {
    Dimension.UNIT: _l("Unit"),
    Dimension.BRANCH: _l("Unit with those below it"),
    Dimension.SECTOR: _l("Sector"),
    Dimension.COMMITTEE: _l("Committee"),
    Dimension.STANDING: _l("CPC or non-CPC"),
    Dimension.MEMBER: _l("Member"),
    Dimension.WAY: _l("On site or remote"),
    Dimension.OBSERVER: _l("Member or observer"),
    Dimension.FORM: _l("Form of the meeting"),
    Dimension.HOST: _l("Host"),
    Dimension.LEVEL: _l("Level of the host"),
    Dimension.SIDE: _l("Own meeting or another’s"),
    Dimension.MONTH: _l("Month"),
    Dimension.QUARTER: _l("Quarter"),
    Dimension.HALF: _l("Half-year"),
    Dimension.YEAR: _l("Year"),
    Dimension.MEETING: _l("Meeting"),
}

_LENGTHS = {
    Dimension.MONTH: (1, ""),
    Dimension.QUARTER: (3, "Q"),
    Dimension.HALF: (6, "H"),
    Dimension.YEAR: (12, ""),
}
PERIODS = tuple(_LENGTHS)
OF_MEETINGS = frozenset(
    {Dimension.FORM, Dimension.HOST, Dimension.LEVEL, Dimension.SIDE, Dimension.MEETING, *PERIODS}
)
"""Those that say what the meeting was, whoever came."""


WAYS: Mapping[str, Message] = {
    **{way.value: name for way, name in WAY_NAMES.items()},
    "": _l("Was not there"),
}
_FORMS = {form.value: form.label for form in Form}


class Side(enum.StrEnum):
    """Whose meeting it was, seen from the unit that is reported on."""

    OWN = "own"
    BELOW = "below"
    ABOVE = "above"
    ELSEWHERE = "elsewhere"


SIDES: Mapping[Side, Message] = {
    Side.OWN: _l("Its own meetings"),
    Side.BELOW: _l("Meetings of units below"),
    Side.ABOVE: _l("Meetings of units above"),
    Side.ELSEWHERE: _l("Meetings of other units"),
}


@dataclass(frozen=True)
class Frame:
    """What keys are relative to: all units in tree order, the paths reported on, the time, the zone."""

    units: Mapping[int, Unit]
    tops: tuple[str, ...]
    start: datetime
    end: datetime
    zone: ZoneInfo

    def periods(self, dimension: Dimension) -> list[tuple[datetime, datetime, str]]:
        """The periods of the time: the first instant of each, that after it, and its key (2026-03, 2026-Q1,
        2026-H1 or 2026)."""
        months, letter = _LENGTHS[dimension]
        local = self.start.astimezone(self.zone)
        year, part = local.year, (local.month - 1) // months
        found = []
        while (begin := datetime(year, part * months + 1, 1, tzinfo=self.zone)) < self.end:
            key = f"{year}" if months == 12 else f"{year}-{letter}{part + 1}" if letter else f"{begin:%Y-%m}"
            year, part = (year, part + 1) if (part + 1) * months < 12 else (year + 1, 0)
            found.append((begin, datetime(year, part * months + 1, 1, tzinfo=self.zone), key))
        return found

    @property
    def one_year(self) -> bool:
        """Whether it is one calendar year, or a part of one."""
        return len(self.periods(Dimension.YEAR)) == 1

    def under(self, path: str) -> bool:
        """Whether the unit of that path is reported on, itself or as one below."""
        return path.startswith(self.tops)

    def below(self) -> list[int]:
        """The units that are reported on."""
        return [unit.id for unit in self.units.values() if self.under(unit.path)]


def column(dimension: Dimension, frame: Frame) -> ColumnElement[Any]:
    """What the dimension reads of a row; the FROM has Outcome (for what is a member's) and Meeting."""
    match dimension:
        case Dimension.UNIT | Dimension.BRANCH:
            return Outcome.unit_id.expression
        case Dimension.SECTOR:
            return Outcome.sector.expression
        case Dimension.COMMITTEE:
            return cast(Outcome.committees, Text)
        case Dimension.STANDING:
            return Outcome.party.expression
        case Dimension.MEMBER:
            return Outcome.person_id.expression
        case Dimension.WAY:
            return Outcome.mode.expression
        case Dimension.OBSERVER:
            return Outcome.observer.expression
        case Dimension.FORM:
            return Meeting.form.expression
        case Dimension.HOST | Dimension.LEVEL | Dimension.SIDE:
            return Meeting.host_id.expression
        case Dimension.MEETING:
            return Meeting.id.expression
    *earlier, (_from, _until, last) = frame.periods(dimension)
    until = [(Meeting.opens_at < until, literal(key)) for _from, until, key in earlier]
    return case(*until, else_=literal(last)) if until else literal(last)


def fold(dimension: Dimension, frame: Frame) -> Callable[[Any], tuple[str, ...]]:
    """From what was read to the keys that it stands under."""
    match dimension:
        case Dimension.COMMITTEE:
            return _committees
        case Dimension.STANDING:
            return lambda party: (standing(party).value,)
        case Dimension.OBSERVER:
            return lambda observer: ("yes" if observer else "no",)
        case Dimension.BRANCH:
            return lambda unit_id: (_branch(frame, unit_id),)
        case Dimension.LEVEL:
            return lambda host_id: (str(frame.units[host_id].level),)
        case Dimension.SIDE:
            return lambda host_id: (_side(frame, frame.units[host_id].path).value,)
    return lambda value: (str(value),)


def condition(
    dimension: Dimension,
    keys: Collection[str],
    frame: Frame,
    known: Callable[[ColumnElement[Any]], Iterable[Any]],
) -> ColumnElement[bool]:
    """That a row stands under one of these keys. `known` tells which values of a column there are.

    Refuses: Invalid, for what can't be a key.
    """
    reads, under = column(dimension, frame), fold(dimension, frame)

    def meant(values: Iterable[Any]) -> ColumnElement[bool]:
        return reads.in_([value for value in values if not set(under(value)).isdisjoint(keys)])

    match dimension:
        case Dimension.COMMITTEE | Dimension.STANDING:
            return meant(known(reads))
        case Dimension.BRANCH | Dimension.LEVEL | Dimension.SIDE:
            return meant(frame.units)
        case Dimension.OBSERVER:
            return meant((True, False))
        case Dimension.SECTOR | Dimension.FORM | Dimension.WAY:
            return reads.in_(list(keys))
        case Dimension.UNIT | Dimension.HOST | Dimension.MEMBER | Dimension.MEETING:
            return reads.in_([_number(key) for key in keys])
    chosen = [(a, b) for a, b, key in frame.periods(dimension) if key in keys]
    return or_(false(), *(and_(Meeting.opens_at >= a, Meeting.opens_at < b) for a, b in chosen))


def label(dimension: Dimension, key: str, frame: Frame) -> str:
    """The key as people read it; of members and meetings the names are the database's."""
    match dimension:
        case Dimension.UNIT | Dimension.BRANCH | Dimension.HOST:
            unit = frame.units.get(_number(key))
            return unit.name if unit else ""
        case Dimension.STANDING:
            return str(_said(STANDINGS, key))
        case Dimension.FORM:
            return str(_said(_FORMS, key))
        case Dimension.WAY:
            return str(_said(WAYS, key))
        case Dimension.OBSERVER:
            return str(_("Observers") if key == "yes" else _("Members"))
        case Dimension.LEVEL:
            return str(_said(LEVELS, key))
        case Dimension.SIDE:
            return str(_said(SIDES, key))
        case Dimension.MONTH:
            if frame.one_year:
                return str(_("Month %(number)s", number=key[5:].lstrip("0")))
            return str(_("%(year)s-%(month)s", year=key[:4], month=key[5:]))
        case Dimension.QUARTER:
            return str(_("%(year)s, quarter %(number)s", year=key[:4], number=key[-1]))
        case Dimension.HALF:
            halves = {"1": _("First half of %(year)s"), "2": _("Second half of %(year)s")}
            return str(halves.get(key[-1:], key) % {"year": key[:4]})
        case Dimension.SECTOR | Dimension.COMMITTEE if not key:
            return str(_("(none)"))
    return key


def ordered(
    dimension: Dimension, keys: Collection[str], size: Callable[[str], int], frame: Frame
) -> list[str]:
    """The keys as a table shows them: time in its order, units as in the tree, the rest by size; who has none
    comes last."""
    if dimension in PERIODS:
        return sorted(keys)
    if dimension in (Dimension.UNIT, Dimension.BRANCH, Dimension.HOST):
        return [str(unit_id) for unit_id in frame.units if str(unit_id) in keys]
    fixed: Mapping[Dimension, Iterable[str]] = {
        Dimension.STANDING: Standing,
        Dimension.LEVEL: Level,
        Dimension.SIDE: Side,
        Dimension.FORM: Form,
        Dimension.WAY: WAYS,
    }
    rank = {str(key): place for place, key in enumerate(fixed.get(dimension, ()))}
    return sorted(keys, key=lambda key: (not key, rank.get(key, len(rank)), -size(key), key))


def _committees(raw: str) -> tuple[str, ...]:
    """The committees, as they are stored; one that stands twice, or none at all, is one key."""
    return tuple(dict.fromkeys(msgspec.json.decode(raw, type=list[str]))) or ("",)


def _branch(frame: Frame, unit_id: int) -> str:
    """The unit itself if it is one of the tops, else its forebear right below one."""
    path = frame.units[unit_id].path
    top = max((top for top in frame.tops if path.startswith(top)), key=len, default="/")
    rest = path[len(top) :].split("/")[0]
    return rest or str(unit_id)


def _side(frame: Frame, path: str) -> Side:
    if path in frame.tops:
        return Side.OWN
    if frame.under(path):
        return Side.BELOW
    return Side.ABOVE if any(top.startswith(path) for top in frame.tops) else Side.ELSEWHERE


def _said(names: Mapping[Any, Message], key: str) -> Message:
    return names.get(key, key)


def _number(key: str) -> int:
    if not (key.isascii() and key.isdecimal() and len(key) < 10):
        raise Invalid(_l("There are no such rows. Please follow the links of a report."))
    return int(key)
