"""Filing a document in the record: exactly once where the record system allows it, else never silently twice.

The key of every rung is the version's own identifier; with the entry's, an amendment would find its predecessor
and be lost (W-02, W-12, fault-matrix section 2). The caller has stored its intent before it calls, and calls
again only when `retry` says so.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from service.ehr import problems
from service.ehr.client import RecordSystem, Written
from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.r4 import document_reference
from service.r4.document_reference import FoundDocument
from service.smart.fhir_id import is_id
from service.smart.problems import DiscoveryFailed, ScopeMissing, ServerSilent, SmartProblem
from service.smart.strict_json import NotStrict, read_object

__all__ = ["Outcome", "Rung", "file_document", "find_identical", "find_version", "strike_document"]

_TYPE = "DocumentReference"
_URI = "urn:ietf:rfc:3986"
_STRUCK = "entered-in-error"
_TOO_LATE = NotSent("lease-too-short")
_WHY = {
    400: Why.CONTENT,
    422: Why.CONTENT,
    406: Why.FORM,
    413: Why.FORM,
    415: Why.FORM,
    401: Why.SIGN_IN,
    403: Why.SCOPE,
    404: Why.TARGET,
    410: Why.TARGET,
    409: Why.CONFLICT,
    412: Why.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    body: bytes
    identifier: str
    subject: str
    sha1: str | None
    size: int | None

    @property
    def own_id(self) -> str:
        """The id that rung A gives the document: the UUID of its version."""
        return self.identifier.removeprefix("urn:uuid:")


class _UnfilteredSearch(Exception):
    """The record system ignores our identifier in searches, so a search proves nothing."""


def file_document(
    record: RecordSystem,
    rung: Rung,
    body: bytes,
    version_identifier: str,
    *,
    may_send: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Make one attempt to file the DocumentReference `body`, whose version is named "urn:uuid:…".

    `may_send` is asked directly before the document leaves, after everything that may have taken long: false
    means that the lease would not last, and nothing is sent (fault-matrix section 2, rule 1). Never raises for
    anything the record system does; ValueError where the body is not such a document.
    """
    wanted = _wanted(body, version_identifier)
    try:
        earlier = _earlier(record, rung, wanted)
        if earlier is not None:
            return earlier
        return _confirm(record, rung, wanted, _send(record, rung, wanted)) if may_send() else _TOO_LATE
    except (problems.RecordSystemProblem, SmartProblem) as problem:
        return _outcome(problem)
    except _UnfilteredSearch:
        return Refused(Why.OTHER, codes=("search-ignores-identifier",))


def find_version(record: RecordSystem, version_identifier: str) -> tuple[FoundDocument, ...]:
    """The documents that carry the version's identifier, struck ones too, as the reconciler asks for them.

    RecordSystemProblem, also where the record system ignores the identifier in searches.
    """
    try:
        return _find(record, version_identifier)
    except _UnfilteredSearch as error:
        raise problems.Unreadable("search-ignores-identifier") from error


def find_identical(record: RecordSystem, body: bytes, *, since: str) -> tuple[FoundDocument, ...]:
    """Read only, for rung D: documents of the same patient, dated `since` (a date) or later, with the same bytes.

    Exactly one means that it was filed after all; anything else is for a person (W-12 b). RecordSystemProblem.
    """
    wanted = _read_body(body)
    params = {"patient": wanted.subject.rpartition("/")[2], "date": f"ge{since}"}
    return tuple(
        found
        for found in _documents(record.search(_TYPE, params))
        if found.status != _STRUCK
        and wanted.sha1 is not None
        and found.sha1 == wanted.sha1
        and _same_subject(record, found, wanted)
    )


def strike_document(record: RecordSystem, document_id: str, version_identifier: str) -> Outcome:
    """Mark our document there as entered in error (W-31); Filed once it is so, however often it is asked."""
    try:
        return _strike(record, document_id, version_identifier)
    except (problems.RecordSystemProblem, SmartProblem) as problem:
        return _outcome(problem)


def _earlier(record: RecordSystem, rung: Rung, wanted: _Wanted) -> Outcome | None:
    """What an earlier attempt left there. B searches too: big servers have had races in conditional create (rule 5).

    A looks at its id: a blind PUT would bring back what somebody there has struck.
    """
    return None if rung is Rung.NONE else _judge(record, wanted, _find_before(record, rung, wanted))


def _send(record: RecordSystem, rung: Rung, wanted: _Wanted) -> Written:
    if rung is Rung.PUT:
        return record.update(_TYPE, wanted.own_id, _with_id(wanted.body, wanted.own_id))
    headers = {"If-None-Exist": _query(wanted.identifier)} if rung is Rung.CONDITIONAL else {}
    return record.create(_TYPE, wanted.body, headers)


def _find_before(record: RecordSystem, rung: Rung, wanted: _Wanted) -> tuple[FoundDocument, ...]:
    try:
        if rung is Rung.PUT:
            standing = record.read(_TYPE, wanted.own_id)
            return tuple(_documents([standing] if standing else []))
        return _find(record, wanted.identifier)
    except (problems.Refused, problems.Unreadable, _UnfilteredSearch):
        if rung is Rung.SEARCH:
            raise
        return ()  # the id, or the condition on the create itself, still guards


