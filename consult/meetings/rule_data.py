"""A meeting's attendance rule as the data kept with it; what it means is `attendance.rules`' matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid

VERSION = "2026-1"
"""The meaning of these parts; the same as `attendance.rules.VERSION`."""

LONGEST = 24 * 3600


@dataclass(frozen=True)
class RuleData:
    """The share (numerator, denominator) of the open time that makes present, and times in whole seconds.

    Refuses: Invalid, naming the part: a share that is not above 0 and at most 1 in small whole numbers, a
    time that is not from 0 to a day.
    """

    share: tuple[int, int] = (2, 3)
    late_after: int = 10 * 60
    early_before: int = 15 * 60
    bridge_hidden: int = 5 * 60
    return_grace: int = 60
    video_lasts: int = 30 * 60

    def __post_init__(self) -> None:
        numerator, denominator = self.share
        if not 0 < numerator <= denominator <= 1000:
            raise Invalid(_l("The share must be above 0 and at most the whole."), field="share")
        for time in fields(self)[1:]:
            if not 0 <= getattr(self, time.name) <= LONGEST:
                raise Invalid(_l("This must lie between 0 minutes and a day."), field=time.name)

    def as_data(self) -> dict[str, Any]:
        """As it is stored, and as `attendance.rules.Rule.from_data` reads it."""
        return {**asdict(self), "version": VERSION, "share": list(self.share)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `as_data` gave."""
        numerator, denominator = data["share"]
        times = {time.name: int(data[time.name]) for time in fields(cls)[1:]}
        return cls(share=(int(numerator), int(denominator)), **times)
