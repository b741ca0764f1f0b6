"""Series and rulings: what people decide, the sets assigned, how new infusions are found, and versions with a cause.

Nothing that version 0.1.0 reads or writes goes or changes its meaning: it may serve while this step runs.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNWRITTEN = sa.text("version > written_version")
_OPEN = sa.text("open_items > 0")
_UNATTACHED = sa.text("encounter_id IS NULL")

# Patients who are known already: when they were last looked at stands with the encounters seen then.
_LOOKED_AT = """
INSERT INTO courses (clinic, patient_id, revision, looked_at)
SELECT clinic, patient_id, 1, max(seen_at) FROM seen_encounters GROUP BY clinic, patient_id
"""
_WRITTEN_FOR = """
INSERT INTO courses (clinic, patient_id, revision)
SELECT clinic, patient_id, 0 FROM drafts WHERE true UNION SELECT clinic, patient_id, 0 FROM entries WHERE true
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Add everything, and begin the courses of the patients who are known."""
    _add_columns()
    _make_rulings()
    _make_assigned_sets()
    _make_courses()
    _make_finding()
    op.execute(_LOOKED_AT)
    op.execute(_WRITTEN_FOR)


def _add_columns() -> None:
    for table in ("drafts", "entry_versions"):
        op.add_column(table, sa.Column("series", sa.String))
    op.add_column("entry_versions", sa.Column("begun_at", _INSTANT))
    op.add_column("entry_versions", sa.Column("cause", sa.String, nullable=False, server_default="sent"))
    op.add_column("entry_versions", sa.Column("made_by", sa.String))
    op.add_column("entry_versions", sa.Column("why", sa.String))
    op.add_column("filings", sa.Column("first_tried_at", _INSTANT))
    op.create_index(
        "ix_entries_unattached",
        "entries",
        ["clinic", "authored", "id"],
        sqlite_where=_UNATTACHED,
        postgresql_where=_UNATTACHED,
    )


def _make_rulings() -> None:
    op.create_table(
        "rulings",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("said_by", sa.String, nullable=False),
        sa.Column("said_at", _INSTANT, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("encounter_ids", sa.Text, nullable=False),
        sa.Column("beside", sa.Text, nullable=False),
        sa.Column("at", _INSTANT),
        sa.Column("set_url", sa.String),
        sa.Column("entry_id", sa.String),
        sa.Column("about", sa.String),
        sa.PrimaryKeyConstraint("clinic", "id", name="pk_rulings"),
    )
    op.create_index("ix_rulings_patient", "rulings", ["clinic", "patient_id", "said_at", "id"])


def _make_assigned_sets() -> None:
    op.create_table(
        "assigned_sets",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("encounter_id", sa.String, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("rule_version", sa.String, nullable=False),
        sa.Column("series", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("questionnaire", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("authored_on", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("window_start", _INSTANT, nullable=False),
        sa.Column("window_end", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("entry_id", sa.String),
        sa.Column("written_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("write_after", _INSTANT),
        sa.Column("write_attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("write_reason", sa.String),
        sa.PrimaryKeyConstraint("clinic", "id", name="pk_assigned_sets"),
    )
    op.create_index(
        "ix_assigned_sets_patient", "assigned_sets", ["clinic", "patient_id", "authored_on", "id"]
    )
    op.create_index("ix_assigned_sets_changed", "assigned_sets", ["clinic", "changed_at", "id"])
    op.create_index(
        "ix_assigned_sets_unwritten",
        "assigned_sets",
        ["clinic", "changed_at", "id"],
        sqlite_where=_UNWRITTEN,
        postgresql_where=_UNWRITTEN,
    )


def _make_courses() -> None:
    op.create_table(
        "courses",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("looked_at", _INSTANT),
        sa.Column("etag", sa.String),
        sa.Column("look_due", _INSTANT),
        sa.Column("episodes", sa.Text),
        sa.Column("open_items", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("clinic", "patient_id", name="pk_courses"),
    )
    op.create_index("ix_courses_look_due", "courses", ["clinic", "look_due", "patient_id"])
    op.create_index("ix_courses_looked_at", "courses", ["clinic", "looked_at", "patient_id"])
    op.create_index(
        "ix_courses_open", "courses", ["clinic", "patient_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "merges",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("old_id", sa.String, nullable=False),
        sa.Column("new_id", sa.String, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "old_id", name="pk_merges"),
    )
    op.create_index("ix_merges_new_id", "merges", ["clinic", "new_id", "old_id"])


def _make_finding() -> None:
    op.create_table(
        "notices",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("encounter_id", sa.String, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_notices"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_notices_encounter_id", "notices", ["clinic", "encounter_id"], unique=True)
    op.create_index("ix_notices_number", "notices", ["clinic", "number"])
    op.create_table(
        "finding",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("since", _INSTANT),
        sa.Column("looked_at", _INSTANT),
        sa.Column("due_at", _INSTANT),
        sa.Column("last_event", _NUMBER),
        sa.Column("lease_until", _INSTANT),
        sa.Column("owner", sa.String),
        sa.PrimaryKeyConstraint("clinic", name="pk_finding"),
    )
