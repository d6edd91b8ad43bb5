"""The trail of edits to things that carry a version: what changed, and who changed what since one read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.core.store import Work
from consult.members import audit
from consult.members.access import Actor
from consult.members.models import AuditEntry, Person

LONGEST = 200  # characters of a value that are kept in the trail


@dataclass(frozen=True)
class Edit:
    """Somebody's edit: when, by whom, what was done, and the fields that it changed."""

    at: datetime
    by: str
    action: str
    fields: tuple[str, ...]


def note(
    work: Work,
    actor: Actor,
    action: str,
    subject: str,
    unit_id: int,
    version: int,
    changed: Mapping[str, tuple[object, object]],
    reason: str = "",
) -> None:
    """Writes down the edit that made this version of the subject; `changed` has old and new by field."""
    kept = {field: [str(old)[:LONGEST], str(new)[:LONGEST]] for field, (old, new) in changed.items()}
    audit.note(work, actor, action, subject, unit_id, version=version, changed=kept, reason=reason)


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """The fields whose values differ, with both."""
    return {field: (old[field], new[field]) for field in new if old[field] != new[field]}


def since(work: Work, subject: str, unit_id: int, version: int) -> list[Edit]:
    """The edits of the subject after that version, the latest first."""
    rows = work.db.execute(
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.by_id)
        .where(AuditEntry.unit_id == unit_id, AuditEntry.subject == subject)
        .order_by(AuditEntry.id.desc())
        .limit(50)
    )
    return [
        Edit(entry.at, name or "", entry.action, tuple(entry.details["changed"]))
        for entry, name in rows
        if entry.details.get("version", 0) > version
    ]
