"""checking in

Revision: 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tickets that scans of the big screen are changed into."""
    op.create_table(
        "checkin_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_checkin_ticket_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_checkin_ticket_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_ticket")),
        sa.UniqueConstraint(
            "person_id", "meeting_id", "slot", name=op.f("uq_checkin_ticket_person_id_meeting_id_slot")
        ),
    )
    op.create_index(op.f("ix_checkin_ticket_meeting_id"), "checkin_ticket", ["meeting_id"])
