"""The tables of the journal: entries and drafts, what is filed, what was seen, and who is signed in.

Every table names the clinic and every key includes it, except where a key is itself a secret's digest (threat T7).
Words, tokens and documents stand only in sealed columns. The log's own tables are in `log_tables`,
those of a patient's course in `course_tables`.
"""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, String, Table, Text, text

from service.store.columns import Instant, Number
from service.store.sealing import SealedColumn

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

_UNATTACHED = text("encounter_id IS NULL")
_LIVE = text("encounter_id IS NOT NULL AND status NOT IN ('stopped', 'entered-in-error')")


def _link_columns() -> tuple[Column[object], ...]:
    return (
        Column("encounter_id", String),
        Column("ordinal", Integer),
        Column("infusion_start", Instant),
        Column("infusion_end", Instant),
        Column("evidence", Text, nullable=False),  # a JSON array of encounter ids
        Column("rule_version", String),
        Column("series", String),
    )


visits = Table(
    "visits",
    metadata,
    Column("handle", String, primary_key=True),
    Column("secret_digest", String, nullable=False),
    Column("clinic", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("person", String, nullable=False),
    Column("patient_id", String),
    Column("encounter_id", String),
    Column("contents", SealedColumn, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_visits_expires_at", "expires_at"),
)

launches = Table(
    "launches",
    metadata,
    Column("state_digest", String, primary_key=True),
    Column("browser_digest", String, nullable=False),
    Column("clinic", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("contents", SealedColumn, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_launches_expires_at", "expires_at"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("patient_id", String, nullable=False),
    Column("questionnaire", String, nullable=False),
    *_link_columns(),
    Column("answers", SealedColumn, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("language", String, nullable=False),
    Column("status", String, nullable=False),
    Column("resume_at", String),
    Column("sitting", String),
    Column("follows", Integer, nullable=False, server_default="0"),
    Index("ix_drafts_patient", "clinic", "patient_id", "started_at"),
    Index(
        "uq_drafts_live_encounter",
        "clinic",
        "patient_id",
        "encounter_id",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
)

# The newest version of each entry, as searches ask for it. The words stand in entry_versions alone.
entries = Table(
    "entries",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("questionnaire", String, nullable=False),
    Column("encounter_id", String),
    Column("status", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("authored", Instant, nullable=False),
    Column("held_until", Instant),
    Index("uq_entries_key", "clinic", "key", unique=True),
    Index("ix_entries_patient", "clinic", "patient_id", "authored", "id"),
    Index("ix_entries_authored", "clinic", "authored", "id"),
    Index(
        "ix_entries_unattached",
        "clinic",
        "authored",
        "id",
        sqlite_where=_UNATTACHED,
        postgresql_where=_UNATTACHED,
    ),
    Index(
        "uq_entries_live_encounter",
        "clinic",
        "patient_id",
        "encounter_id",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
)

entry_versions = Table(
    "entry_versions",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("entry_id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", String, nullable=False),
    Column("status", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("questionnaire", String, nullable=False),
    *_link_columns(),
    Column("answers", SealedColumn, nullable=False),
    Column("shared", SealedColumn, nullable=False),
    Column("authored", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("language", String, nullable=False),
    Column("through", String, nullable=False),
    Column("begun_at", Instant),
    Column("cause", String, nullable=False, server_default="sent"),
    Column("made_by", String),
    Column("why", String),
    Column("held_until", Instant),
    Column("follows", Integer),  # the version before this one, where it is not the one below it
    Column("because", SealedColumn),
    ForeignKeyConstraint(["clinic", "entry_id"], ["entries.clinic", "entries.id"]),
)

# One row per patient who is owed a filing: whoever leases it files for that patient, alone.
lanes = Table(
    "lanes",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("patient_id", String, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("owner", String),
)
_IN_USE = lanes.c.lease_until.is_not(None)
Index("ix_lanes_held", lanes.c.clinic, sqlite_where=_IN_USE, postgresql_where=_IN_USE)

filings = Table(
    "filings",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),  # the order in which they were owed
    Column("clinic", String, nullable=False),
    Column("id", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("entry_id", String, nullable=False),
    Column("entry_version", Integer, nullable=False),
    Column("version_identifier", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", String),
    Column("document_id", String),
    Column("settled_at", Instant),
    Column("send_started_at", Instant),
    Column("first_tried_at", Instant),
    Column("kind", String, nullable=False, server_default="summary"),
    Column("looked_at", Instant),
    Column("trouble", String),
    Column("series", String),
    Column("says", String),
    Index("uq_filings_id", "clinic", "id", unique=True),
    Index("uq_filings_version_identifier", "clinic", "version_identifier", unique=True),
    Index("ix_filings_entry", "clinic", "entry_id", "entry_version"),
    Index("ix_filings_patient", "clinic", "patient_id", "number"),
    Index("ix_filings_state", "clinic", "state", "due_at"),
    Index("ix_filings_owed", "clinic", "patient_id", "state", "due_at"),
    ForeignKeyConstraint(["clinic", "patient_id"], ["lanes.clinic", "lanes.patient_id"]),
    ForeignKeyConstraint(
        ["clinic", "entry_id", "entry_version"],
        ["entry_versions.clinic", "entry_versions.entry_id", "entry_versions.version"],
    ),
    sqlite_autoincrement=True,
)

summaries = Table(
    "summaries",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("filing_id", String, primary_key=True),
    Column("pdf", SealedColumn, nullable=False),
    Column("sha256", String, nullable=False),
    Column("media_type", String, nullable=False, server_default="application/pdf"),
    ForeignKeyConstraint(["clinic", "filing_id"], ["filings.clinic", "filings.id"]),
)

seen_encounters = Table(
    "seen_encounters",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("patient_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("facts", Text, nullable=False),  # an EncounterSeen as JSON
    Column("seen_at", Instant, nullable=False),
)
