"""The tables of attendance: presences, the leases of the processes that hold them, and settlements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime

HOLDS = text("superseded_at IS NULL")
STANDS = text("ended_at IS NULL")
OPEN = text("answered_at IS NULL")


class Presence(Base):
    """One connection or check-in: from `joined_at` to `left_at` (None while it is open).

    `ended` says how it ended: an intervals.Ended value. `process` is the Lease that keeps it open; for the
    channels that have no connection (http, video) `seen_at` is the last sign of life. What staff wrote down
    has `entered_by`, and `sheet_id` where a video platform's sheet says it; taken back (`voided_at`) it stays
    here and counts nowhere.
    """

    __tablename__ = "presence"
    __table_args__ = (
        Index(None, "meeting_id", "left_at"),
        Index(None, "person_id", "meeting_id"),
        Index(None, "process", "left_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    channel: Mapped[str] = mapped_column(String(10))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[str | None] = mapped_column(String(10))
    process: Mapped[str] = mapped_column(String(40))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))  # the device
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("video_sheet.id"), index=True)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VideoSheet(Base):
    """The attendance sheet of a video platform, from its preview on. `lines` is what it said, parsed; when it
    has been applied, the presences made of it carry its id and `result` says how many there were."""

    __tablename__ = "video_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    filename: Mapped[str] = mapped_column(String(200))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Lease(Base):
    """A running process says that it is alive; when it stops saying so, what it held ends at `renewed_at`."""

    __tablename__ = "lease"

    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # web or clock
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Settlement(Base):
    """One counting of a meeting's attendance. A later version supersedes, never overwrites.

    The one that holds has no `superseded_at`, and each meeting has at most one such (a partial unique index).
    So reports join it by `superseded_at IS NULL`, without looking for the latest version of each meeting.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("meeting_id", "version"),
        Index(None, "meeting_id", unique=True, sqlite_where=HOLDS, postgresql_where=HOLDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the clock
    reason: Mapped[str] = mapped_column(String(500), default="")
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    periods: Mapped[list[list[str]]] = mapped_column(JSON)  # actual open time: [[from, to], …], ISO UTC
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: this version holds


class Outcome(Base):
    """What the settlement found for one membership, with what it was on the meeting's day.

    `outcome` is what counts. `found` is what the rows alone came to; it differs only where a correction
    (`corrected_id`) stood when the version was made. `half_days` of `half_days_held` were attended; both are
    0 where the rule does not count by half-days.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        Index(None, "membership_id"),
        Index(None, "person_id"),
        Index(  # all that reports/facts.py counts, apart from the wide rows
            "ix_outcome_figures",
            *("settlement_id", "unit_id", "outcome", "person_id", "sector", "party", "observer", "mode"),
        ),
    )

    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(60))
    unit_name: Mapped[str] = mapped_column(String(80))
    sector: Mapped[str] = mapped_column(String(40))
    committees: Mapped[list[str]] = mapped_column(JSON)
    party: Mapped[str] = mapped_column(String(40))
    expected: Mapped[bool]
    outcome: Mapped[str] = mapped_column(String(20))  # a rules.Outcome value
    seconds: Mapped[int]
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spans: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    reasons: Mapped[list[str]] = mapped_column(JSON)  # rules.Reason values
    excused_reason: Mapped[str] = mapped_column(String(200), default="")
    observer: Mapped[bool] = mapped_column(default=False)  # invited to observe 列席: not expected
    mode: Mapped[str] = mapped_column(String(10), default="")  # a rules.Way value; empty: was not there
    half_days: Mapped[int] = mapped_column(default=0)
    half_days_held: Mapped[int] = mapped_column(default=0)
    found: Mapped[str] = mapped_column(String(20))
    corrected_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))


class Correction(Base):
    """What the office put right about one membership's outcome at one meeting: never edited, only ended.

    It corrects `old_outcome` of the version `settlement_id`, and holds in all later versions until
    `ended_at`: then a newer one took its place, or it was withdrawn.
    """

    __tablename__ = "correction"
    __table_args__ = (
        Index(None, "meeting_id", "membership_id", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
        Index(None, "settlement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"))
    old_outcome: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10), default="")  # a rules.Way value; empty: as found
    half_days: Mapped[int | None]  # None: as found
    reason: Mapped[str] = mapped_column(String(500))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str] = mapped_column(String(500), default="")


class Objection(Base):
    """A member says that his outcome in one version is not right; the office answers, once.

    Accepted, it led to `correction_id`.
    """

    __tablename__ = "objection"
    __table_args__ = (
        UniqueConstraint("settlement_id", "membership_id"),
        Index(None, "meeting_id", "membership_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    claim: Mapped[str] = mapped_column(String(20))  # an objections.Claim value
    text: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    accepted: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
