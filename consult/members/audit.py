"""The trail of what the office did: rows that are only ever added."""

from __future__ import annotations

from typing import Any

from consult.core.store import Work
from consult.members.access import Actor
from consult.members.models import AuditEntry


def note(
    work: Work, actor: Actor, action: str, subject: str, unit_id: int | None = None, **details: Any
) -> None:
    """Writes down that the actor did this to that (`person:7`). Details: no phone numbers, no comments."""
    work.db.add(
        AuditEntry(
            at=work.now,
            by_id=actor.person_id or None,
            unit_id=unit_id,
            action=action,
            subject=subject,
            details=details,
        )
    )
