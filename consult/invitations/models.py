"""The tables of requests for leave, and of reminders to those who have not answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class LeaveRequest(Base):
    """A member asks for leave (请假) from a meeting, and what was decided.

    Never changed once decided, but that granted leave can be taken back: who asks again makes another row.
    """

    __tablename__ = "leave_request"
    __table_args__ = (
        Index(None, "meeting_id", "person_id"),
        Index(None, "status", "unit_id"),
        Index(None, "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason_type: Mapped[str] = mapped_column(String(20))  # a leave.ReasonType value
    reason: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20))  # a leave.Status value
    approver: Mapped[str] = mapped_column(String(20))  # a leave.Approver value: who decides
    approver_name: Mapped[str] = mapped_column(String(40), default="")  # the sector or committee, by name
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))  # the unit in which that is, or whose office
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str] = mapped_column(String(200), default="")  # a word to who asked


class Nudge(Base):
    """The office asked those who had not answered by then (催办), for the first, second … time."""

    __tablename__ = "nudge"
    __table_args__ = (Index(None, "at"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked: Mapped[int]  # how many had not answered
