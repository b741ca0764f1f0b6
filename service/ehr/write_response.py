"""The QuestionnaireResponse in the record system, where it takes one: once for an entry, and brought up to date there.

It is known by the entry's identifier, the same in every version (rule 20); an update rests on the version read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.ehr.client import RecordSystem, Written
from service.ehr.failures import outcome_of, wait_asked_by
from service.ehr.marking import mark
from service.ehr.outcome import Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import RecordSystemProblem, Unreadable
from service.ehr.problems import Refused as SaidNo
from service.ehr.versions import IF_NEW, if_still, named, version_of
from service.r4.canonical import URI_IDENTIFIER
from service.r4.elements import identifier, part, reference
from service.r4.raw_json import with_member
from service.smart.fhir_id import is_id
from service.smart.problems import SmartProblem
from service.smart.strict_json import read_object

_TYPE = "QuestionnaireResponse"
_STRUCK = "entered-in-error"
_COMPARED = ("status", "questionnaire", "authored", "item")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wanted:
    body: bytes
    resource: Json
    identifier: str
    subject: str
    keeps_newer: bool

    @property
    def own_id(self) -> str:
        """The id that rung A gives it: the UUID of the entry."""
        return self.identifier.removeprefix("urn:uuid:")


def write_response(
    record: RecordSystem,
    rung: Rung,
    body: bytes,
    entry_identifier: str,
    *,
    known: str | None = None,
    keeps_newer: bool = False,
    may_send: Callable[[], bool] = lambda: True,
    at: Callable[[str], None] = lambda _point: None,
) -> Outcome:
    """Make one attempt to bring the QuestionnaireResponse `body` into the record system, or to bring it up to date.

    `known` is the id under which an earlier version of it was filed: it is read by that too, as searches may lag behind
    and the last rung has none. `may_send` is asked directly before it leaves, `at` is told of the points K4, K7 and K9.
    Never raises for anything the record system does; ValueError where the body does not carry the entry's identifier
    ("urn:uuid:…"). With `keeps_newer` what was written there later than the body is left alone, for a person.
    """
    wanted = _wanted(body, entry_identifier, keeps_newer)
    try:
        standing = _find(record, rung, wanted.identifier, known)
        at("K4")
        judged = _judge(record, wanted, standing)
        if judged is not None:
            return judged
        if not may_send():
            return NotSent("lease-too-short")
        written = _send(record, rung, wanted, standing, may_send)
        at("K7")
        outcome = _confirm(record, rung, wanted, written, changes=bool(standing))
        at("K9")
        return outcome
    except (RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)


def find_response(record: RecordSystem, entry_identifier: str) -> tuple[str, ...]:
    """The ids of this entry's responses there that still stand. RecordSystemProblem."""
    found = _by_search(record, entry_identifier)
    return tuple(one["id"] for one in found if one.get("status") != _STRUCK)


def strike_response(record: RecordSystem, response_id: str, entry_identifier: str) -> Outcome:
    """Mark our response there as entered in error; Filed once it is so, however often it is asked."""
    return mark(record, _TYPE, response_id, _STRUCK, {_STRUCK}, lambda one: _carries(one, entry_identifier))


def _find(record: RecordSystem, rung: Rung, wanted: str, known: str | None) -> list[Json]:
    try:
        if rung is Rung.PUT:
            return _by_id(record, wanted.removeprefix("urn:uuid:"))
        found = _by_search(record, wanted) if rung is not Rung.NONE else []
        first = _by_id(record, known) if known else []
        return first + [one for one in found if one["id"] != known]
    except (SaidNo, Unreadable):
        if rung in (Rung.SEARCH, Rung.NONE):
            raise
        return []  # the id, or the condition on the create itself, still guards


def _by_id(record: RecordSystem, id_: str) -> list[Json]:
    one = record.read(_TYPE, id_)
    return [one] if one else []


def _by_search(record: RecordSystem, wanted: str) -> list[Json]:
    found: dict[str, Json] = {}
    for resource in record.search(_TYPE, {"identifier": named(wanted)}):
        if not _carries(resource, wanted):
            raise Unreadable("search-ignores-identifier")
        if is_id(resource.get("id")):
            found[resource["id"]] = resource
    return list(found.values())


