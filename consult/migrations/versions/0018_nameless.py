"""people whose names were dropped, and what somebody has said in all meetings

Revision: 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("nameless_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_entry_person_id"), "entry", ["person_id"])
