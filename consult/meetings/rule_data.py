"""A meeting's attendance rule as the data kept with it; what it means is `attendance.rules`' matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid

VERSION = "2026-2"
"""The meaning of these parts; the same as `attendance.rules.VERSION`. Of 2026-1 the first six meant the same,
and there were no others."""

LONGEST = 24 * 3600
TIMES = ("late_after", "early_before", "bridge_hidden", "return_grace", "video_lasts")


@dataclass(frozen=True)
class RuleData:
    """What makes present, and times in whole seconds.

    Either the `share` (numerator, denominator) of the open time or `at_least` so many seconds make present;
    of each half-day by itself where `half_days` says so, and of the time on site where `on_site_only` does.
    Refuses: Invalid, naming the part: a share that is not above 0 and at most 1 in small whole numbers, a
    time that is not from 0 to a day.
    """

    share: tuple[int, int] | None = (2, 3)
    late_after: int = 10 * 60
    early_before: int = 15 * 60
    bridge_hidden: int = 5 * 60
    return_grace: int = 60
    video_lasts: int = 30 * 60
    at_least: int | None = None
    half_days: bool = False
    on_site_only: bool = False

    def __post_init__(self) -> None:
        if (self.share is None) == (self.at_least is None):
            raise Invalid(_l("Please give either a share of the time or minutes."), field="share")
        numerator, denominator = self.share or (1, 1)
        if not 0 < numerator <= denominator <= 1000:
            raise Invalid(_l("The share must be above 0 and at most the whole."), field="share")
        if self.at_least is not None and not 60 <= self.at_least <= LONGEST:
            raise Invalid(_l("This must lie between 1 minute and a day."), field="at_least")
        for time in TIMES:
            if not 0 <= getattr(self, time) <= LONGEST:
                raise Invalid(_l("This must lie between 0 minutes and a day."), field=time)

    def as_data(self) -> dict[str, Any]:
        """As it is stored, and as `attendance.rules.Rule.from_data` reads it."""
        return {**asdict(self), "version": VERSION, "share": list(self.share) if self.share else None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `as_data` gave, now or by version 2026-1."""
        share, at_least = data["share"], data.get("at_least")
        return cls(
            share=(int(share[0]), int(share[1])) if share else None,
            at_least=None if at_least is None else int(at_least),
            half_days=bool(data.get("half_days", False)),
            on_site_only=bool(data.get("on_site_only", False)),
            **{time: int(data[time]) for time in TIMES},
        )
