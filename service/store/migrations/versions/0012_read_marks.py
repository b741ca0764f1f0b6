"""Who of the care team has read which version of an entry (rule 17).

One table is added and nothing else: the version before this one may serve while this step runs, and marks nothing.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REACH = "(SELECT current_setting('journal.reach', true))"
_IN_CLINIC = "clinic = (SELECT current_setting('journal.clinic', true))"
_IN_PATIENTS = (
    "patient_id = ANY ((SELECT nullif(current_setting('journal.patients', true), '')::text[])::text[])"
)
_RULE = (
    f"CASE {_REACH} WHEN 'clinic' THEN {_IN_CLINIC}"
    f" WHEN 'patients' THEN {_IN_CLINIC} AND {_IN_PATIENTS}"
    " WHEN 'house' THEN true ELSE false END"
)


def upgrade() -> None:
    """Add it; on PostgreSQL it stands behind the wall from its first day."""
    op.create_table(
        "read_marks",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("entry_id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("read_by", sa.String, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic", "entry_id", "version", name="pk_read_marks"),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"CREATE POLICY reach ON read_marks USING ({_RULE})")
    op.execute("ALTER TABLE read_marks ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE read_marks FORCE ROW LEVEL SECURITY")