def _judge(record: RecordSystem, wanted: _Wanted, standing: list[Json]) -> Outcome | None:
    """The outcome that what stands there amounts to; None where something is to be written."""
    ids = tuple(one["id"] for one in standing)
    if len(standing) > 1:
        return Refused(Why.SEVERAL, found=ids)
    if not standing:
        return None
    if not _is_ours(record, wanted, standing[0]):
        return Refused(Why.MISMATCH, found=ids)
    if _says_the_same(record, standing[0], wanted.resource):
        return Filed(ids[0], version_of(standing[0]), existed=True)
    if wanted.keeps_newer and _is_newer(standing[0], wanted.resource):
        return Refused(Why.MISMATCH, codes=("newer-there",), found=ids)
    return Refused(Why.STRUCK, found=ids) if standing[0].get("status") == _STRUCK else None


def _says_the_same(record: RecordSystem, there: Json, ours: Json) -> bool:
    """The same words about the same infusion: an entry that was moved names another one, word for word (rule 11)."""
    same_words = all(there.get(name) == ours.get(name) for name in _COMPARED)
    return same_words and _about(record, there) == _about(record, ours)


def _about(record: RecordSystem, resource: Json) -> str:
    return (reference(resource, "encounter") or "").removeprefix(record.base + "/")


def _is_newer(there: Json, ours: Json) -> bool:
    """Whether what stands there was written later; what says no instant is taken for older."""
    try:
        return datetime.fromisoformat(there["authored"]) > datetime.fromisoformat(ours["authored"])
    except (KeyError, TypeError, ValueError):
        return False


def _send(
    record: RecordSystem, rung: Rung, wanted: _Wanted, standing: list[Json], may_repeat: Callable[[], bool]
) -> Written:
    if standing:
        id_, still = standing[0]["id"], if_still(version_of(standing[0]))
        return record.update(_TYPE, id_, _with_id(wanted, id_), still, may_repeat=may_repeat)
    if rung is Rung.PUT:
        body = _with_id(wanted, wanted.own_id)
        return record.update(_TYPE, wanted.own_id, body, IF_NEW, may_repeat=may_repeat)
    headers = {"If-None-Exist": f"identifier={named(wanted.identifier)}"} if rung is Rung.CONDITIONAL else {}
    return record.create(_TYPE, wanted.body, headers, may_repeat=may_repeat)


def _confirm(
    record: RecordSystem, rung: Rung, wanted: _Wanted, written: Written, *, changes: bool
) -> Outcome:
    """What the answer to a write proves, after reading back (W-15)."""
    if written.status == 202:
        return HeldThere(written.id)
    if written.id is None:
        return Unknown("no-proof")
    try:
        resource = record.read(_TYPE, written.id)
    except (RecordSystemProblem, SmartProblem) as problem:  # without a token, too: the response was sent
        # What may never be read counts by its status and address; what cannot be just now is looked for again.
        unreadable = isinstance(problem, SaidNo) or rung is Rung.NONE
        if not unreadable or (written.status != 201 and not changes):
            return Unknown("no-proof", wait_asked_by(problem))
        return Filed(written.id, written.version, verified=False, retry_after=wait_asked_by(problem))
    if resource is None:
        return Unknown("not-found-after-write")
    judged = _judge(record, wanted, [resource])
    if judged is not None:
        return judged
    # An older version of it: somebody was faster, an earlier attempt of ours perhaps. It is brought up to date next.
    return Unknown("older-there") if rung is not Rung.NONE else Filed(written.id, version_of(resource))


def _is_ours(record: RecordSystem, wanted: _Wanted, resource: Json) -> bool:
    subject = (reference(resource, "subject") or "").removeprefix(record.base + "/")
    return subject == wanted.subject and _carries(resource, wanted.identifier)


def _carries(resource: Json, wanted: str) -> bool:
    return identifier(part(resource, "identifier")) == (URI_IDENTIFIER, wanted)


def _wanted(body: bytes, entry_identifier: str, keeps_newer: bool) -> _Wanted:
    resource = read_object(body)
    if resource.get("resourceType") != _TYPE or not _carries(resource, entry_identifier):
        raise ValueError("the response does not carry its entry's identifier")
    subject = reference(resource, "subject") or ""
    return _Wanted(body, resource, entry_identifier, subject, keeps_newer)


def _with_id(wanted: _Wanted, id_: str) -> bytes:
    return with_member(wanted.body, "id", id_)
