"""What a patient says of why they changed what they had sent is kept with the version, sealed as its words (rule 17).

Nothing but a column is added, which may be empty, so the version before this one may serve while this step runs. The
table's policy holds for it as for every other column.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("entry_versions", sa.Column("because", sa.LargeBinary))
