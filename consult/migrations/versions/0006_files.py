"""files and background work

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A file remembers the form it came by, a task the language of who asked."""
    with op.batch_alter_table("stored_file") as table:
        table.add_column(sa.Column("form_key", sa.String(length=64), nullable=True))
    with op.batch_alter_table("task") as table:
        table.add_column(sa.Column("language", sa.String(length=10), nullable=False, server_default="zh_CN"))
