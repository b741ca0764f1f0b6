"""One remembered deed: who did what to whose data, when, and how it ended (product rule 25).

A record holds identifiers only: no words of a patient, no names, no tokens (rule 28).
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Deed(StrEnum):
    """What was done. Each is mapped to AuditEvent type, subtype and action in r4.audit_event."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    SEARCH = "search"
    DECIDE = "decide"
    SAVE_DRAFT = "save-draft"
    LAUNCH = "launch"
    LOGIN = "login"
    LOGOUT = "logout"
    REFUSAL = "refusal"
    FILING = "filing"
    PRINT = "print"
    EXPORT = "export"
    VERIFY = "verify"
    CONFIGURATION = "configuration"
    START = "start"
    RESTORE = "restore"


class Outcome(StrEnum):
    """How it ended, in the codes of R4 audit-event-outcome."""

    SUCCESS = "0"
    REFUSED = "4"
    FAILED = "8"
    DIED = "12"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acted: a person as the record system names them ("Practitioner/7"), and the software they used."""

    role: str
    person: str | None = None
    client: str | None = None
    address: str | None = None
    token_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record of one deed on one patient's data, or on none."""

    id: str
    clinic: str
    recorded: datetime
    deed: Deed
    outcome: Outcome
    agent: Agent
    server: str
    request_id: str
    patient: str | None = None
    what: str | None = None
    query: str | None = None
    reason: str | None = None

    def canonical(self) -> bytes:
        """Its one byte form: JSON, keys sorted, no blanks, UTF-8, the instant in UTC to the millisecond."""
        value = asdict(self) | {"recorded": instant(self.recorded)}
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hex: what the log's leaf commits to."""
        return hashlib.sha256(self.canonical()).hexdigest()


def read_canonical(raw: bytes) -> Record:
    """The record whose canonical bytes these are; ValueError or KeyError where they are not."""
    value = json.loads(raw)
    value["recorded"] = datetime.fromisoformat(value["recorded"])
    value["deed"] = Deed(value["deed"])
    value["outcome"] = Outcome(value["outcome"])
    value["agent"] = Agent(**value["agent"])
    return Record(**value)


def instant(moment: datetime) -> str:
    """An instant as every record writes it: UTC, milliseconds, "Z"."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
