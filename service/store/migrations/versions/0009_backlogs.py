"""Indexes with which taking up the next filing costs no more the more is owed: lanes in use, a patient's due filings.

Nothing but indexes is added, so the version before this one may serve while this step runs.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both."""
    in_use = sa.text("lease_until IS NOT NULL")
    op.create_index("ix_lanes_held", "lanes", ["clinic"], sqlite_where=in_use, postgresql_where=in_use)
    op.create_index("ix_filings_owed", "filings", ["clinic", "patient_id", "state", "due_at"])
