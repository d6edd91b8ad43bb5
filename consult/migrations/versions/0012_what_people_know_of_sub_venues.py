"""what people know of sub-venues, and when a meeting was last looked at

Revision: 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("informed") as batch_op:
        batch_op.add_column(sa.Column("sub_venue", sa.String(length=330), server_default="", nullable=False))
    # Until now mails named the sub-venue as it was when they were sent.
    op.execute(
        "UPDATE informed SET sub_venue = COALESCE(("
        " SELECT TRIM(delegation.venue || ' ' || delegation.address) FROM invitation"
        " JOIN membership ON membership.id = invitation.membership_id"
        " JOIN delegation ON delegation.meeting_id = invitation.meeting_id"
        " AND delegation.unit_id = COALESCE(invitation.named_by_unit, membership.unit_id)"
        " WHERE invitation.meeting_id = informed.meeting_id AND invitation.person_id = informed.person_id"
        " AND delegation.venue <> ''), '')"
    )
    with op.batch_alter_table("looked_at") as batch_op:
        batch_op.add_column(sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE looked_at SET at = (SELECT updated_at FROM meeting WHERE meeting.id = looked_at.meeting_id)"
    )
    with op.batch_alter_table("looked_at") as batch_op:
        batch_op.alter_column("at", existing_type=sa.DateTime(timezone=True), nullable=False)
