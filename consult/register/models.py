"""The table of heads that are counted without names at a venue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class VenueCount(Base):
    """Who was at a unit's venue without being counted by name: `guests` (列席 without a seat, staff of
    departments) and the `public`. `version` grows with each edit."""

    __tablename__ = "venue_count"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    guests: Mapped[int] = mapped_column(default=0)
    public: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
