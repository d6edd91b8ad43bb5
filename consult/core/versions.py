"""Rows that many may edit: whoever saves says which version he read, and only the newest may be changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from consult.core.errors import Stale
from consult.core.store import Work


def claim(work: Work, row: Any, version: int) -> None:
    """Makes the row this verb's to change, as its next version; others wait, and are then stale.

    Refuses: Stale, when the row is no longer at that version.
    """
    kind = type(row)
    won = work.db.execute(
        update(kind)
        .where(kind.id == row.id, kind.version == version)
        .values(version=version + 1, updated_at=work.now)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        raise Stale
    work.db.refresh(row)
