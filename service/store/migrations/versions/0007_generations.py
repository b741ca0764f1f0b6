"""What a database that was put back to an older state has to know: its generation, and what a version follows.

A table and a column are added and nothing else: the version before this one may serve while this step runs. It knows
no generations, and so it has to be gone before a generation begins.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_RULE = (
    "CASE (SELECT current_setting('journal.reach', true))"
    " WHEN 'clinic' THEN clinic = (SELECT current_setting('journal.clinic', true))"
    " WHEN 'house' THEN true ELSE false END"
)


def upgrade() -> None:
    """Add both; on PostgreSQL the table stands behind the wall from its first day."""
    op.create_table(
        "generations",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic", "number", name="pk_generations"),
    )
    op.add_column("entry_versions", sa.Column("follows", sa.Integer))
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"CREATE POLICY reach ON generations USING ({_RULE})")
    op.execute("ALTER TABLE generations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE generations FORCE ROW LEVEL SECURITY")
