"""what figures over many meetings are read from: one index that has all of it

Revision: 0016, after 0015.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row of a settlement is wide (it has each person's times), what is counted of it is narrow."""
    op.create_index(
        "ix_outcome_figures",
        "outcome",
        ["settlement_id", "unit_id", "outcome", "person_id", "sector", "party", "observer", "mode"],
    )
