"""scheduling that prevents mistakes

Revision: 0005, after 0004.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who is where at a time is read from an index alone."""
    with op.batch_alter_table("expected", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_expected_meeting_id_excused_at_person_id"),
            ["meeting_id", "excused_at", "person_id"],
        )
