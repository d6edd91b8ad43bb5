"""Whom the names in a video platform's sheet mean. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consult.meetings.audience import Seat
from consult.register.video_sheet import Line

_BETWEEN = re.compile(r"[\W_]+")
_REMARK = re.compile(r"[(（\[【].*?[)）\]】]")
_NOT_DIGITS = re.compile(r"\D+")
SHORTEST = 2  # letters of a name that is looked for inside a longer one
TELLING = 4  # letters of a member number that means somebody by itself; “iPhone 12” means nobody


@dataclass(frozen=True)
class Visitor:
    """All lines of one name in the sheet, and the people it may mean: one if it is clear, none if nobody of
    the meeting is called so."""

    name: str
    lines: tuple[Line, ...]
    seats: tuple[Seat, ...]

    @property
    def seat(self) -> Seat | None:
        """Whom it means, if that is clear."""
        return self.seats[0] if len(self.seats) == 1 else None


def visitors(lines: Iterable[Line], seats: Sequence[Seat], phones: Mapping[int, str]) -> list[Visitor]:
    """The visitors in the order of the sheet. `phones` are the people's numbers, by person id.

    A name means somebody by his phone number; else as a whole; else by one of its parts (`清河-张三`,
    `0012 张三`), a member number counting as one; else, where only one person's name stands inside it.
    """
    known = _Known(seats, phones)
    grouped: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[_plain(line.name), _digits(line.phone)].append(line)
    return [
        Visitor(found[0].name, tuple(found), known.called(name, phone))
        for (name, phone), found in grouped.items()
    ]


class _Known:
    def __init__(self, seats: Sequence[Seat], phones: Mapping[int, str]) -> None:
        self._by_phone: defaultdict[str, dict[int, Seat]] = defaultdict(dict)
        self._by_word: defaultdict[str, dict[int, Seat]] = defaultdict(dict)
        for seat in seats:
            self._by_word[_joined(seat.name)].setdefault(seat.person_id, seat)
            if len(number := _joined(seat.number)) >= TELLING:
                self._by_word[number].setdefault(seat.person_id, seat)
            if phone := _digits(phones.get(seat.person_id, "")):
                self._by_phone[phone].setdefault(seat.person_id, seat)
        self._names = {_joined(seat.name) for seat in seats}

    def called(self, name: str, phone: str) -> tuple[Seat, ...]:
        if phone in self._by_phone:
            return tuple(self._by_phone[phone].values())
        bare = _REMARK.sub(" ", name)
        for words in ([_joined(name)], [_joined(bare)], _BETWEEN.split(name)):
            if found := self._all(words):
                return found
        inside = [one for one in self._names if len(one) >= SHORTEST and one in _joined(bare)]
        return self._all(one for one in inside if not any(one in other != one for other in inside))

    def _all(self, words: Iterable[str]) -> tuple[Seat, ...]:
        """Whom these words mean together: a number tells which of two people of one name is meant."""
        meant = [self._by_word[word] for word in words if word and word in self._by_word]
        if not meant:
            return ()
        common = set.intersection(*(set(one) for one in meant))
        people = {person: seat for one in meant for person, seat in one.items()}
        return tuple(people[person] for person in (common or people))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _joined(text: str) -> str:
    return _BETWEEN.sub("", _plain(text))


def _digits(text: str) -> str:
    digits = _NOT_DIGITS.sub("", text)
    return digits[-11:] if len(digits) >= 11 else digits
