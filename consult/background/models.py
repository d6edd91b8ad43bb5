"""The tables of background work: tasks, and the files that some of them make."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Status(enum.StrEnum):
    """How far a task is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Task(Base):
    """Something long that somebody asked for, done step by step (`background.runner`).

    A step's effects, the new `cursor` and `done` are committed together, so whatever is killed, no step is
    lost or done twice. Whoever works on it holds it until `held_until`.
    """

    __tablename__ = "task"
    __table_args__ = (Index(None, "status", "due_at"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[Status] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)  # 0: not known yet
    cursor: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(500), default="")  # for who asked, in his language
    language: Mapped[str] = mapped_column(String(10), default="zh_CN")  # of who asked
    tries: Mapped[int] = mapped_column(default=0)  # times its present step was begun
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_by: Mapped[str | None] = mapped_column(String(40))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)


class TaskFile(Base):
    """The file that a task has made, or that it was given."""

    __tablename__ = "task_file"

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)  # input or output
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    data: Mapped[bytes] = mapped_column(LargeBinary)
