"""The table of personal calendar addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class CalendarFeed(Base):
    """A secret address at which a person's calendar program fetches his meetings. Only its hash is kept."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last; told to its owner
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
