"""The tables of attendance: presences, the leases of the processes that hold them, and settlements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Presence(Base):
    """One connection or check-in: from `joined_at` to `left_at` (None while it is open).

    `ended` says how it ended: an intervals.Ended value. `process` is the Lease that keeps it open; for the
    channels that have no connection (http, video) `seen_at` is the last sign of life.
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


class Lease(Base):
    """A running process says that it is alive; when it stops saying so, what it held ends at `renewed_at`."""

    __tablename__ = "lease"

    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # web or clock
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Settlement(Base):
    """One counting of a meeting's attendance. A later version supersedes, never overwrites."""

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("meeting_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the clock
    reason: Mapped[str] = mapped_column(String(500), default="")
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    periods: Mapped[list[list[str]]] = mapped_column(JSON)  # actual open time: [[from, to], …], ISO UTC


class Outcome(Base):
    """What the settlement found for one membership, with what it was on the meeting's day."""

    __tablename__ = "outcome"
    __table_args__ = (Index(None, "membership_id"), Index(None, "person_id"))

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
