"""The tables of checking in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Ticket(Base):
    """A scan of the big screen's code, changed at once into something that only its person can use, once.

    `slot` is the half minute in which the code was shown; one person has one ticket of it.
    """

    __tablename__ = "checkin_ticket"
    __table_args__ = (UniqueConstraint("person_id", "meeting_id", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    slot: Mapped[int]
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Looked(Base):
    """An organizer has looked at one of a meeting's flags: an oddities.Kind, and its subject."""

    __tablename__ = "flag_looked"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Prompting(Base):
    """How often a meeting asks whether people are still there, and the seed of when."""

    __tablename__ = "prompting"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    times: Mapped[int]
    seed: Mapped[str] = mapped_column(String(32))


class Prompt(Base):
    """One question to all who are on the web page: asked when, to be answered until when."""

    __tablename__ = "prompt"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class PromptAnswer(Base):
    """Somebody said that he is there."""

    __tablename__ = "prompt_answer"

    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompt.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
