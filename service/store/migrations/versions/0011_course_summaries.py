"""What is owed of a whole series: which series a filing tells of, and a digest of what it was owed for (rule 20).

Nothing but two columns is added, which may be empty, so the version before this one may serve while this step runs. It
owes no such filing; one that it takes up it cannot name, so it has to be gone before a clinic turns them on.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both."""
    op.add_column("filings", sa.Column("series", sa.String))
    op.add_column("filings", sa.Column("says", sa.String))
