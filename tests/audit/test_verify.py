"""A log that was touched is found: where the index is known it is named, and what only a checkpoint shows is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.checkpoint import Checkpoint
from service.audit.leaf import LogEntry, placed
from service.audit.merkle import RightEdge
from service.audit.record import Deed
from service.audit.verify import LogFault, What, verify
from tests.audit.builders import edge_of, exported, log, record


def checkpoint(entries: list[LogEntry]) -> Checkpoint:
    edge = edge_of(entries)
    return Checkpoint("clinic.example/audit", edge.size, edge.root())


@pytest.mark.parametrize("size", [0, 1, 2, 7, 100])
def test_an_untouched_log_is_sound(size: int) -> None:
    entries = log(size)
    for shown in (entries, exported(entries)):
        verdict = verify(shown, edge_of(entries), checkpoint(entries))
        assert verdict.ok
        assert (verdict.size, verdict.anchored, verdict.first_fault) == (size, size, None)
        assert verdict.root == edge_of(entries).root()


def test_what_nobody_signed_for_yet_is_said() -> None:
    """Verified up to n by a checkpoint, sound but unanchored behind it (T44)."""
    entries = log(10)
    verdict = verify(entries, edge_of(entries), checkpoint(entries[:6]))
    assert verdict.ok
    assert (verdict.anchored, verdict.size) == (6, 10)
    assert verify(entries, edge_of(entries)).anchored == 0


def test_a_redacted_record_leaves_the_log_whole() -> None:
    entries = log(5)
    entries[2] = replace(entries[2], canonical=None)
    assert verify(entries, edge_of(log(5)), checkpoint(log(5))).ok


def test_an_altered_record_is_named() -> None:
    entries = log(5)
    entries[3] = replace(entries[3], canonical=record(99).canonical())
    verdict = verify(entries, edge_of(log(5)))
    assert verdict.faults == (LogFault(What.RECORD_ALTERED, 3),)
    assert verdict.first_fault == 3


def test_a_record_and_its_digest_altered_together_are_named() -> None:
    entries = log(5)
    forged = placed(3, record(99))
    entries[3] = replace(entries[3], canonical=forged.canonical, digest=forged.digest, filed=forged.filed)
    verdict = verify(entries, edge_of(log(5)))
    assert LogFault(What.LEAF_ALTERED, 3) in verdict.faults


def test_a_record_forged_with_its_leaf_is_found_by_the_root() -> None:
    entries = log(5)
    entries[3] = placed(3, record(99))
    assert verify(entries, edge_of(log(5))).faults == (LogFault(What.ROOT_DIFFERS, None),)


def test_a_log_forged_with_its_head_is_found_by_a_checkpoint() -> None:
    entries = log(5)
    entries[3] = placed(3, record(99))
    assert verify(entries, edge_of(entries)).ok  # the database's own word is not enough
    verdict = verify(entries, edge_of(entries), checkpoint(log(5)))
    assert verdict.faults == (LogFault(What.NOT_AS_SIGNED, None),)
    assert verdict.anchored == 0


def test_a_cut_tail_needs_a_checkpoint() -> None:
    entries = log(5)[:3]
    assert verify(entries, edge_of(entries)).ok
    assert verify(entries, edge_of(entries), checkpoint(log(5))).faults == (LogFault(What.CUT, 3),)
    assert verify(entries, edge_of(log(5))).faults == (LogFault(What.SIZE_DIFFERS, 3),)


def test_columns_that_hide_a_record_from_searches_are_named() -> None:
    """Who reads "who saw this patient" is asked of copies: they have to say what the record says."""
    entries = log(5)
    filed = entries[2].filed
    assert filed is not None
    entries[2] = replace(entries[2], filed=replace(filed, patient="somebody else"))
    assert verify(entries, edge_of(log(5))).faults == (LogFault(What.COPIES_ALTERED, 2),)


def test_bytes_that_are_no_record_are_named() -> None:
    entries = log(3)
    entries[1] = replace(placed(1, record(1)), canonical=b"{}")
    assert verify(entries).first_fault == 1


def test_faults_are_told_up_to_a_number() -> None:
    entries = [replace(entry, canonical=b"{}") for entry in log(100)]
    assert len(verify(entries).faults) == 20


def mutated(entries: list[LogEntry], kind: str, at: int, other: int) -> list[LogEntry]:
    touched = list(entries)
    if kind == "edit":
        touched[at] = replace(touched[at], canonical=record(1_000, "bo").canonical())
    elif kind == "forge":
        touched[at] = placed(touched[at].index, replace(record(1_000), deed=Deed.EXPORT))
    elif kind == "delete":
        del touched[at]
    elif kind == "delete and close the gap":
        touched = [
            placed(index, entry.record) for index, entry in enumerate(entries[:at] + entries[at + 1 :])
        ]
    elif kind == "swap":
        touched[at], touched[other] = touched[other], touched[at]
    elif kind == "swap and number anew":
        touched[at], touched[other] = touched[other], touched[at]
        touched = [placed(index, entry.record) for index, entry in enumerate(touched)]
    elif kind == "insert":
        touched.insert(at, placed(at, record(1_000)))
    elif kind == "insert and number anew":
        records = [entry.record for entry in entries]
        touched = [
            placed(index, one) for index, one in enumerate([*records[:at], record(1_000), *records[at:]])
        ]
    elif kind == "cut the tail":
        touched = touched[:at]
    elif kind == "cut the head":
        touched = touched[at + 1 :]
    elif kind == "repeat":
        touched.insert(at, touched[at])
    return touched


KINDS = (
    "edit", "forge", "delete", "delete and close the gap", "swap", "swap and number anew",
    "insert", "insert and number anew", "cut the tail", "cut the head", "repeat",
)  # fmt: skip


@given(st.integers(2, 30), st.sampled_from(KINDS), st.data())
def test_no_tampering_goes_unseen_before_a_checkpoint(size: int, kind: str, data: st.DataObject) -> None:
    """Every kind at every place, with the head rewritten to fit: the checkpoint kept elsewhere shows it (T44)."""
    entries = log(size)
    at = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != at))
    touched = mutated(entries, kind, at, other)
    for shown in (touched, exported(touched)):
        assert not verify(shown, edge_of(touched), checkpoint(entries)).ok
        assert not verify(shown, None, checkpoint(entries)).ok


def test_an_empty_head_of_a_log_with_records_differs() -> None:
    assert verify(log(3), RightEdge()).first_fault == 0


def restored(index: int) -> LogEntry:
    return placed(index, replace(record(index), deed=Deed.RESTORE))


def test_a_restore_names_where_the_forgotten_records_began() -> None:
    """F38: five were signed for; three came through the restore, and the log has grown since."""
    signed = checkpoint(log(5))
    shorter = [*log(3), restored(3)]
    assert verify(shorter, edge_of(shorter), signed).faults == (LogFault(What.CUT, 3),)
    longer = [*shorter, *[placed(index, record(index)) for index in (4, 5, 6)]]
    for shown in (longer, exported(longer)):
        assert verify(shown, None, signed).faults == (LogFault(What.NOT_AS_SIGNED, 3),)


def test_a_note_knows_the_restores_before_it() -> None:
    """Signed after the first restore and before the second: the gap is behind the second."""
    once = [*log(2), restored(2), *[placed(index, record(index)) for index in (3, 4, 5, 6)]]
    edge = edge_of(once)
    signed = Checkpoint("clinic.example/audit", edge.size, edge.root(), restores=1)
    assert verify(once, edge, signed).ok
    twice = [*once[:5], restored(5)]
    assert verify(twice, edge_of(twice), signed).faults == (LogFault(What.CUT, 5),)


def test_a_restore_behind_what_was_signed_for_explains_nothing() -> None:
    signed = checkpoint(log(3))
    forged = [*log(2), placed(2, record(99)), restored(3)]
    assert verify(forged, edge_of(forged), signed).faults == (LogFault(What.NOT_AS_SIGNED, None),)
