"""The tables of a year's other records. What each kind of record holds is told in `kinds.py`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Record(Base):
    """Something that was held or given and is written down afterwards: an event or a contribution.

    Never deleted: one that is wrong is voided with a reason. `version` grows with each edit. `year` is that
    of the report it belongs to. Which columns a kind uses is data (`kinds.KINDS`); the others stay empty.
    """

    __tablename__ = "record"
    __table_args__ = (Index(None, "unit_id", "year", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(20))  # a kinds.Kind value
    variety: Mapped[str] = mapped_column(String(30), default="")  # one of the kind's varieties
    day: Mapped[date]
    year: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(20), default="")  # whose event; empty: the unit's own
    series: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[str] = mapped_column(String(120), default="")
    occasion: Mapped[str] = mapped_column(String(30), default="")  # where a speech was made
    number: Mapped[str] = mapped_column(String(40), default="")
    filed: Mapped[bool | None]  # 立案; None: not decided
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)  # who handles it, or was sent it
    met_on: Mapped[date | None]
    replied_on: Mapped[date | None]
    rating: Mapped[str] = mapped_column(String(20), default="")
    adopted: Mapped[str] = mapped_column(String(20), default="")  # the highest level that adopted it
    instruction: Mapped[str] = mapped_column(String(500), default="")  # 批示
    note: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecordPerson(Base):
    """Somebody in a record: who took part, led or wrote.

    A member stands here as he was on the record's day; one who is no member by name only. `place` is the
    order they were written in: the first author has the lowest.
    """

    __tablename__ = "record_person"
    __table_args__ = (UniqueConstraint("record_id", "membership_id"), Index(None, "person_id"))

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(10))  # a kinds.Role value
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(60))
    number: Mapped[str] = mapped_column(String(40), default="")
    sector: Mapped[str] = mapped_column(String(40), default="")
    committees: Mapped[list[str]] = mapped_column(JSON, default=list)
    party: Mapped[str] = mapped_column(String(40), default="")


class Headcount(Base):
    """How many of whom (or of what) a record counts without names.

    `at_least`: only “more than so many” (余) is known. Who knows the exact number enters that; rounding it
    down is for the report.
    """

    __tablename__ = "headcount"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)  # a kinds.What value
    value: Mapped[int]
    at_least: Mapped[bool] = mapped_column(default=False)


class RecordImport(Base):
    """An uploaded sheet of records between its preview and its import. `sheet` is what it said, parsed."""

    __tablename__ = "record_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
