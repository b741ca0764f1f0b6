"""The tables of a patient's course: what people decided, the sets assigned, and how the record system is watched.

They hold identifiers, codes and instants, never a patient's words: nothing here is sealed.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from service.store.columns import Instant, Number
from service.store.tables import metadata

_UNWRITTEN = text("version > written_version")
_OPEN = text("open_items > 0")

# Rows are added, never changed: a later ruling takes an earlier one's place by the rules.
rulings = Table(
    "rulings",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("patient_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("said_by", String, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("why", String, nullable=False),
    Column("encounter_ids", Text, nullable=False),  # JSON arrays of encounter ids
    Column("beside", Text, nullable=False),
    Column("at", Instant),
    Column("set_url", String),
    Column("entry_id", String),
    Column("about", String),
    Index("ix_rulings_patient", "clinic", "patient_id", "said_at", "id"),
)

# Rows are added, never changed: who has read which version of an entry. Another change of it is another version.
read_marks = Table(
    "read_marks",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("entry_id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("patient_id", String, nullable=False),
    Column("read_by", String, nullable=False),
    Column("read_at", Instant, nullable=False),
)

assigned_sets = Table(
    "assigned_sets",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("patient_id", String, nullable=False),
    Column("encounter_id", String, nullable=False),
    Column("evidence", Text, nullable=False),  # a JSON array of encounter ids
    Column("rule_version", String, nullable=False),
    Column("series", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("questionnaire", String, nullable=False),
    Column("status", String, nullable=False),
    Column("authored_on", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("window_start", Instant, nullable=False),
    Column("window_end", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("entry_id", String),
    # What the record system has of it, and when writing it there may be tried (again).
    Column("written_version", Integer, nullable=False, server_default="0"),
    Column("write_after", Instant),
    Column("write_attempts", Integer, nullable=False, server_default="0"),
    Column("write_reason", String),
    Index("ix_assigned_sets_patient", "clinic", "patient_id", "authored_on", "id"),
    Index("ix_assigned_sets_changed", "clinic", "changed_at", "id"),
    Index(
        "ix_assigned_sets_unwritten",
        "clinic",
        "changed_at",
        "id",
        sqlite_where=_UNWRITTEN,
        postgresql_where=_UNWRITTEN,
    ),
)

# One row per patient who is known here. `revision` counts the changes of what their assigned sets rest on.
courses = Table(
    "courses",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("patient_id", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("looked_at", Instant),
    Column("etag", String),
    Column("look_due", Instant),
    Column("episodes", Text),  # a JSON array of EpisodeSeen
    Column("open_items", Integer, nullable=False, server_default="0"),  # what waits for a clinician
    Index("ix_courses_look_due", "clinic", "look_due", "patient_id"),
    Index("ix_courses_looked_at", "clinic", "looked_at", "patient_id"),
    Index(
        "ix_courses_open",
        "clinic",
        "patient_id",
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)

notices = Table(
    "notices",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),  # the order in which they first came
    Column("clinic", String, nullable=False),
    Column("encounter_id", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("uq_notices_encounter_id", "clinic", "encounter_id", unique=True),
    Index("ix_notices_number", "clinic", "number"),
    sqlite_autoincrement=True,
)

# One row per clinic: where the search for new infusions stands, and which process searches.
finding = Table(
    "finding",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("since", Instant),
    Column("looked_at", Instant),
    Column("due_at", Instant),
    Column("last_event", Number),
    Column("lease_until", Instant),
    Column("owner", String),
)

merges = Table(
    "merges",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("old_id", String, primary_key=True),
    Column("new_id", String, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    Index("ix_merges_new_id", "clinic", "new_id", "old_id"),
)
