"""One patient's filing fails for ever, at once due again each time: of many others none waits for it (F59)."""

from datetime import datetime, timedelta

from service.journal.entries import FilingState
from service.store.deeds import (
    Deed,
    LaneIsHeld,
    PostponeFiling,
    QueueFiling,
    ReleaseLane,
    SaveEntryVersion,
    SettleFiling,
)
from service.store.filings import Claimed, claim_next
from service.store.writer import Writer
from tests.store.builders import NOW, entry, filing, seal

OTHERS = 40
BAD = "bad"
LEASE = timedelta(minutes=2)
STEP = timedelta(milliseconds=10)


def owe(writer: Writer, clinic: str, patients: list[str], due: datetime) -> None:
    """One entry of each patient, owed in one deed."""
    changes = [
        change
        for name in patients
        for change in (
            SaveEntryVersion(entry(name, patient=name)),
            QueueFiling(filing(name, name, 1, name, due)),
        )
    ]
    writer.perform(Deed(clinic, changes=tuple(changes)))


def claim(writer: Writer, clinic: str, now: datetime) -> Claimed | None:
    return writer.run_alone(lambda connection: claim_next(connection, seal(), clinic, now, LEASE, "worker"))


def settle(writer: Writer, clinic: str, claimed: Claimed, now: datetime) -> None:
    """Filed; or, for the one bad patient, due again this very moment."""
    name = claimed.filing.patient_id
    lane = (LaneIsHeld(name, claimed.fence),)
    done = (
        PostponeFiling(claimed.filing.id, now, claimed.filing.attempts + 1, "no-token", now)
        if name == BAD
        else SettleFiling(claimed.filing.id, FilingState.FILED, None, "doc", now)
    )
    writer.perform(Deed(clinic, lane, (done, ReleaseLane(name, claimed.fence))))


def steps_until_filed(writer: Writer, clinic: str, others: int) -> tuple[int, int]:
    """How many claims were made until all others were filed, and how many of them were for the bad one."""
    now, filed, bad = NOW + timedelta(minutes=1), 0, 0
    while filed < others and bad < others:
        now += STEP
        claimed = claim(writer, clinic, now)
        assert claimed is not None
        settle(writer, clinic, claimed, now)
        bad += claimed.filing.patient_id == BAD
        filed += claimed.filing.patient_id != BAD
    return filed + bad, bad


def test_one_bad_among_many_takes_one_step_from_them(writer: Writer, clinic: str) -> None:
    names = [f"p{number:04}" for number in range(OTHERS)]
    for begin in range(0, OTHERS, 250):
        owe(writer, clinic, names[begin : begin + 250], NOW)
    owe(writer, clinic, [BAD], NOW - timedelta(days=1))

    assert steps_until_filed(writer, clinic, OTHERS) == (OTHERS + 1, 1)


def test_who_comes_while_it_fails_waits_for_one_of_its_turns_at_most(writer: Writer, clinic: str) -> None:
    """Also when nothing else is owed, so that it is tried at every step."""
    owe(writer, clinic, [BAD], NOW)
    now = NOW + timedelta(minutes=1)
    for number in range(50):
        for _ in range(3):
            now += STEP
            claimed = claim(writer, clinic, now)
            assert claimed is not None
            assert claimed.filing.patient_id == BAD
            settle(writer, clinic, claimed, now)
        owe(writer, clinic, [f"late{number}"], now)
        turns = []
        while f"late{number}" not in turns and len(turns) < 5:
            now += STEP
            claimed = claim(writer, clinic, now)
            assert claimed is not None
            settle(writer, clinic, claimed, now)
            turns.append(claimed.filing.patient_id)
        assert len(turns) <= 2