def _confirm(record: RecordSystem, rung: Rung, wanted: _Wanted, written: Written) -> Outcome:
    """What the answer to a write proves, after reading back (W-15, fault F21)."""
    if written.status == 202:
        return HeldThere(written.id)
    if written.id is None:
        return _confirm_by_search(record, rung, wanted)
    existed = written.status == 200 and rung is Rung.CONDITIONAL
    try:
        resource = record.read(_TYPE, written.id)
    except problems.RecordSystemProblem:
        if written.status != 201 and not existed:
            return Unknown("no-proof")
        # There by its status and its address; some record systems let us write and not read (E-05).
        return Filed(written.id, written.version, verified=False, existed=existed)
    if resource is None:
        return _confirm_by_search(record, rung, wanted)
    found = _documents([resource])
    if not found or not _fits(record, found[0], wanted):
        return Refused(Why.MISMATCH, written.status, found=(written.id,))
    return Filed(written.id, written.version or _version(resource), existed=existed)


def _confirm_by_search(record: RecordSystem, rung: Rung, wanted: _Wanted) -> Outcome:
    if rung is Rung.NONE:
        return Unknown("no-proof")
    try:
        found = _find(record, wanted.identifier)
    except (problems.RecordSystemProblem, _UnfilteredSearch):
        return Unknown("no-proof")
    return _judge(record, wanted, found) or Unknown("not-found-after-write")


def _judge(record: RecordSystem, wanted: _Wanted, found: tuple[FoundDocument, ...]) -> Outcome | None:
    """The outcome that documents already there amount to; None where there are none."""
    standing = [document for document in found if document.status != _STRUCK]
    if len(standing) > 1:
        return Refused(Why.SEVERAL, found=tuple(document.id for document in standing))
    if not standing:
        return Refused(Why.STRUCK, found=tuple(document.id for document in found)) if found else None
    if not _fits(record, standing[0], wanted):
        return Refused(Why.MISMATCH, found=(standing[0].id,))
    return Filed(standing[0].id, existed=True)


def _find(record: RecordSystem, identifier: str) -> tuple[FoundDocument, ...]:
    found = []
    for document in _documents(record.search(_TYPE, {"identifier": f"{_URI}|{identifier}"})):
        if (_URI, identifier) not in document.identifiers:
            raise _UnfilteredSearch
        found.append(document)
    return tuple({document.id: document for document in found}.values())


def _documents(resources: Iterable[dict[str, Any]]) -> list[FoundDocument]:
    documents = []
    for resource in resources:
        try:
            documents.append(document_reference.read(resource))
        except ValueError:
            continue
    return [document for document in documents if is_id(document.id)]


def _fits(record: RecordSystem, found: FoundDocument, wanted: _Wanted) -> bool:
    """Same patient, and the same file as far as the record system lets us see it."""
    same_file = wanted.sha1 is None or found.sha1 is None or found.sha1 == wanted.sha1
    same_size = wanted.size is None or found.size is None or found.size == wanted.size
    return _same_subject(record, found, wanted) and same_file and same_size


def _same_subject(record: RecordSystem, found: FoundDocument, wanted: _Wanted) -> bool:
    return (found.subject or "").removeprefix(record.base + "/") == wanted.subject


def _strike(record: RecordSystem, document_id: str, version_identifier: str) -> Outcome:
    resource = record.read(_TYPE, document_id)
    if resource is None:
        return Refused(Why.TARGET, 404)
    found = _documents([resource])
    if not found or (_URI, version_identifier) not in found[0].identifiers:
        return Refused(Why.MISMATCH, found=(document_id,))
    if found[0].status == _STRUCK:
        return Filed(document_id, _version(resource), existed=True)
    version = _version(resource)
    headers = {"If-Match": f'W/"{version}"'} if version else {}
    body = json.dumps({**resource, "status": _STRUCK}, ensure_ascii=False).encode()
    written = record.update(_TYPE, document_id, body, headers)
    return HeldThere(document_id) if written.status == 202 else Filed(document_id, written.version)


def _wanted(body: bytes, identifier: str) -> _Wanted:
    wanted = _read_body(body)
    if not identifier.startswith("urn:uuid:") or not is_id(identifier.removeprefix("urn:uuid:")):
        raise ValueError("a version is named urn:uuid:…")
    if wanted.identifier != identifier:
        raise ValueError("the document does not carry its version's identifier")
    return wanted


def _read_body(body: bytes) -> _Wanted:
    try:
        resource = read_object(body)
    except NotStrict as error:
        raise ValueError("not a DocumentReference") from error
    document = document_reference.read({**resource, "id": "not-filed-yet"})
    master = resource.get("masterIdentifier")
    identifier = master.get("value", "") if isinstance(master, dict) else ""
    if not (document.subject or "").startswith("Patient/"):
        raise ValueError("a document needs its patient")
    return _Wanted(body, str(identifier), document.subject or "", document.sha1, document.size)


def _with_id(body: bytes, id_: str) -> bytes:
    return json.dumps({**read_object(body), "id": id_}, ensure_ascii=False).encode()


def _query(identifier: str) -> str:
    return f"identifier={_URI}|{identifier}"


def _version(resource: dict[str, Any]) -> str | None:
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if is_id(version) else None


def _outcome(problem: problems.RecordSystemProblem | SmartProblem) -> Outcome:
    """One failure as the outcome of an attempt (ehr-writeback C3)."""
    if isinstance(problem, problems.RateLimited):
        return Busy(problem.retry_after)
    if isinstance(problem, problems.Ambiguous):
        return Unknown(problem.reason, problem.retry_after)
    if isinstance(problem, problems.Refused):
        why = _WHY.get(problem.status, Why.OTHER)
        return Refused(why, problem.status, problem.codes, problem.expressions)
    if isinstance(problem, problems.RecordSystemProblem | ServerSilent | DiscoveryFailed):
        return NotSent(problem.reason)
    if isinstance(problem, ScopeMissing):
        return Refused(Why.SCOPE, codes=problem.missing)
    return Refused(Why.SIGN_IN, codes=(problem.reason,))
