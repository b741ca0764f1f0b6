"""What is owed to a record system in its kinds and renditions, what was found of it later, what is held till morning.

Columns are added and nothing else: version 0.2.0 may serve while this step runs. What it writes meanwhile is a summary
in PDF and held from nobody, as the defaults say.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns."""
    op.add_column("filings", sa.Column("kind", sa.String, nullable=False, server_default="summary"))
    op.add_column("filings", sa.Column("looked_at", _INSTANT))
    op.add_column("filings", sa.Column("trouble", sa.String))
    op.add_column(
        "summaries", sa.Column("media_type", sa.String, nullable=False, server_default="application/pdf")
    )
    op.add_column("drafts", sa.Column("follows", sa.Integer, nullable=False, server_default="0"))
    for table in ("entries", "entry_versions"):
        op.add_column(table, sa.Column("held_until", _INSTANT))
