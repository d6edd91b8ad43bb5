"""The tables of files: what is known of each, its bytes, and who has opened it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Purpose(enum.StrEnum):
    """What a file is to the thing that it belongs to."""

    ATTACHMENT = "attachment"  # of a topic
    MATERIAL = "material"  # of a meeting (会议材料)
    MINUTES = "minutes"  # of a meeting (会议纪要)


class StoredFile(Base):
    """A file that belongs to a topic or a meeting: `owner` is `topic:7` or `meeting:9`.

    Its bytes are kept apart (FileContent), so that lists don't read them; what is taken away keeps its row,
    not its bytes.
    """

    __tablename__ = "stored_file"
    __table_args__ = (Index(None, "owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[Purpose] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    added_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str | None] = mapped_column(String(64))  # of the form it came by, so twice is once


class FileContent(Base):
    """The bytes of a file."""

    __tablename__ = "file_content"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class FileReading(Base):
    """Somebody has opened a file, first then."""

    __tablename__ = "file_reading"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
