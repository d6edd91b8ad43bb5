"""Alembic's entry: runs the migrations, or compares them with the tables."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, engine_from_config, pool

from consult.attendance import models as _attendance  # noqa: F401  the tables register themselves
from consult.background import models as _background  # noqa: F401
from consult.calendars import models as _calendars  # noqa: F401
from consult.checkins import models as _checkins  # noqa: F401
from consult.core.store import Base, UtcDateTime
from consult.files import models as _files  # noqa: F401
from consult.invitations import models as _invitations  # noqa: F401
from consult.issued import models as _issued  # noqa: F401
from consult.meetings import models as _meetings  # noqa: F401
from consult.members import models as _members  # noqa: F401
from consult.notices import models as _notices  # noqa: F401
from consult.records import models as _records  # noqa: F401
from consult.register import models as _register  # noqa: F401
from consult.topics import models as _topics  # noqa: F401


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,  # on SQLite too: an interrupted migration leaves nothing behind
        render_as_batch=True,  # SQLite can't alter a table in place
        compare_type=True,
        render_item=lambda kind, item, _: (
            "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
        ),
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:  # Alembic's own commands, while a migration is being written
    section = context.config.get_section("alembic", {})
    with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as own:
        migrate(own)
