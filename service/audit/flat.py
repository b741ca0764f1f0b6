"""Audit records as rows of a table, for people who read them in a spreadsheet (RFC 4180).

A spreadsheet takes a cell that begins like a formula for one; such a cell gets an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from service.audit.leaf import LogEntry
from service.audit.record import Record, instant, read_canonical

COLUMNS = (
    "index",
    "recorded",
    "deed",
    "outcome",
    "reason",
    "patient",
    "what",
    "query",
    "role",
    "person",
    "client",
    "address",
    "server",
    "request_id",
    "id",
    "digest",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def lines(entries: Iterable[LogEntry]) -> Iterator[str]:
    """The CSV text line by line, the heading first; a redacted record keeps its place, instant and digest."""
    yield line(COLUMNS)
    for entry in entries:
        yield line(row(entry))


def row(entry: LogEntry) -> tuple[str, ...]:
    """The cells of one record, in the order of COLUMNS."""
    known = {"index": str(entry.index), "recorded": instant(entry.recorded), "digest": entry.digest}
    if entry.canonical is not None:
        known |= _cells(read_canonical(entry.canonical))
    return tuple(safe(known.get(name, "")) for name in COLUMNS)


def line(cells: Iterable[str]) -> str:
    """One CSV record with its line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def safe(cell: str) -> str:
    """The cell so that no spreadsheet computes it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(record: Record) -> dict[str, str]:
    return {
        "deed": record.deed.value,
        "outcome": record.outcome.value,
        "reason": record.reason or "",
        "patient": record.patient or "",
        "what": record.what or "",
        "query": record.query or "",
        "role": record.agent.role,
        "person": record.agent.person or "",
        "client": record.agent.client or "",
        "address": record.agent.address or "",
        "server": record.server,
        "request_id": record.request_id,
        "id": record.id,
    }
