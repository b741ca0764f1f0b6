"""The first tables: visits, drafts and entries, filings, and the audit log with its triggers.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BYTES = sa.LargeBinary()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LIVE = sa.text("encounter_id IS NOT NULL AND status NOT IN ('stopped', 'entered-in-error')")

_REFUSE_IN_SQLITE = """
CREATE TRIGGER audit_records_no_{word} BEFORE {word} ON audit_records
BEGIN SELECT RAISE(ABORT, 'audit records stay as they are'); END
"""
_REFUSAL_IN_POSTGRESQL = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit records stay as they are'; END $$
"""
_REFUSE_IN_POSTGRESQL = """
CREATE TRIGGER audit_records_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""


def upgrade() -> None:
    """Make everything."""
    _make_visits()
    _make_writing()
    _make_entries()
    _make_filings()
    _make_log()
    _protect_log()


def _link() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("encounter_id", sa.String),
        sa.Column("ordinal", sa.Integer),
        sa.Column("infusion_start", _INSTANT),
        sa.Column("infusion_end", _INSTANT),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("rule_version", sa.String),
    )


def _one_live_entry(table: str) -> None:
    op.create_index(
        f"uq_{table}_live_encounter",
        table,
        ["clinic", "patient_id", "encounter_id"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )


def _make_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("handle", sa.String, nullable=False),
        sa.Column("secret_digest", sa.String, nullable=False),
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("patient_id", sa.String),
        sa.Column("encounter_id", sa.String),
        sa.Column("contents", _BYTES, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_visits"),
    )
    op.create_index("ix_visits_expires_at", "visits", ["expires_at"])
    op.create_table(
        "launches",
        sa.Column("state_digest", sa.String, nullable=False),
        sa.Column("browser_digest", sa.String, nullable=False),
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("contents", _BYTES, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name="pk_launches"),
    )
    op.create_index("ix_launches_expires_at", "launches", ["expires_at"])


def _make_writing() -> None:
    op.create_table(
        "drafts",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("questionnaire", sa.String, nullable=False),
        *_link(),
        sa.Column("answers", _BYTES, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("resume_at", sa.String),
        sa.Column("sitting", sa.String),
        sa.PrimaryKeyConstraint("clinic", "key", name="pk_drafts"),
    )
    op.create_index("ix_drafts_patient", "drafts", ["clinic", "patient_id", "started_at"])
    _one_live_entry("drafts")
    op.create_table(
        "seen_encounters",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "patient_id", "id", name="pk_seen_encounters"),
    )


def _make_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("questionnaire", sa.String, nullable=False),
        sa.Column("encounter_id", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("authored", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "id", name="pk_entries"),
    )
    op.create_index("ix_entries_authored", "entries", ["clinic", "authored", "id"])
    op.create_index("ix_entries_patient", "entries", ["clinic", "patient_id", "authored", "id"])
    op.create_index("uq_entries_key", "entries", ["clinic", "key"], unique=True)
    _one_live_entry("entries")
    op.create_table(
        "entry_versions",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("entry_id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("questionnaire", sa.String, nullable=False),
        *_link(),
        sa.Column("answers", _BYTES, nullable=False),
        sa.Column("shared", _BYTES, nullable=False),
        sa.Column("authored", _INSTANT, nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("through", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "entry_id"], ["entries.clinic", "entries.id"], name="fk_entry_versions_entries"
        ),
        sa.PrimaryKeyConstraint("clinic", "entry_id", "version", name="pk_entry_versions"),
    )


def _make_filings() -> None:
    op.create_table(
        "lanes",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.Column("owner", sa.String),
        sa.PrimaryKeyConstraint("clinic", "patient_id", name="pk_lanes"),
    )
    op.create_table(
        "filings",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("entry_id", sa.String, nullable=False),
        sa.Column("entry_version", sa.Integer, nullable=False),
        sa.Column("version_identifier", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("document_id", sa.String),
        sa.Column("settled_at", _INSTANT),
        sa.Column("send_started_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["clinic", "entry_id", "entry_version"],
            ["entry_versions.clinic", "entry_versions.entry_id", "entry_versions.version"],
            name="fk_filings_entry_versions",
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient_id"], ["lanes.clinic", "lanes.patient_id"], name="fk_filings_lanes"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_filings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_filings_entry", "filings", ["clinic", "entry_id", "entry_version"])
    op.create_index("ix_filings_patient", "filings", ["clinic", "patient_id", "number"])
    op.create_index("ix_filings_state", "filings", ["clinic", "state", "due_at"])
    op.create_index("uq_filings_id", "filings", ["clinic", "id"], unique=True)
    op.create_index("uq_filings_version_identifier", "filings", ["clinic", "version_identifier"], unique=True)
    op.create_table(
        "summaries",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("filing_id", sa.String, nullable=False),
        sa.Column("pdf", _BYTES, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "filing_id"], ["filings.clinic", "filings.id"], name="fk_summaries_filings"
        ),
        sa.PrimaryKeyConstraint("clinic", "filing_id", name="pk_summaries"),
    )


def _make_log() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("size", _NUMBER, nullable=False),
        sa.Column("edge", _BYTES, nullable=False),
        sa.PrimaryKeyConstraint("clinic", name="pk_audit_heads"),
    )
    op.create_table(
        "audit_records",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("leaf_index", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("recorded", _INSTANT, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("leaf", _BYTES, nullable=False),
        sa.Column("deed", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("patient", sa.String),
        sa.Column("person", sa.String),
        sa.PrimaryKeyConstraint("clinic", "leaf_index", name="pk_audit_records"),
    )
    op.create_index("ix_audit_records_patient", "audit_records", ["clinic", "patient", "leaf_index"])
    op.create_index("ix_audit_records_person", "audit_records", ["clinic", "person", "leaf_index"])
    op.create_index("ix_audit_records_recorded", "audit_records", ["clinic", "recorded", "leaf_index"])
    op.create_index("uq_audit_records_id", "audit_records", ["clinic", "id"], unique=True)
    op.create_table(
        "checkpoints",
        sa.Column("clinic", sa.String, nullable=False),
        sa.Column("size", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clinic", "size", name="pk_checkpoints"),
    )


def _protect_log() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSAL_IN_POSTGRESQL)
        op.execute(_REFUSE_IN_POSTGRESQL)
        return
    for word in ("UPDATE", "DELETE"):
        op.execute(_REFUSE_IN_SQLITE.format(word=word))
