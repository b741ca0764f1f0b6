"""Giving a resource of ours another status where it stands: superseded, or entered in error (W-30, W-31).

Apart from filing: it may be repeated as often as one likes, and what is not ours is left alone.
"""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from service.ehr.client import RecordSystem, Written
from service.ehr.failures import outcome_of, wait_asked_by
from service.ehr.outcome import Filed, HeldThere, Outcome, Refused, Unknown, Why
from service.ehr.problems import RecordSystemProblem
from service.ehr.versions import if_still, version_of
from service.smart.problems import SmartProblem

Json = dict[str, Any]


def mark(
    record: RecordSystem,
    resource_type: str,
    resource_id: str,
    status: str,
    already: AbstractSet[str],
    is_ours: Callable[[Json], bool],
) -> Outcome:
    """Give the resource its status upon the version that was read, unless it has one of `already`.

    Filed once it is so; Refused as mismatch where it is not ours, as target where there is none. Never raises for
    anything the record system does.
    """
    try:
        resource = record.read(resource_type, resource_id)
        if resource is None:
            return Refused(Why.TARGET, 404)
        if not is_ours(resource):
            return Refused(Why.MISMATCH, found=(resource_id,))
        if resource.get("status") in already:
            return Filed(resource_id, version_of(resource), existed=True)
        body = json.dumps({**resource, "status": status}, ensure_ascii=False).encode()
        written = record.update(resource_type, resource_id, body, if_still(version_of(resource)))
    except (RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)
    return (
        HeldThere(resource_id) if written.status == 202 else _proven(record, resource_type, written, status)
    )


def _proven(record: RecordSystem, resource_type: str, written: Written, status: str) -> Outcome:
    """A yes counts once the resource is seen with its new status, in the answer or by reading it (F21)."""
    seen = written.resource
    try:
        if seen is None and written.id is not None:
            seen = record.read(resource_type, written.id)
    except (RecordSystemProblem, SmartProblem) as problem:
        return Unknown("no-proof", wait_asked_by(problem))
    if seen is None or seen.get("status") != status:
        return Unknown("not-marked")
    return Filed(str(seen.get("id")), version_of(seen))
