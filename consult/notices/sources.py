"""Rows that others write and that somebody is to be told of, read behind marks.

How far each kind of rows is read is in a Mark: a number where rows are only added (transitions, settlements,
files), seconds where a time is set later (decided_at, placed_at), each with an index (but of calls and of
objections, which are few), so that no look reads more than the last moments' rows. A mark follows what was
seen only after OVERLAP: a row that was written before another and committed after it is not passed over. The
first look ever takes all that is there as told, so that what happened before there were notices, or was made
up for a demonstration, stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute

from consult.core.store import UtcDateTime, Work
from consult.notices.kinds import Kind
from consult.notices.models import Mark, Notice
from consult.notices.outbox import put
from consult.notices.policy import Policy

Column = InstrumentedAttribute[int]

OVERLAP = timedelta(seconds=60)  # longer than any transaction is let live


@dataclass(frozen=True)
class Source:
    """A kind of rows: where it ends now; the keys of those after a mark that are not told; telling one.

    With `bursts` the keys are Bursts, each told once its thing has been left alone for a while.
    """

    name: str
    end: Callable[[Work], int]
    untold: Callable[[Work, int], Sequence[Any]]
    tell: Callable[[Work, Policy, Any], None]
    bursts: bool = False


@dataclass(frozen=True)
class Burst:
    """Several edits of one thing that are told as one: of what, up to which version, and from when to when
    they were made."""

    of: int
    version: int
    began_at: datetime
    ended_at: datetime

    def is_over(self, policy: Policy, now: datetime) -> bool:
        """Whether it has been left alone since, or has gone on for so long that it must be told."""
        return now >= min(self.ended_at + policy.change_quiet, self.began_at + policy.longest_quiet)


@dataclass(frozen=True)
class New:
    """The keys of what is to be told now, and whether all there is is among them."""

    keys: Sequence[Any]
    all: bool


def new(work: Work, policy: Policy, source: Source) -> New:
    """What is to be told now; nothing before the first look."""
    row = work.db.get(Mark, source.name)
    found = source.untold(work, row.up_to) if row else ()
    ready = [key for key in found if not source.bursts or key.is_over(policy, work.now)]
    return New(ready, len(ready) == len(found))


def move_mark(work: Work, source: Source) -> None:
    """Notes that the source has been read to its end."""
    row = work.db.get(Mark, source.name)
    if row is None:  # and another clock may find so at the same moment
        end = literal(source.end(work))
        first = select(literal(source.name), end, end, literal(work.now, UtcDateTime)).where(true())
        put(work, Mark, ["name", "up_to", "next_up_to", "next_at"], first)
    elif row.next_at <= work.now - OVERLAP:
        row.up_to, row.next_up_to, row.next_at = row.next_up_to, source.end(work), work.now


def mark_is_old(work: Work, source: Source) -> bool:
    """Whether the mark is to be moved."""
    row = work.db.get(Mark, source.name)
    return row is None or row.next_at <= work.now - OVERLAP


def last(column: Column) -> Callable[[Work], int]:
    """The end of rows that are only added."""
    return lambda work: work.db.scalar(select(func.max(column))) or 0


def second(work: Work) -> int:
    """The end of rows whose time is set later."""
    return int(work.now.timestamp())


def instant(seconds: int) -> datetime:
    """The instant of a mark that counts seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def not_told(name: str, row: Column, kind: Kind, version: Column | int) -> ColumnElement[bool]:
    """The condition that nobody has been told of the row so far."""
    subject = literal(f"{name}:") + cast(row, String)
    return ~exists().where(Notice.subject == subject, Notice.kind == kind, Notice.version == version)
