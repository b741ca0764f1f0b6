"""`reconcile`: entries sent, filed, and found in the record system, and every difference between them (rule 24)."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from service.journal.reconciling import Line
from service.settings import read_settings
from service.wiring import wire
from service.workflow.reconcile import reconcile as compared

_COLUMNS = ("patient_id", "entry_id", "version", "submitted", "filed", "found", "difference", "reason")


@click.command()
@click.argument("clinic")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table")
def reconcile(clinic: str, form: str) -> None:
    """Compare what patients sent with what was filed and what stands in the record; 3 where they differ.

    The table has only what differs; CSV and JSON (a line for each version) have everything.
    """
    wiring = wire(read_settings())
    wiring.desk.writer.start()
    counts: Counter[str] = Counter()
    try:
        lines = _counted(compared(wiring.desk, clinic), counts)
        {"table": _table, "csv": _csv, "json": _json}[form](lines)
    finally:
        wiring.stop()
    named = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if name not in _SIDES)
    sides = ", ".join(f"{counts[side]} {side}" for side in _SIDES)
    click.echo(f"{sides}; {'differences: ' + named if named else 'no difference'}.", err=form != "table")
    sys.exit(3 if named else 0)


_SIDES = ("submitted", "filed", "found")


def _counted(lines: Iterable[Line], counts: Counter[str]) -> Iterator[Line]:
    for line in lines:
        counts["submitted"] += line.submitted is not None
        counts["filed"] += line.filed == "filed"
        counts["found"] += len(line.found)
        if line.difference is not None:
            counts[line.difference.value] += 1
        yield line


def _table(lines: Iterable[Line]) -> None:
    for line in lines:
        if line.difference is not None:
            which = f"{line.entry_id or '?'}/{line.version or '?'}"
            found = ", ".join(f"DocumentReference/{one}" for one in line.found)
            told = [line.difference.value, which, f"patient {line.patient_id}", line.reason, found]
            click.echo("  ".join(part for part in told if part))


def _csv(lines: Iterable[Line]) -> None:
    """Every cell quoted; ids, states and reasons are ours or FHIR's, and none can begin a formula (threat T39)."""
    writer = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        writer.writerow([_said(line, column) for column in _COLUMNS])


def _said(line: Line, column: str) -> str:
    value = getattr(line, column)
    said = " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@") else said


def _json(lines: Iterable[Line]) -> None:
    for line in lines:
        click.echo(json.dumps(asdict(line)))
