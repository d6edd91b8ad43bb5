"""flags

Revision: 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which sign-ins were in one browser, and who has looked at a meeting's flags."""
    with op.batch_alter_table("sign_in") as batch_op:
        batch_op.add_column(sa.Column("browser_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_sign_in_browser_id"), "sign_in", ["browser_id"], ["id"])
    op.create_table(
        "flag_looked",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_flag_looked_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_flag_looked_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "kind", "subject", name=op.f("pk_flag_looked")),
    )
