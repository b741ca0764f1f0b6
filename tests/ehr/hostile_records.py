"""A small record system with faults by switch, and a ledger of all it ever committed: the ledger is the judge."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2

from service.ehr.client import RecordSystem

BASE = "https://ehr.example/fhir"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Ask:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class HostileRecords:
    """Keeps documents and Tasks; `before` may answer instead of it, `after` may spoil the answer to a write.

    `ignores_condition`: If-None-Exist has no effect. `drops_identifier`: what it keeps has no identifier.
    `hides` is how many searches find nothing (an index that lags).
    """

    before: Callable[[Ask], Answer | None] = lambda ask: None
    after: Callable[[Ask, Answer], Answer] = lambda ask, answer: answer
    ignores_condition: bool = False
    drops_identifier: bool = False
    hides: int = 0
    good_token: str | None = None
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    ledger: list[str] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        ask = Ask(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].removeprefix("/fhir"),
            {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()},
            {name: value for name, value in environ.items() if name.startswith("HTTP_")},
            environ["wsgi.input"].read(),
        )
        self.asked.append(ask)
        status, headers, body = self.before(ask) or self._answer(ask)
        start_response(f"{status} Told", list(headers.items()))
        return [body]

    def client(self, **more: Any) -> RecordSystem:
        http = httpx2.Client(transport=httpx2.WSGITransport(app=self))
        return RecordSystem(BASE, http, more.pop("token", lambda: "token-1"), **more)

    def writes(self) -> int:
        return sum(1 for ask in self.asked if ask.method != "GET")

    def _answer(self, ask: Ask) -> Answer:
        if self.good_token and ask.headers.get("HTTP_AUTHORIZATION") != f"Bearer {self.good_token}":
            return 401, {}, b""
        parts = ask.path.strip("/").split("/")
        if ask.method == "GET":
            return self._read(parts[1]) if len(parts) == 2 else self._search(ask)
        answer = self._update(ask, parts[1]) if ask.method == "PUT" else self._create(ask)
        return self.after(ask, answer)

    def _read(self, id_: str) -> Answer:
        found = self.documents.get(id_)
        return ok(found) if found else (404, {}, b"")

    def _search(self, ask: Ask) -> Answer:
        if self.hides > 0:
            self.hides -= 1
            return ok(bundle())
        wanted = ask.query.get("identifier", "").rpartition("|")[2]
        return ok(bundle(*(one for one in self.documents.values() if wanted in json.dumps(one))))

    def _create(self, ask: Ask) -> Answer:
        condition = ask.headers.get("HTTP_IF_NONE_EXIST", "")
        if condition and not self.ignores_condition:
            wanted = condition.rpartition("|")[2]
            matches = [one for one in self.documents.values() if wanted in json.dumps(one)]
            if len(matches) > 1:
                return 412, {}, b""
            if matches:
                return 200, {"Location": f"{BASE}{ask.path}/{matches[0]['id']}/_history/1"}, b""
        return self._keep(f"doc-{len(self.ledger) + 1}", json.loads(ask.body), 201)

    def _update(self, ask: Ask, id_: str) -> Answer:
        wanted = ask.headers.get("HTTP_IF_MATCH")
        if wanted is not None and wanted != f'W/"{self.documents[id_]["meta"]["versionId"]}"':
            return 412, {}, b""
        return self._keep(id_, json.loads(ask.body), 200 if id_ in self.documents else 201)

    def _keep(self, id_: str, resource: dict[str, Any], status: int) -> Answer:
        if self.drops_identifier:
            resource.pop("identifier", None)
            resource.pop("masterIdentifier", None)
        version = str(self.ledger.count(id_) + 1)
        self.documents[id_] = {**resource, "id": id_, "meta": {"versionId": version}}
        self.ledger.append(id_)
        location = f"{BASE}/{resource['resourceType']}/{id_}/_history/{version}"
        return status, {"Location": location}, b""


def ok(resource: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/fhir+json"}, json.dumps(resource).encode()


def bundle(*resources: dict[str, Any], next_: object = None) -> dict[str, Any]:
    links = [] if next_ is None else [{"relation": "next", "url": next_}]
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}


def outcome(*codes: str, **more: Any) -> bytes:
    issues = [{"severity": "error", "code": code, **more} for code in codes]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()
