"""Bundle of type batch: requests that come together, each taken by itself, and the answers in the same order (I-90).

A resource inside is handed on as the very bytes that came, for what is received is what is kept.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from service.journal.problems import Fault, Unusable
from service.r4.elements import Json, part, text
from service.r4.raw_json import compact
from service.r4.validity import faults_of

MOST = 50
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")
_CONDITIONS = {"ifNoneMatch": "If-None-Match", "ifMatch": "If-Match", "ifNoneExist": "If-None-Exist"}
_BLANK = " \t\r\n"


class NotABatch(Unusable):
    """This is no batch that is taken here."""


@dataclass(frozen=True, slots=True)
class Request:
    """One entry of a batch: its method, its address under the base, its conditions as headers, its resource's bytes.

    `since` is the instant of If-Modified-Since. `leans_on` says that its resource refers to what another entry of
    the same batch would make.
    """

    method: str
    url: str
    conditions: dict[str, str]
    since: datetime | None
    resource: bytes | None
    leans_on: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one entry: the status with its phrase, where it stands, its version, and what it says.

    `said` are the bytes of a resource; an OperationOutcome of a refusal as well.
    """

    status: str
    location: str | None
    etag: str | None
    last_modified: str | None
    said: bytes


def read(raw: bytes, value: Json) -> tuple[Request, ...]:
    """The requests of a batch; NotABatch with every fault where it is none, or one that is not offered here.

    What an entry's resource is, or whether its address leads anywhere, is not asked: each entry has its own answer.
    """
    entries = value.get("entry")
    frame = value | ({"entry": [_frame(one) for one in entries]} if isinstance(entries, list) else {})
    faults = faults_of(Bundle, frame) or tuple(_beyond_the_model(frame))
    if faults:
        raise NotABatch(*faults)
    kept = list(_resources(raw.decode())) if entries else []
    made = {one["fullUrl"] for one in frame.get("entry", ()) if "fullUrl" in one and _is_create(one)}
    return tuple(
        _request(one["request"], resource, _refers(whole.get("resource"), made - {one.get("fullUrl")}))
        for one, whole, resource in zip(frame.get("entry", ()), entries or (), kept, strict=True)
    )


def write(base: str, answers: Iterable[Answer]) -> bytes:
    """A Bundle of type batch-response, its entries in the order of the answers; no version is named twice."""
    named = set[tuple[str, str | None]]()
    written = [_written(base.rstrip("/"), one, named) for one in answers]
    head = compact({"resourceType": "Bundle", "type": "batch-response"})
    # R4's JSON knows no empty arrays.
    return head[:-1] + b',"entry":[' + b",".join(written) + b"]}" if written else head


def _frame(entry: Any) -> Any:
    return (
        {name: one for name, one in entry.items() if name != "resource"} if isinstance(entry, dict) else entry
    )


def _beyond_the_model(frame: Json) -> Iterator[Fault]:
    if frame.get("type") != "batch":
        text_ = "A batch alone is taken here: neither a transaction nor another Bundle."
        yield Fault("not-supported", text_, "Bundle.type")
    if "implicitRules" in frame:
        yield Fault("not-supported", "Implicit rules are not understood here.", "Bundle.implicitRules")
    entries = frame.get("entry", [])
    if len(entries) > MOST:
        yield Fault("too-costly", f"A batch may have {MOST} entries at most.", "Bundle.entry")
    names = [one["fullUrl"] for one in entries if "fullUrl" in one]
    if len(set(names)) != len(names):
        yield Fault("invariant", "The same fullUrl stands here twice (bdl-7).", "Bundle.entry.fullUrl")
    for index, one in enumerate(entries):
        yield from _of_entry(one, f"Bundle.entry[{index}]")
    yield from _twice(entries)


