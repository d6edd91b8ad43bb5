"""the outbox

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was compared, who was told, how far rows were read; reminders to answer; when a notice is moot."""
    op.create_table(
        "looked_at",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("meeting_version", sa.Integer(), nullable=False),
        sa.Column("meeting_revision", sa.Integer(), nullable=False),
        sa.Column("delegations", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_looked_at_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_looked_at")),
    )
    op.create_table(
        "informed",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_informed_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_informed_person_id")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_informed")),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("up_to", sa.Integer(), nullable=False),
        sa.Column("next_up_to", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mark")),
    )
    with op.batch_alter_table("reminder") as batch:
        batch.add_column(sa.Column("about", sa.String(length=10), server_default="meeting", nullable=False))
        batch.drop_constraint("uq_reminder_meeting_id_number_minutes_before", type_="unique")
        batch.create_unique_constraint(
            "uq_reminder_meeting_id_number_about_minutes_before",
            ["meeting_id", "number", "about", "minutes_before"],
        )
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("useful_until", sa.DateTime(timezone=True), nullable=True))
        batch.drop_index("ix_notice_subject")
        batch.create_index("ix_notice_subject_kind_version", ["subject", "kind", "version"])
    op.create_index("ix_meeting_closes_at", "meeting", ["closes_at"])
    op.create_index("ix_leave_request_decided_at", "leave_request", ["decided_at"])
    op.create_index("ix_topic_decided_at", "topic", ["decided_at"])
    op.create_index("ix_invitation_placed_at", "invitation", ["placed_at"])
    op.create_index("ix_nudge_at", "nudge", ["at"])
