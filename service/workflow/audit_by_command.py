"""The log in an operator's hands: exported, signed, checked, at the database or offline from the exported file."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from service.access.context import AccessContext, Origin, Role
from service.audit import checkpoint as notes
from service.audit.checkpoint import Checkpoint
from service.audit.leaf import LogEntry, placed
from service.audit.merkle import RightEdge, consistency_proof
from service.audit.record import Deed, Record
from service.audit.verify import Verdict, verify
from service.r4 import audit_event
from service.store import audit_trail, deeds
from service.store.generations import generation
from service.store.transaction import NotWritten
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: how many records, the digest of the file, and the signed note about the whole log."""

    count: int
    sha256: str
    note: str


def export_clinic(desk: Desk, clinic: str, out: IO[bytes], key: bytes) -> Exported:
    """Write the clinic's whole log as NDJSON and sign what was written; the export is itself remembered first."""
    context = _operator(desk, clinic)
    before_answering(desk, context, [record(desk, context, Deed.EXPORT, what="AuditEvent")])
    digest, count = hashlib.sha256(), 0
    with audit_trail.snapshot(desk.store, clinic) as (edge, entries):
        for entry in entries:
            line = audit_event.write(entry.record, entry.index) + b"\n"
            digest.update(line)
            out.write(line)
            count += 1
    return Exported(count, digest.hexdigest(), _sign(desk, clinic, edge, key))


def sign_clinic(desk: Desk, clinic: str, key: bytes) -> tuple[str, str]:
    """A signed note about the log as it stands, and the verifier key that checks it."""
    note = _sign(desk, clinic, audit_trail.head(desk.store, clinic), key)
    return note, notes.verifier_key(_origin(desk, clinic), _private(key))


def last_signed(desk: Desk, clinic: str, key: bytes) -> tuple[Checkpoint, str] | None:
    """The newest checkpoint this service signed for the clinic and its note; Doubtful where another hand wrote it."""
    last = audit_trail.last_checkpoint(desk.store, clinic)
    if last is None:
        return None
    return notes.verify(last.note, notes.verifier_key(_origin(desk, clinic), _private(key))), last.note


def verify_clinic(desk: Desk, clinic: str, signed: Checkpoint | None = None) -> Verdict:
    """The verdict on the clinic's log in the database, read as one snapshot."""
    with audit_trail.snapshot(desk.store, clinic) as (edge, entries):
        return verify(entries, edge, signed)


def verify_export(lines: Iterable[bytes], signed: Checkpoint | None = None) -> Verdict:
    """The verdict on an exported file alone; ValueError where a line is no AuditEvent of ours.

    Every line must be what its record would be written as again: nothing outside the record is believed.
    """
    return verify(_read(lines), None, signed)


def _read(lines: Iterable[bytes]) -> Iterator[LogEntry]:
    for line in lines:
        index, read = _read_line(line)
        if audit_event.write(read, index) != line.rstrip(b"\n"):
            raise ValueError("a line was written by another hand")
        yield placed(index, read)


def _read_line(line: bytes) -> tuple[int, Record]:
    try:
        return audit_event.read_index(line), audit_event.read(line)
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        # However strange a line is: what it holds is not said.
        raise ValueError("a line is no record of ours") from None


def _sign(desk: Desk, clinic: str, edge: RightEdge, key: bytes) -> str:
    """Sign, showing that it is one log with the largest one signed (tlog-checkpoint, D-16), and keep the note.

    That one is the larger where another signed while this one still wrote. Inconsistent where they are not one log.
    """
    kept = audit_trail.checkpoint_at(desk.store, clinic, edge.size)
    if kept is not None:
        return kept.note
    origin, private = _origin(desk, clinic), _private(key)
    last = audit_trail.last_checkpoint(desk.store, clinic)
    known = notes.verify(last.note, notes.verifier_key(origin, private)) if last else None
    proof = _between(desk, clinic, known.size, edge.size) if known else ()
    restores = generation(desk.store, clinic)
    note = notes.sign(origin, edge.size, edge.root(), private, known, proof, restores)
    return _keep(desk, clinic, edge.size, note)


def _between(desk: Desk, clinic: str, one: int, other: int) -> tuple[bytes, ...]:
    with audit_trail.leaves(desk.store, clinic, max(one, other)) as leaves:
        try:
            return consistency_proof(leaves, min(one, other), max(one, other))
        except ValueError:  # fewer records are there than were signed for
            raise notes.Inconsistent(notes.Inconsistent.__doc__) from None


def _keep(desk: Desk, clinic: str, size: int, note: str) -> str:
    """Keep the note; where another process signed for as many at the same time, theirs is the one that counts."""
    try:
        desk.writer.perform(deeds.Deed(clinic, changes=(deeds.KeepCheckpoint(size, note, desk.now()),)))
    except NotWritten:
        kept = audit_trail.checkpoint_at(desk.store, clinic, size)
        if kept is None:
            raise
        return kept.note
    return note


def _origin(desk: Desk, clinic: str) -> str:
    """The log's name: our base without its scheme (audit-and-export D-10)."""
    return desk.clinic(clinic).base.split("://", 1)[1].removesuffix("/fhir") + "/audit"


def _private(pem: bytes) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the checkpoint key must be Ed25519")
    return key


def _operator(desk: Desk, clinic: str) -> AccessContext:
    return AccessContext(
        clinic=clinic, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
