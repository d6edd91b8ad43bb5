"""Leases: a running process keeps saying that it is alive; what a silent one held ends when it last did."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, update

from consult.attendance.models import Lease
from consult.core.store import Work

EVERY = timedelta(seconds=5)  # how often a process renews its lease
DEAD = timedelta(seconds=15)  # how long after the last renewal it counts as dead
WEB, CLOCK = "web", "clock"


def renew(work: Work, process: str, kind: str) -> bool:
    """Says that the process is alive; the first time makes its lease.

    False when it had been silent for so long that others may have taken it for dead.
    """
    lease = work.db.get(Lease, process)
    if lease is None:
        work.db.add(Lease(process=process, kind=kind, started_at=work.now, renewed_at=work.now))
        return True
    held = lease.renewed_at + DEAD > work.now
    lease.renewed_at = max(lease.renewed_at, work.now)
    return held


def end(work: Work, process: str) -> None:
    """Says that the process ends in good order."""
    work.db.execute(
        update(Lease).where(Lease.process == process).values(renewed_at=work.now, ended_at=work.now)
    )


def dead(work: Work) -> ColumnElement[bool]:
    """The condition on Lease that its process is no longer there."""
    return or_(Lease.ended_at.is_not(None), Lease.renewed_at <= work.now - DEAD)
