"""Handing an assigned set to a record system that takes Tasks: once, and kept as it stands with us (T-01 to T-03).

The Task is known by its own identifier alone; the id it has there is the record system's.
"""

import json
from dataclasses import dataclass
from typing import Any

from service.ehr.client import RecordSystem, Written
from service.ehr.failures import outcome_of
from service.ehr.outcome import Filed, HeldThere, Outcome, Refused, Unknown, Why
from service.ehr.problems import RecordSystemProblem
from service.ehr.versions import if_still, named, version_of
from service.r4 import task
from service.r4.canonical import URI_IDENTIFIER
from service.smart.fhir_id import is_id
from service.smart.problems import SmartProblem
from service.smart.strict_json import NotStrict, read_object

_TYPE = "Task"
_STRUCK = "entered-in-error"
_OURS = ("id", "meta")  # what a server gives a resource, and what it therefore never has from us


@dataclass(frozen=True, slots=True)
class _Wanted:
    resource: dict[str, Any]
    identifier: str
    patient: str


class _UnfilteredSearch(Exception):
    """The record system ignores our identifier in searches, so a search proves nothing."""


def write_task(record: RecordSystem, body: bytes, identifier: str) -> Outcome:
    """Bring the Task `body`, named "urn:uuid:…", into the record system, or what stands there up to date.

    However often it is asked, there is one Task; where that says the same already, nothing is written. Never raises
    for anything the record system does; ValueError where the body is not such a Task.
    """
    wanted = _wanted(body, identifier)
    try:
        standing = _find(record, wanted)
        if not standing:
            return _create(record, wanted)
        return _bring_up_to_date(record, wanted, standing)
    except (RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)
    except _UnfilteredSearch:
        return Refused(Why.OTHER, codes=("search-ignores-identifier",))


def end_task(record: RecordSystem, body: bytes, identifier: str) -> Outcome | None:
    """Bring the Task of this name up to date where it stands there; None where it does not, and then none is made.

    For a record into which nothing new goes. Otherwise as `write_task`.
    """
    wanted = _wanted(body, identifier)
    try:
        standing = _find(record, wanted)
        return _bring_up_to_date(record, wanted, standing) if standing else None
    except (RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)
    except _UnfilteredSearch:
        return Refused(Why.OTHER, codes=("search-ignores-identifier",))


def _create(record: RecordSystem, wanted: _Wanted) -> Outcome:
    condition = {"If-None-Exist": f"identifier={named(wanted.identifier)}"}
    written = record.create(_TYPE, _bytes(wanted.resource), condition)
    if written.status == 200 and written.id is not None:
        # Somebody was faster, an earlier attempt of ours perhaps: what it brought may be older than this.
        return _bring_up_to_date(record, wanted, _standing(record, written.id))
    return _confirm(record, wanted, written)


def _bring_up_to_date(record: RecordSystem, wanted: _Wanted, standing: list[dict[str, Any]]) -> Outcome:
    judged = _judge(record, wanted, standing)
    if judged is not None:
        return judged
    [there] = standing
    id_, version = there["id"], version_of(there)
    if _says_the_same(there, wanted.resource):
        return Filed(id_, version, existed=True)
    written = record.update(_TYPE, id_, _bytes(wanted.resource | {"id": id_}), if_still(version))
    return _confirm(record, wanted, written)


def _judge(record: RecordSystem, wanted: _Wanted, standing: list[dict[str, Any]]) -> Outcome | None:
    """Why what was found under our identifier may not be written over; None where it may."""
    ids = tuple(one["id"] for one in standing)
    if len(standing) != 1:
        return Refused(Why.SEVERAL, found=ids) if standing else Unknown("not-found-after-write")
    if standing[0].get("status") == _STRUCK:
        return Refused(Why.STRUCK, found=ids)
    return None if _is_ours(record, wanted, standing[0]) else Refused(Why.MISMATCH, found=ids)


def _confirm(record: RecordSystem, wanted: _Wanted, written: Written) -> Outcome:
    """What the answer to a write proves, after reading back (W-15)."""
    if written.status == 202:
        return HeldThere(written.id)
    try:
        standing = _find(record, wanted) if written.id is None else _standing(record, written.id)
    except (RecordSystemProblem, _UnfilteredSearch):
        if written.id is None:
            return Unknown("no-proof")
        return Filed(written.id, written.version, verified=False)
    judged = _judge(record, wanted, standing)
    return judged or Filed(standing[0]["id"], version_of(standing[0]))


def _find(record: RecordSystem, wanted: _Wanted) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for resource in record.search(_TYPE, {"identifier": named(wanted.identifier)}):
        if (URI_IDENTIFIER, wanted.identifier) not in task.identifiers_of(resource):
            raise _UnfilteredSearch
        if is_id(resource.get("id")):
            found[resource["id"]] = resource
    return list(found.values())


def _standing(record: RecordSystem, id_: str) -> list[dict[str, Any]]:
    resource = record.read(_TYPE, id_)
    return [] if resource is None else [resource]


def _is_ours(record: RecordSystem, wanted: _Wanted, resource: dict[str, Any]) -> bool:
    patient = (task.patient_of(resource) or "").removeprefix(record.base + "/")
    return patient == wanted.patient and (URI_IDENTIFIER, wanted.identifier) in task.identifiers_of(resource)


def _says_the_same(there: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether each element of ours stands there as we have it; what the record system adds is its own affair."""
    gone = task.OURS_ALONE & there.keys() - ours.keys()
    return not gone and all(there.get(name) == value for name, value in ours.items())


def _wanted(body: bytes, identifier: str) -> _Wanted:
    try:
        resource = read_object(body)
    except NotStrict as error:
        raise ValueError("not a Task") from error
    patient = task.patient_of(resource)
    if resource.get("resourceType") != _TYPE or patient is None:
        raise ValueError("not a Task for a patient")
    if (URI_IDENTIFIER, identifier) not in task.identifiers_of(resource):
        raise ValueError("the Task does not carry its identifier")
    return _Wanted({name: one for name, one in resource.items() if name not in _OURS}, identifier, patient)


def _bytes(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False).encode()
