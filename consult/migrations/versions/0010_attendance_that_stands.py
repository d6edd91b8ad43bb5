"""attendance that stands: the version that holds, corrections, objections, observers, units' rules

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HOLDS = {
    "sqlite_where": sa.text("superseded_at IS NULL"),
    "postgresql_where": sa.text("superseded_at IS NULL"),
}
STANDS = {"sqlite_where": sa.text("ended_at IS NULL"), "postgresql_where": sa.text("ended_at IS NULL")}
OPEN = {"sqlite_where": sa.text("answered_at IS NULL"), "postgresql_where": sa.text("answered_at IS NULL")}


def upgrade() -> None:
    _settlements()
    _corrections()
    _objections()
    with op.batch_alter_table("outcome") as batch_op:
        batch_op.add_column(sa.Column("observer", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("mode", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("half_days", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("half_days_held", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("found", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("corrected_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_outcome_corrected_id"), "correction", ["corrected_id"], ["id"])
    op.execute("UPDATE outcome SET found = outcome")
    with op.batch_alter_table("invitation") as batch_op:
        batch_op.add_column(sa.Column("observer", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "unit_rule",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_rule_unit_id")),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_unit_rule_updated_by")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_rule")),
    )


def _settlements() -> None:
    """Each version but a meeting's last was superseded when the next one was made."""
    with op.batch_alter_table("settlement") as batch_op:
        batch_op.add_column(sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE settlement SET superseded_at = (SELECT later.at FROM settlement AS later"
        " WHERE later.meeting_id = settlement.meeting_id AND later.version = settlement.version + 1)"
    )
    with op.batch_alter_table("settlement") as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_meeting_id"), ["meeting_id"], unique=True, **HOLDS)


def _corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("old_outcome", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("half_days", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_correction_by_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_correction_ended_by")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_correction_meeting_id")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_correction_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_correction_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_correction_meeting_id_membership_id"),
            ["meeting_id", "membership_id"],
            unique=True,
            **STANDS,
        )
        batch_op.create_index(batch_op.f("ix_correction_settlement_id"), ["settlement_id"], unique=False)


def _objections() -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_objection_answered_by")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_objection_correction_id")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_objection_meeting_id")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_objection_membership_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_objection_person_id")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_objection_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint(
            "settlement_id", "membership_id", name=op.f("uq_objection_settlement_id_membership_id")
        ),
    )
    with op.batch_alter_table("objection") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_objection_meeting_id_membership_id"),
            ["meeting_id", "membership_id"],
            unique=True,
            **OPEN,
        )
        batch_op.create_index(batch_op.f("ix_objection_person_id"), ["person_id"], unique=False)
