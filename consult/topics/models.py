"""The tables of topics, of the calls for them, and of who seconds them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Call(Base):
    """A call for topics (议题征集) of a unit for a year: members may propose from `opens_at` to `closes_at`.

    `within` says who may see and second what is proposed: `unit` only the unit's own members, `tree` those of
    the units below it, too.
    """

    __tablename__ = "topic_call"
    __table_args__ = (Index(None, "unit_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    within: Mapped[str] = mapped_column(String(10))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Topic(Base):
    """A matter to consult on (议题). `version` grows with each edit, so that none is silently overwritten.

    `state` is what was decided about it (a life.State value); whether it was scheduled, consulted on and
    reported is what its meetings say. `year` is that of the annual plan (年度协商计划) it stands in.
    """

    __tablename__ = "topic"
    __table_args__ = (Index(None, "unit_id", "year"), Index(None, "decided_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    background: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[str] = mapped_column(String(30))  # a Form value
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    year: Mapped[int | None]
    month: Mapped[int | None]  # of that year, by which it is planned to be consulted on
    call_id: Mapped[int | None] = mapped_column(ForeignKey("topic_call.id"), index=True)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")  # why it was rejected, for its proposer
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"), index=True)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its result was marked as reported
    reported_note: Mapped[str] = mapped_column(String(500), default="")  # to whom, under what number
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(
        String(64), unique=True
    )  # of the form sent, so twice is once
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Second(Base):
    """A member seconds (附议) a topic that another has proposed."""

    __tablename__ = "topic_second"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
