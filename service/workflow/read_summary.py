"""A client reads a summary's bytes: the very ones that the worker files, with the reach of their document (B-03).

The id of a Binary names the entry and the version that it was rendered from, so its bytes change only where the record
system did not take their form and they are filed in another. What the patient keeps private is in none of them: they
are made for the record (rule 16).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.problems import NotYours
from service.r4 import binary
from service.r4.raw_json import splice
from service.store import documents
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, as_version_number
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class ServedBytes:
    """A summary as it lies in the record, its SHA-256 in hex, and since when; `resource` is the same as a Binary."""

    data: bytes
    content_type: str
    digest: str
    last_modified: datetime
    resource: Served


def read_summary(desk: Desk, context: AccessContext, summary_id: str) -> ServedBytes:
    """The summary that this id names; NotYours where its document is out of reach, or was never made."""
    entry_id, _, written = summary_id.rpartition(".")
    number = as_version_number(written) if written else None
    found = documents.rendered_from(desk.store, context, entry_id, number) if number is not None else None
    if found is None:
        raise NotYours
    what = f"Binary/{summary_id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=found.patient_id, what=what)])
    raw = splice(
        binary.write(found.pdf, found.media_type, f"DocumentReference/{entry_id}"),
        id=summary_id,
        version_id="1",
        last_updated=found.recorded_at,
    )
    served = Served(summary_id, 1, found.recorded_at, found.patient_id, raw)
    return ServedBytes(
        found.pdf, found.media_type, hashlib.sha256(found.pdf).hexdigest(), found.recorded_at, served
    )


def binary_id(entry_id: str, version: int) -> str:
    """The id of the Binary with the summary of this entry version."""
    return f"{entry_id}.{version}"
