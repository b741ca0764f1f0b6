"""A clinic's rules run over past encounters: every infusion is found, in time that grows no faster than they do.

The real command runs over invented encounters, ten times as many as before, and its rows are counted against what the
generator knows it made. Seconds and peak memory are those of the command's own process, start and all.
"""

import csv
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.cli.demo_clinic import CLINIC, clinics_file
from service.settings import PREFIX
from tests.proofs.encounters_at_large import Made, write
from tests.proofs.figures import Bar, Figure, Figures, at_most, exactly

DEFAULT_N = 100_000
CI_N = 5_000

TIMES = 10  # how many more the second run has
TIMED_FROM = 50_000  # below it, a start of Python is most of what is measured, and says nothing about growth
_KIB = 1024

# A small process between: a child's peak as the system tells it is never below that of whoever started it.
_WATCHED = """
import resource, subprocess, sys, time
began = time.monotonic()
with open(sys.argv[1], "wb") as rows:
    status = subprocess.run(sys.argv[2:], stdout=rows, stderr=subprocess.DEVNULL).returncode
seconds = time.monotonic() - began
print(status, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the command took and found."""

    seconds: float
    peak_mib: float
    rows: Counter[str]
    patients: int
    highest: int  # ordinal


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """The command over n/10 and over n encounters; each infusion made must be a row, once."""
    with tempfile.TemporaryDirectory(prefix="series-scale-") as name:
        folder = Path(name)
        (folder / "clinics.toml").write_text(clinics_file("https://ehr.example"), "utf-8")
        _, start = _measured(folder, 1, seed, 3, report)
        small_made, small = _measured(folder, max(n // TIMES, 1), seed, 3, report)
        made, large = _measured(folder, n, seed, 2, report)
    more = math.log(made.encounters / small_made.encounters)
    exponent = math.log(large.seconds / small.seconds) / more
    # A command's start takes the same however many encounters follow: without it, growth has nowhere to hide.
    work = [max(run.seconds - start.seconds, 0.001) for run in (small, large)]
    wrong = _differences(small_made, small) + _differences(made, large)
    counted: dict[str, Figure] = {
        "encounters": made.encounters,
        "patients": made.patients,
        "infusions": large.rows["infusion"],
        "wrong": wrong,
        "seconds": large.seconds,
        "peak_mib": large.peak_mib,
        "exponent": exponent,
        "exponent_of_work": math.log(work[1] / work[0]) / more,
        "memory_ratio": large.peak_mib / small.peak_mib,
    }
    bars: dict[str, Bar] = {"wrong": exactly(0), "infusions": exactly(made.infusions)}
    if n >= TIMED_FROM:
        bars |= {"exponent": at_most(1.1), "exponent_of_work": at_most(1.1), "memory_ratio": at_most(1.25)}
    return Figures(planned=n, injected=made.encounters, counted=counted, bars=bars)


def _measured(
    folder: Path, encounters: int, seed: int, times: int, report: Callable[[str], None]
) -> tuple[Made, Run]:
    """The best of a few runs over the same encounters: what others do on this machine only ever adds."""
    file = folder / f"{encounters}.ndjson"
    made = write(file, encounters, seed)
    runs = []
    for number in range(1, times + 1):
        run = _run(folder, file)
        report(f"{encounters} encounters, run {number}: {run.seconds:.2f} s, {run.peak_mib:.0f} MiB")
        runs.append(run)
    return made, min(runs, key=lambda run: run.seconds)


def _run(folder: Path, file: Path) -> Run:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    named = {f"{PREFIX}CLINICS_FILE": str(folder / "clinics.toml"), f"{PREFIX}FOLDER": str(folder)}
    out = folder / "rows.csv"
    command = [sys.executable, "-m", "service.cli", "simulate-series", "--clinic", CLINIC]
    command += ["--encounters", str(file), "--format", "csv", "--strict"]
    watched = [sys.executable, "-c", _WATCHED, str(out), *command]
    said = subprocess.run(watched, stdout=subprocess.PIPE, text=True, env=kept | named, check=True).stdout
    status, seconds, peak_kib = said.split()
    if status != "0":
        raise RuntimeError(f"the command ended with {status}")
    return _counted(out, float(seconds), int(peak_kib) / _KIB)


def _counted(out: Path, seconds: float, peak_mib: float) -> Run:
    rows: Counter[str] = Counter()
    patients, highest = set(), 0
    with out.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["what"]] += int(row["count"] or 1)
            patients.add(row["patient"])
            highest = max(highest, int(row["ordinal"] or 0))
    return Run(seconds, peak_mib, rows, len(patients), highest)


def _differences(made: Made, run: Run) -> int:
    """How many of the totals are not what was made."""
    others = sum(made.kinds[kind] for kind in ("intake", "follow-up", "cancelled"))
    pairs = (
        (run.rows["infusion"], made.infusions),
        (run.rows["left-out"], others),
        (run.rows["doubt"], 0),
        (run.patients, made.patients),
        (run.highest, made.longest),
    )
    return sum(found != wanted for found, wanted in pairs)