def _of_entry(entry: Json, here: str) -> Iterator[Fault]:
    if "request" not in entry:
        yield Fault("invariant", "Each entry of a batch has a request (bdl-3).", f"{here}.request")
    elif entry["request"].get("method") not in METHODS:
        yield Fault("code-invalid", "This is no method of a request.", f"{here}.request.method")
    if "response" in entry or "search" in entry:
        yield Fault("invariant", "A request holds no answer (bdl-2, bdl-4).", here)


def _twice(entries: list[Json]) -> Iterator[Fault]:
    """No entry may depend on another (R4 http, batch): two changes of one resource would."""
    changed = set[str]()
    for index, entry in enumerate(entries):
        method, url = part(entry, "request").get("method"), text(part(entry, "request"), "url") or ""
        if method in ("PUT", "DELETE", "PATCH"):
            if url in changed:
                there = f"Bundle.entry[{index}].request.url"
                yield Fault("business-rule", "Another entry changes the same resource.", there)
            changed.add(url)


def _is_create(entry: Json) -> bool:
    return bool(entry["request"]["method"] == "POST")


def _refers(resource: Any, made: set[str]) -> bool:
    """Whether some reference at any depth names one of these."""
    waiting = [resource]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("reference") in made:
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def _request(asked: Json, resource: bytes | None, leans_on: bool) -> Request:
    since = text(asked, "ifModifiedSince")
    return Request(
        method=asked["method"],
        url=asked["url"],
        conditions={header: asked[name] for name, header in _CONDITIONS.items() if name in asked},
        since=datetime.fromisoformat(since) if since else None,
        resource=resource,
        leans_on=leans_on,
    )


def _written(base: str, answer: Answer, named: set[tuple[str, str | None]]) -> bytes:
    said: Json = json.loads(answer.said) if answer.said else {}
    is_outcome = said.get("resourceType") == "OperationOutcome"
    changed = text(part(said, "meta"), "lastUpdated") or answer.last_modified
    response: Json = {
        "status": answer.status,
        **({"location": answer.location} if answer.location else {}),
        **({"etag": answer.etag} if answer.etag else {}),
        **({"lastModified": changed} if changed else {}),
    }
    members = []
    if said and not is_outcome:
        this = f"{base}/{said['resourceType']}/{said.get('id')}", text(part(said, "meta"), "versionId")
        # One version stands under one fullUrl once (bdl-7), and two entries may tell of the same one.
        if "id" in said and this not in named:
            members.append(b'"fullUrl":' + compact(this[0]))
            named.add(this)
        members.append(b'"resource":' + answer.said)
    told = compact(response)
    if is_outcome:
        told = told[:-1] + b',"outcome":' + answer.said + b"}"
    members.append(b'"response":' + told)
    return b"{" + b",".join(members) + b"}"


# --- the very bytes ----------------------------------------------------------------------------------------------


def _resources(written: str) -> Iterator[bytes | None]:
    """The resource of each entry as it stands in a Bundle's JSON; None where an entry has none."""
    begin = next(start for name, start, _ in _inside(written, 0) if name == "entry")
    for _, at, _ in _inside(written, begin):
        found = [written[start:end] for name, start, end in _inside(written, at) if name == "resource"]
        yield found[0].encode() if found else None


def _inside(written: str, at: int) -> Iterator[tuple[str, int, int]]:
    """The members of the object or array that begins here: name ("" in an array), begin and end of each value."""
    decoder, at = json.JSONDecoder(), _skip(written, at)
    is_object, at = written[at] == "{", _skip(written, at + 1)
    while written[at] not in "]}":
        name = ""
        if is_object:
            name, at = decoder.raw_decode(written, at)
            at = _skip(written, _skip(written, at) + 1)
        _, end = decoder.raw_decode(written, at)
        yield name, at, end
        at = _skip(written, end)
        at = _skip(written, at + 1) if written[at] == "," else at


def _skip(written: str, at: int) -> int:
    while written[at] in _BLANK:
        at += 1
    return at
