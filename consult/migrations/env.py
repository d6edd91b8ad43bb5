"""Alembic's entry: runs the migrations, or compares them with the tables."""

from __future__ import annotations

from alembic import context
from sqlalchemy import engine_from_config, pool

from consult.attendance import models as _attendance  # noqa: F401  the tables register themselves
from consult.core.store import Base, UtcDateTime
from consult.meetings import models as _meetings  # noqa: F401
from consult.members import models as _members  # noqa: F401
from consult.topics import models as _topics  # noqa: F401

engine = engine_from_config(
    context.config.get_section("alembic", {}), prefix="sqlalchemy.", poolclass=pool.NullPool
)

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite can't alter a table in place
        compare_type=True,
        render_item=lambda kind, item, _: (
            "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
