"""Every patient's visits out of an operator's files, in memory that does not grow with the files."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from service.cli.encounter_files import Found, Malformed, read_path
from service.cli.sorted_runs import SortedRuns
from service.journal.overview import ClinicRules, Seen
from service.workflow.gather_visits import seen_in, sorted_out, wanted_types

_NAMED = 20
_QUIET_SECONDS = 5.0


class Progress:
    """Says on stderr how many were read: from the start, or once it takes long, and then every few seconds."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._count = 0
        self._next = time.monotonic() + (0 if at_once else _QUIET_SECONDS)

    def step(self, what: str) -> None:
        """One more was read."""
        self._count += 1
        if self._count % 100 == 1 and time.monotonic() >= self._next:
            click.echo(f"{self._count} {what} read", err=True)
            self._next = time.monotonic() + _QUIET_SECONDS


class Faults:
    """Names on stderr what could not be read, by its place and never by its words, and counts it."""

    def __init__(self) -> None:
        self.count = 0

    def take(self, fault: Malformed) -> None:
        """One more that could not be read."""
        self.count += 1
        if self.count <= _NAMED:
            click.echo(f"{fault.place} {fault.reason}", err=True)

    def end(self) -> None:
        """Say how many were not named."""
        if self.count > _NAMED:
            click.echo(f"and {self.count - _NAMED} more that could not be read", err=True)


def patients_in(
    path: Path, rules: ClinicRules, faults: Faults, progress: Progress
) -> Iterator[tuple[str, Seen]]:
    """Each patient who has visits in this file or folder, with all that the rules look at, in the order of their ids.

    The files are read to their end before the first patient comes.
    """
    # A folder of this account's own, gone at the end: what lies in it are identifiers, codes and dates.
    with tempfile.TemporaryDirectory(prefix="infusion-journal-") as folder:
        runs = SortedRuns(Path(folder))
        _sort_in(path, rules, runs, faults, progress)
        for patient_id, kept in runs.by_key():
            seen = seen_in(kept, rules)
            if seen.encounters:
                yield patient_id, seen


def _sort_in(path: Path, rules: ClinicRules, runs: SortedRuns, faults: Faults, progress: Progress) -> None:
    wanted = wanted_types(rules)
    for one in read_path(path):
        fault = _sorted_in(one, wanted, runs)
        progress.step("resources")
        if fault is not None:
            faults.take(fault)
    faults.end()


def _sorted_in(one: Found | Malformed, wanted: frozenset[str], runs: SortedRuns) -> Malformed | None:
    if isinstance(one, Malformed):
        return one
    kind = one.resource.get("resourceType")
    if not isinstance(kind, str):
        return Malformed(one.place, "is no FHIR resource")
    if kind not in wanted:
        return None
    try:
        patients, kept = sorted_out(one.resource)
    except ValueError:
        return Malformed(one.place, f"is no {kind} of a patient")
    for patient_id in patients:
        runs.add(patient_id, kept)
    return None
