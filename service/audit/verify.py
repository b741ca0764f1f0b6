"""Checking a log: each record against its digest, each leaf against the tree, the tree against what was signed.

Works offline on an export as on the database, on one pass and in constant memory. What the database says of
itself can be rewritten together with the records; only a checkpoint kept elsewhere shows a cut tail (threat T44).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from service.audit.checkpoint import Checkpoint
from service.audit.leaf import Filed, LogEntry
from service.audit.merkle import RightEdge
from service.audit.record import Deed, read_canonical

_MOST_FAULTS = 20


class What(StrEnum):
    """What is wrong at one place of the log, or with its end."""

    OUT_OF_ORDER = "out-of-order"  # another index was due here: something was taken out, put in or moved
    RECORD_ALTERED = "record-altered"  # the record is not what its digest committed to
    LEAF_ALTERED = "leaf-altered"  # digest, index or instant are not what the leaf committed to
    COPIES_ALTERED = "copies-altered"  # the columns that searches look at do not say what the record says
    SIZE_DIFFERS = "size-differs"  # the head counts another number of records
    ROOT_DIFFERS = "root-differs"  # the head's root is not the root of these records
    CUT = "cut"  # fewer records than a checkpoint signed for; from here on they are gone
    # The records that a checkpoint signed for have another root: from the record of a restore on, where there is one.
    NOT_AS_SIGNED = "not-as-signed"


@dataclass(frozen=True, slots=True)
class LogFault:
    """One thing wrong, and the index it was found at; None where only the whole is known to be wrong."""

    what: What
    index: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking found: how many records there are, how many of them a checkpoint vouches for, and the faults.

    Records from `anchored` on are sound among themselves, but nobody outside has signed for them yet.
    """

    size: int
    root: bytes
    anchored: int
    faults: tuple[LogFault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first_fault(self) -> int | None:
        """The lowest index at which something is wrong, where an index is known."""
        return min((fault.index for fault in self.faults if fault.index is not None), default=None)


@dataclass(slots=True)
class _Check:
    """The pass over a log: its edge so far, and what was found."""

    checkpoint: Checkpoint | None
    edge: RightEdge = field(default_factory=RightEdge)
    expected: int = 0
    faults: list[LogFault] = field(default_factory=list)
    signed_root: bytes | None = None
    restores: int = 0
    restored_at: int | None = None  # the first record of a restore that the checkpoint knows nothing of

    def note(self, what: What, index: int | None) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(LogFault(what, index))

    def take(self, entry: LogEntry) -> None:
        self._mark_signed()
        self._mark_restored(entry)
        if entry.index != self.expected:
            self.note(What.OUT_OF_ORDER, self.expected)
        for what in _wrong_with(entry):
            self.note(what, entry.index)
        self.edge = self.edge.append(entry.leaf_hash())
        self.expected = entry.index + 1

    def finish(self, head: RightEdge | None) -> None:
        self._mark_signed()
        if head is not None and head.size != self.edge.size:
            self.note(What.SIZE_DIFFERS, min(head.size, self.edge.size))
        elif head is not None and head.root() != self.edge.root():
            self.note(What.ROOT_DIFFERS, None)
        if self.checkpoint is not None:
            self._compare(self.checkpoint)

    def _mark_signed(self) -> None:
        if self.checkpoint is not None and self.checkpoint.size == self.edge.size:
            self.signed_root = self.edge.root()

    def _mark_restored(self, entry: LogEntry) -> None:
        """Where the database was put back, what the signed log had from there on is gone (F38)."""
        if self.checkpoint is None or not _tells_of_restore(entry):
            return
        self.restores += 1
        signed = entry.index < self.checkpoint.size
        if signed and self.restored_at is None and self.restores > self.checkpoint.restores:
            self.restored_at = entry.index

    def _compare(self, checkpoint: Checkpoint) -> None:
        if self.signed_root is None:
            self.note(What.CUT, self.edge.size if self.restored_at is None else self.restored_at)
        elif self.signed_root != checkpoint.root:
            self.note(What.NOT_AS_SIGNED, self.restored_at)

    def anchored(self) -> int:
        agrees = self.checkpoint is not None and self.signed_root == self.checkpoint.root
        return self.checkpoint.size if self.checkpoint is not None and agrees else 0


def verify(
    entries: Iterable[LogEntry], head: RightEdge | None = None, checkpoint: Checkpoint | None = None
) -> Verdict:
    """The verdict on these records in the order of the log, from its first one on.

    `head` is the database's own word (None for an export), `checkpoint` the word of a note that was verified
    before (checkpoint.verify). Without a checkpoint a cut tail cannot be told from a shorter log.
    """
    check = _Check(checkpoint)
    for entry in entries:
        check.take(entry)
    check.finish(head)
    return Verdict(check.edge.size, check.edge.root(), check.anchored(), tuple(check.faults))


def _tells_of_restore(entry: LogEntry) -> bool:
    try:
        return entry.canonical is not None and entry.record.deed is Deed.RESTORE
    except (ValueError, KeyError, TypeError):
        return False


def _wrong_with(entry: LogEntry) -> Iterator[What]:
    if entry.canonical is not None and hashlib.sha256(entry.canonical).hexdigest() != entry.digest:
        yield What.RECORD_ALTERED
    elif entry.canonical is not None and not _agrees(entry, entry.canonical):
        yield What.COPIES_ALTERED
    if entry.leaf is not None and entry.leaf != entry.leaf_hash():
        yield What.LEAF_ALTERED


def _agrees(entry: LogEntry, canonical: bytes) -> bool:
    if entry.filed is None:
        return True
    try:
        return Filed.under(read_canonical(canonical)) == entry.filed
    except (ValueError, KeyError, TypeError):
        return False
