"""Backend clients registered with us: the tokens they hold, and the assertions that they have used up.

Two new tables and nothing else: version 0.2.0 may serve while this step runs, and knows nothing of them.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add both tables, empty."""
    op.create_table(
        "client_assertions",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("jti_digest", sa.String, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "client_id", "jti_digest", name="pk_client_assertions"),
    )
    op.create_index("ix_client_assertions_expires_at", "client_assertions", ["clinic", "expires_at"])
    op.create_table(
        "client_tokens",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "digest", name="pk_client_tokens"),
    )
    op.create_index("ix_client_tokens_expires_at", "client_tokens", ["clinic", "expires_at"])
