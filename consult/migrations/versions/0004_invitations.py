"""invitations and answers

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What an answer was given for, places that were waited for, whose office decides on leave, nudges."""
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_for", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unit_id", sa.Integer(), nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_leave_request_unit_id"), "unit", ["unit_id"], ["id"])
        batch_op.drop_index(batch_op.f("ix_leave_request_status"))
        batch_op.create_index(batch_op.f("ix_leave_request_status_unit_id"), ["status", "unit_id"])

    op.create_table(
        "nudge",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_nudge_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_nudge_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "number", name=op.f("pk_nudge")),
    )
