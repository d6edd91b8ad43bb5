"""The table of topics."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Topic(Base):
    """A matter to consult on (议题). `version` grows with each edit, so that none is silently overwritten."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    background: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[str] = mapped_column(String(30))  # a Form value
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(
        String(64), unique=True
    )  # of the form sent, so twice is once
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
