"""An export that is killed, cut or doubled: nobody takes a part for the log, and the next run is whole (fault F58)."""

import json
import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.access.context import Role
from service.audit.checkpoint import Checkpoint
from service.audit.checkpoint import verify as verify_note
from service.cli.audit import audit
from service.cli.demo_clinic import CLINIC
from service.settings import read_settings
from service.store.deeds import Deed
from service.wiring import Wiring, wire
from service.workflow.audit_by_command import export_clinic, sign_clinic, verify_export
from service.workflow.read_log import AuditFilter, export_log
from tests.cli.conftest import Place
from tests.store.builders import context, record

KILLS = 16
RECORDS = 1_000

# Each export runs in a process of its own, which dies as it writes the record of that number.
DYING = """
import os, signal, sys
from service.cli.audit import audit
from service.workflow import audit_by_command

out = sys.argv[2]

def export(last):
    write, seen = audit_by_command.audit_event.write, 0
    def dying(*given):
        nonlocal seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(*given)
    audit_by_command.audit_event.write = dying
    audit(["export", "--clinic", sys.argv[1], "--out", out])

for last in map(int, sys.argv[3:]):
    child = os.fork()
    if child == 0:
        export(last)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.rename(f"{out}.part", f"{out}.{child}.dead")  # or the next would write over it
"""


@pytest.fixture
def wiring(place: Place) -> Iterator[Wiring]:
    """A service whose log is long, in the place that the environment names."""
    found = wire(read_settings())
    found.desk.writer.start()
    fill(found, RECORDS)
    yield found
    found.stop()


def fill(found: Wiring, count: int) -> None:
    for _ in range(count // 500):
        found.desk.writer.perform(Deed(CLINIC, records=tuple(record(clinic=CLINIC) for _ in range(500))))


def holds(lines: list[bytes], signed: Checkpoint) -> bool:
    """Whether these lines are taken for the log that was signed."""
    try:
        return verify_export(lines, signed).ok
    except ValueError:
        return False


def signed_by(found: Wiring) -> Checkpoint:
    note, key = sign_clinic(found.desk, CLINIC, found.keyring.checkpoint)
    return verify_note(note, key)


def run_export(out: Path) -> None:
    told = CliRunner().invoke(audit, ["export", "--clinic", CLINIC, "--out", str(out)])
    assert told.exit_code == 0, told.output


def test_killed_at_any_byte_no_part_passes_for_the_log_and_the_next_run_is_whole(
    wiring: Wiring, tmp_path: Path
) -> None:
    out, chance = tmp_path / "log.ndjson", random.Random(58)
    run_export(out)
    before, note = out.read_bytes(), Path(f"{out}.checkpoint").read_text("utf-8")
    signed = signed_by(wiring)
    deaths = [str(chance.randint(1, RECORDS)) for _ in range(KILLS)]
    asked = [sys.executable, "-c", DYING, CLINIC, str(out), *deaths]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["-9"] * KILLS
    parts = [file.read_bytes() for file in tmp_path.glob("log.ndjson.*.dead")]
    assert len(parts) == KILLS
    cut = [
        part[: chance.randint(0, len(part))] for part in parts
    ]  # a disk keeps whole lines for nobody's sake
    assert sum(part != b"" and not part.endswith(b"\n") for part in cut) > KILLS / 2
    assert not any(holds(part.splitlines(keepends=True), signed) for part in (*parts, *cut))
    assert out.read_bytes() == before
    assert Path(f"{out}.checkpoint").read_text("utf-8") == note
    run_export(out)
    raw = out.read_bytes()
    assert raw.endswith(b"\n")
    assert raw.startswith(before)
    lines = raw.splitlines(keepends=True)
    assert holds(lines, signed)
    assert (
        len({json.loads(line)["id"] for line in lines}) == len(lines) == len(before.splitlines()) + KILLS + 1
    )


def test_two_at_once_are_both_whole_and_a_client_that_leaves_holds_nothing_up(wiring: Wiring) -> None:
    """Each reads one snapshot of its own, whatever is written meanwhile; what was left half-way is closed."""
    officer = context(Role.OFFICER, None, clinic=CLINIC)
    first, second, left = (export_log(wiring.desk, officer, AuditFilter(), "") for _ in range(3))
    taken = [next(first), next(second), next(left)]
    left.close()
    fill(wiring, 500)
    wholes = [[taken[0], *first], [taken[1], *second]]
    third = list(export_log(wiring.desk, officer, AuditFilter(), ""))
    assert all(verify_export(whole).ok for whole in (*wholes, third))
    assert [len(third) - len(whole) for whole in wholes] == [501, 501]


def test_a_log_ten_times_as_long_takes_no_more_memory(wiring: Wiring) -> None:
    fill(wiring, RECORDS)
    peak(wiring)  # what is made once for all exports is not counted
    short = peak(wiring)
    fill(wiring, 10 * RECORDS)
    assert peak(wiring) < 1.3 * short


def peak(wiring: Wiring) -> int:
    """The most bytes that an export held at once, its signature and the proof of growth with it; they go nowhere."""
    tracemalloc.start()
    try:
        with Path(os.devnull).open("wb") as nowhere:
            export_clinic(wiring.desk, CLINIC, nowhere, wiring.keyring.checkpoint)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
