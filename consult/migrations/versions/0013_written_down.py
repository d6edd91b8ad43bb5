"""what staff write down: who entered a presence, from which sheet, what was taken back; heads at a venue

Revision: 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "venue_count",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("public", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_venue_count_meeting_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_venue_count_unit_id")),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_venue_count_updated_by")),
        sa.PrimaryKeyConstraint("meeting_id", "unit_id", name=op.f("pk_venue_count")),
    )
    op.create_table(
        "video_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_video_sheet_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_video_sheet_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_sheet")),
    )
    op.create_index(op.f("ix_video_sheet_meeting_id"), "video_sheet", ["meeting_id"])
    with op.batch_alter_table("presence") as batch_op:
        batch_op.add_column(sa.Column("entered_by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("sheet_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f("fk_presence_entered_by"), "person", ["entered_by"], ["id"])
        batch_op.create_foreign_key(op.f("fk_presence_sheet_id"), "video_sheet", ["sheet_id"], ["id"])
        batch_op.create_index(op.f("ix_presence_sheet_id"), ["sheet_id"])
