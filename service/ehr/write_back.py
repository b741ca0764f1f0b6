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
from service.ehr.failures import outcome_of, wait_asked_by
from service.ehr.marking import mark
from service.ehr.outcome import Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.versions import IF_NEW, named, version_of
from service.r4 import document_reference
from service.r4.canonical import URI_IDENTIFIER
from service.r4.document_reference import FoundDocument
from service.smart.fhir_id import is_id
from service.smart.problems import SmartProblem
from service.smart.strict_json import NotStrict, read_object

__all__ = [
    "Outcome",
    "Rung",
    "file_document",
    "find_identical",
    "find_same_bytes",
    "find_version",
    "strike_document",
    "supersede_document",
]

_TYPE = "DocumentReference"
_STRUCK = "entered-in-error"
_SUPERSEDED = "superseded"
_TOO_LATE = NotSent("lease-too-short")
_CONFLICTS = (409, 412)


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
    at: Callable[[str], None] = lambda _point: None,
) -> Outcome:
    """Make one attempt to file the DocumentReference `body`, whose version is named "urn:uuid:…".

    `may_send` is asked directly before the document leaves, after everything that may have taken long: false
    means that the lease would not last, and nothing is sent (fault-matrix section 2, rule 1); and again before it
    leaves a second time, with a new token. `at` is told of the
    points K4, K7 and K9. Never raises for anything the record system does; ValueError where the body is not such a
    document.
    """
    wanted = _wanted(body, version_identifier)
    try:
        earlier = _earlier(record, rung, wanted)
        at("K4")
        if earlier is not None:
            return earlier
        return _sent(record, rung, wanted, may_send, at) if may_send() else _TOO_LATE
    except (problems.RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)
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
    return tuple(
        found
        for found in _of_patient(record, wanted.subject.rpartition("/")[2], since)
        if wanted.sha1 is not None and found.sha1 == wanted.sha1
    )


def find_same_bytes(
    record: RecordSystem, patient_id: str, data: bytes, *, since: str, struck: bool = False
) -> tuple[FoundDocument, ...]:
    """Read only, for rung D: what stands in this patient's record since that day with these very bytes (W-12 b).

    With `struck` also what was struck there.
    """
    sha1 = document_reference.sha1_of(data)
    return tuple(one for one in _of_patient(record, patient_id, since, struck=struck) if one.sha1 == sha1)


def strike_document(
    record: RecordSystem, document_id: str, version_identifier: str, *, sha1: str | None = None
) -> Outcome:
    """Mark our document there as entered in error (W-31); Filed once it is so, however often it is asked.

    One that carries no identifier of ours is known by its bytes, where `sha1` (base64) is given.
    """
    return mark(record, _TYPE, document_id, _STRUCK, {_STRUCK}, _is_ours(version_identifier, sha1))


def supersede_document(record: RecordSystem, document_id: str, version_identifier: str) -> Outcome:
    """Mark our document there as superseded by a later one (W-30); Filed once it is so, or was struck before.

    `version_identifier` is the old document's own: one that does not carry it is left alone.
    """
    return mark(
        record, _TYPE, document_id, _SUPERSEDED, {_SUPERSEDED, _STRUCK}, _is_ours(version_identifier, None)
    )


def _of_patient(
    record: RecordSystem, patient_id: str, since: str, *, struck: bool = False
) -> list[FoundDocument]:
    """The patient's documents since that day that still stand, with `struck` the others, too."""
    subject = f"Patient/{patient_id}"
    found = _documents(record.search(_TYPE, {"patient": patient_id, "date": f"ge{since}"}))
    return [one for one in found if (struck or one.status != _STRUCK) and _is_about(record, one, subject)]


def _is_ours(identifier: str, sha1: str | None) -> Callable[[dict[str, Any]], bool]:
    """Whether a document there is this version of ours: by its identifier, else by its bytes where it has none."""

    def judge(resource: dict[str, Any]) -> bool:
        for found in _documents([resource]):
            same_bytes = sha1 is not None and found.sha1 == sha1 and not found.identifiers
            return (URI_IDENTIFIER, identifier) in found.identifiers or same_bytes
        return False

    return judge


def _earlier(record: RecordSystem, rung: Rung, wanted: _Wanted) -> Outcome | None:
    """What an earlier attempt left there. B searches too: big servers have had races in conditional create (rule 5).

    A looks at its id: a blind PUT would bring back what somebody there has struck.
    """
    return None if rung is Rung.NONE else _judge(record, wanted, _find_before(record, rung, wanted))


def _sent(
    record: RecordSystem,
    rung: Rung,
    wanted: _Wanted,
    may_repeat: Callable[[], bool],
    at: Callable[[str], None],
) -> Outcome:
    try:
        written = _send(record, rung, wanted, may_repeat)
    except problems.Refused as refused:
        if refused.status not in _CONFLICTS or rung is Rung.NONE:
            raise
        # The same document was quicker, sent by a lost attempt of ours: where it stands, it is filed (F15).
        return _judge(record, wanted, _find_before(record, rung, wanted)) or outcome_of(refused)
    at("K7")
    outcome = _confirm(record, rung, wanted, written)
    at("K9")
    return outcome


def _send(record: RecordSystem, rung: Rung, wanted: _Wanted, may_repeat: Callable[[], bool]) -> Written:
    if rung is Rung.PUT:
        body = _with_id(wanted.body, wanted.own_id)
        return record.update(_TYPE, wanted.own_id, body, IF_NEW, may_repeat=may_repeat)
    headers = {"If-None-Exist": f"identifier={named(wanted.identifier)}"} if rung is Rung.CONDITIONAL else {}
    return record.create(_TYPE, wanted.body, headers, may_repeat=may_repeat)


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
    except (problems.RecordSystemProblem, SmartProblem) as problem:
        # It was sent, also where there is no token now. Some record systems let us write and not read (E-05). Elsewhere
        # the next attempt sees whether it stands there; on rung D nobody could, so status and address are enough.
        unreadable = isinstance(problem, problems.Refused) or rung is Rung.NONE
        if not unreadable or (written.status != 201 and not existed):
            return Unknown("no-proof", wait_asked_by(problem))
        asked = wait_asked_by(problem)
        return Filed(written.id, written.version, verified=False, existed=existed, retry_after=asked)
    if resource is None:
        return _confirm_by_search(record, rung, wanted)
    found = _documents([resource])
    if not found or not _fits(record, found[0], wanted):
        return Refused(Why.MISMATCH, written.status, found=(written.id,))
    return Filed(written.id, written.version or version_of(resource), existed=existed)


def _confirm_by_search(record: RecordSystem, rung: Rung, wanted: _Wanted) -> Outcome:
    if rung is Rung.NONE:
        return Unknown("no-proof")
    try:
        found = _find(record, wanted.identifier)
    except (problems.RecordSystemProblem, SmartProblem, _UnfilteredSearch) as problem:
        return Unknown("no-proof", wait_asked_by(problem))
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
    for document in _documents(record.search(_TYPE, {"identifier": named(identifier)})):
        if (URI_IDENTIFIER, identifier) not in document.identifiers:
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
    return _is_about(record, found, wanted.subject)


def _is_about(record: RecordSystem, found: FoundDocument, subject: str) -> bool:
    return (found.subject or "").removeprefix(record.base + "/") == subject


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
