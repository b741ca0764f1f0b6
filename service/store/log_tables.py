"""The tables of the audit log: its records, the head of each clinic's tree, and the signed checkpoints.

Triggers refuse any change of a record (see migrations); the tree finds what was changed around them.
"""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from service.store.columns import Instant, Number
from service.store.tables import metadata

audit_records = Table(
    "audit_records",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("leaf_index", Number, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("recorded", Instant, nullable=False),
    Column("digest", String, nullable=False),
    Column("record", Text, nullable=False),  # the canonical JSON, exactly as the digest saw it
    Column("leaf", LargeBinary, nullable=False),
    # Copies for questions; what they say is proved by the record alone.
    Column("deed", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("patient", String),
    Column("person", String),
    Index("uq_audit_records_id", "clinic", "id", unique=True),
    Index("ix_audit_records_patient", "clinic", "patient", "leaf_index"),
    Index("ix_audit_records_person", "clinic", "person", "leaf_index"),
    Index("ix_audit_records_recorded", "clinic", "recorded", "leaf_index"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("size", Number, nullable=False),
    Column(
        "edge", LargeBinary, nullable=False
    ),  # the roots of the full subtrees, largest first, 32 bytes each
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("size", Number, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
)
