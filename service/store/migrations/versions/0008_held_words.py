"""Words that came after a visit had ended are held for a day, and so is whose visit it was (rule 14).

Two tables are added and nothing else: the version before this one may serve while this step runs, and holds nothing.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REACH = "(SELECT current_setting('journal.reach', true))"
_IN_CLINIC = "clinic = (SELECT current_setting('journal.clinic', true))"
_IN_PATIENTS = (
    "patient_id = ANY ((SELECT nullif(current_setting('journal.patients', true), '')::text[])::text[])"
)
_OWN = "(SELECT current_setting('journal.drafts', true)) = 'on'"
_RULES = {
    "ended_visits": (
        f"CASE {_REACH} WHEN 'clinic' THEN {_IN_CLINIC}"
        " WHEN 'mark' THEN handle = (SELECT current_setting('journal.mark', true))"
        " WHEN 'house' THEN true ELSE false END"
    ),
    "held_words": (
        f"CASE {_REACH} WHEN 'clinic' THEN {_OWN} AND {_IN_CLINIC}"
        f" WHEN 'patients' THEN {_OWN} AND {_IN_CLINIC} AND {_IN_PATIENTS}"
        " WHEN 'house' THEN true ELSE false END"
    ),
}


def upgrade() -> None:
    """Add both; on PostgreSQL they stand behind the wall from their first day."""
    _add_ended_visits()
    _add_held_words()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, rule in _RULES.items():
        op.execute(f"CREATE POLICY reach ON {table} USING ({rule})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _add_ended_visits() -> None:
    op.create_table(
        "ended_visits",
        sa.Column("handle", sa.String, nullable=False),
        sa.Column("secret_digest", sa.String, nullable=False),
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_ended_visits"),
    )
    op.create_index("ix_ended_visits_expires_at", "ended_visits", ["expires_at"])


def _add_held_words() -> None:
    op.create_table(
        "held_words",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic", "id", name="pk_held_words"),
    )
    op.create_index("ix_held_words_patient", "held_words", ["clinic", "patient_id", "key"])
    op.create_index("ix_held_words_expires_at", "held_words", ["expires_at"])
