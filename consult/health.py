"""For those who watch over the server: is it up, and can it serve?"""

from __future__ import annotations

from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from sqlalchemy import select

from consult.attendance import leases
from consult.attendance.models import Lease
from consult.core.errors import Busy
from consult.core.migrate import configuration
from consult.core.store import Work
from consult.core.web import store
from consult.notices import failures

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(ok=True)


@pages.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether it can serve: database reachable and at this version's schema. Beside it: is a clock alive
    somewhere, and have mail server and SMS gateway been reached lately (if they are used at all)."""
    parts = {"database": False, "schema": False, "clock": False, "messages": False}
    try:
        with store().read() as work:
            present = MigrationContext.configure(work.db.connection()).get_current_revision()
            parts["database"] = True
            parts["schema"] = present == _newest()
            parts["clock"] = parts["schema"] and _clock_lives(work)
            parts["messages"] = parts["schema"] and not failures.down(work)
    except Busy:
        parts["database"] = False
    ready = parts["database"] and parts["schema"]
    return jsonify(ok=ready, **parts), 200 if ready else 503


@cache
def _newest() -> str | None:
    return ScriptDirectory.from_config(configuration("sqlite://")).get_current_head()


def _clock_lives(work: Work) -> bool:
    clocks = select(Lease.process).where(
        Lease.kind == leases.CLOCK, Lease.ended_at.is_(None), Lease.renewed_at > work.now - leases.DEAD
    )
    return work.db.execute(clocks.limit(1)).first() is not None
