"""The table of issued reports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class IssuedReport(Base):
    """A report as it was issued. Never changed and never deleted; one that should not stand is withdrawn.

    `content` is the bytes that `digest` (SHA-256, hexadecimal) is of: a JSON document that says everything
    the report says, its number, date, author and rule included (`freezing.content`). `rows` is the JSON of
    the rows behind it, compressed; its digest stands in the content. `subject` says what was reported on.
    """

    __tablename__ = "issued_report"
    __table_args__ = (UniqueConstraint("unit_id", "year", "number"), Index(None, "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]  # of its number
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")
