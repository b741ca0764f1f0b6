"""What the log's tree commits to: a small envelope around each record's digest (audit-and-export D-02).

The record itself stands outside the envelope, so that one record can be redacted and the log still verifies.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from service.audit.merkle import leaf_hash
from service.audit.record import Record, instant, read_canonical


@dataclass(frozen=True, slots=True)
class Filed:
    """The copies of a record's values that questions are asked of; they must say what the record says."""

    id: str
    deed: str
    outcome: str
    patient: str | None
    person: str | None

    @classmethod
    def under(cls, record: Record) -> "Filed":
        """The copies that this record calls for."""
        return cls(record.id, record.deed.value, record.outcome.value, record.patient, record.agent.person)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One place of the log. `canonical` holds the record's bytes, or None where it was redacted.

    `leaf` and `filed` are what the database keeps beside it; an export has neither, and the root alone speaks.
    """

    index: int
    recorded: datetime
    digest: str
    canonical: bytes | None
    leaf: bytes | None = None
    filed: Filed | None = None

    @property
    def record(self) -> Record:
        """The record that the bytes say; ValueError where it was redacted or cannot be read."""
        return read_canonical(self.canonical or b"")

    def envelope(self) -> bytes:
        """The leaf's entry: canonical JSON (RFC 8785) of digest, index and instant."""
        value = {"digest": self.digest, "index": self.index, "recorded": instant(self.recorded)}
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def leaf_hash(self) -> bytes:
        """The leaf's hash, computed from the envelope."""
        return leaf_hash(self.envelope())


def placed(index: int, record: Record) -> LogEntry:
    """The record at its place in the log, complete."""
    canonical = record.canonical()
    digest = hashlib.sha256(canonical).hexdigest()
    bare = LogEntry(index, record.recorded, digest, canonical)
    return LogEntry(index, record.recorded, digest, canonical, bare.leaf_hash(), Filed.under(record))
