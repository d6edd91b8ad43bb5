"""Names as offices write them, and the members that are meant: by number, by name, or by both. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.members.sheet_cells import words
from consult.records.kinds import ROLES, Role

_BOTH = re.compile(r"(.+?)\s*[(（]\s*([^()（）]+?)\s*[)）]")
_MOST_PROPOSED = 8


@dataclass(frozen=True)
class Seat:
    """A membership with its holder, as records need it."""

    membership_id: int
    person_id: int
    name: str
    number: str
    sector: str
    committees: tuple[str, ...]
    party: str
    from_day: date
    to_day: date | None

    def held_on(self, day: date) -> bool:
        return self.from_day <= day and (self.to_day is None or day < self.to_day)

    @property
    def written(self) -> str:
        """The name and the number, by which nobody else can be meant."""
        return f"{self.name}（{self.number}）"


@dataclass(frozen=True)
class Named:
    """Somebody in a record and the field he stands in; `seat` is None for who is no member."""

    field: str
    name: str
    seat: Seat | None = None

    @property
    def role(self) -> Role:
        """What he did."""
        return ROLES[self.field]

    @property
    def written(self) -> str:
        """As he is written in the field."""
        return self.seat.written if self.seat else self.name


class Doubt(Invalid):
    """A name that several members bear: `text` as it was written, and who may be meant."""

    def __init__(self, field: str, text: str, seats: tuple[Seat, ...]) -> None:
        proposed = "、".join(seat.written for seat in seats[:_MOST_PROPOSED])
        super().__init__(
            _l(
                "%(text)s may be several members. Write one of these: %(proposed)s.",
                text=text,
                proposed=proposed,
            ),
            field=field,
        )
        self.text, self.seats = text, seats


class Directory:
    """The seats of a unit, found by what an office writes; `on` a day only those that were held then."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        self._day: date | None = None
        self._by_number: defaultdict[str, list[Seat]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Seat]] = defaultdict(list)
        for seat in seats:
            self._by_number[_key(seat.number)].append(seat)
            self._by_name[_key(seat.name)].append(seat)

    def on(self, day: date) -> Directory:
        """The same on that day."""
        then = copy(self)
        then._day = day
        return then

    def found(self, text: str) -> list[Seat]:
        """Whom the text may mean: a number, a name, or a name with a number or a sector in brackets."""
        key = _key(text)
        if numbered := self._held(self._by_number.get(key, [])):
            return numbered[:1]
        if named := self._held(self._by_name.get(key, [])):
            return named
        both = _BOTH.fullmatch(text)
        if both is None:
            return []
        further = _key(both[2])
        named = self._held(self._by_name.get(_key(both[1]), []))
        return [seat for seat in named if further in (_key(seat.number), _key(seat.sector))]

    def _held(self, seats: list[Seat]) -> list[Seat]:
        return [seat for seat in seats if self._day is None or seat.held_on(self._day)]


def resolve(
    names: Mapping[str, tuple[str, ...]], directory: Directory, chosen: Mapping[str, int]
) -> tuple[list[Named], list[Invalid]]:
    """Who is meant by the names in each field, and what is wrong with some of them.

    `chosen` says by the written name which membership is meant where several may be. A member who stands in
    several fields is kept once, where he comes first: the author before the joint one, the leader before
    those who took part.
    """
    people: list[Named] = []
    problems: list[Invalid] = []
    taken: set[int] = set()
    for field in ROLES:
        for text in _split(names.get(field, ()), directory, ROLES[field]):
            if ROLES[field] == Role.STAFF:
                people.append(Named(field, text[:60]))
                continue
            try:
                seat = _one(field, text, directory.found(text), chosen)
            except Invalid as wrong:
                problems.append(wrong)
                continue
            if seat.membership_id not in taken:
                taken.add(seat.membership_id)
                people.append(Named(field, seat.name, seat))
    return people, problems


def _split(texts: Iterable[str], directory: Directory, role: Role) -> Iterable[str]:
    """The texts; one that only makes sense as several names with spaces between, as those."""
    for text in texts:
        parts = text.split()
        if (
            role != Role.STAFF
            and len(parts) > 1
            and not directory.found(text)
            and all(map(directory.found, parts))
        ):
            yield from parts
        else:
            yield text


def _one(field: str, text: str, found: list[Seat], chosen: Mapping[str, int]) -> Seat:
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid(
            _l(
                "“%(text)s” is no member of this unit on that day. Write the name or the number as in the "
                "list of members.",
                text=text,
            ),
            field=field,
        )
    meant = [seat for seat in found if seat.membership_id == chosen.get(text)]
    if not meant:
        raise Doubt(field, text, tuple(found))
    return meant[0]


@lru_cache(maxsize=10_000)
def _key(text: str) -> str:
    return "".join(words(unicodedata.normalize("NFKC", text)).split()).casefold()
