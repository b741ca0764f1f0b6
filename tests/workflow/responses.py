"""The part of a record system that takes responses, standing on the wire before one that takes documents."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from service.journal.entries import Filing, FilingKind
from tests.workflow.filing import Carry, answer, owed
from tests.world import EHR, World

_HOME = f"{EHR}/fhir/QuestionnaireResponse"
Spoil = Callable[[Carry], httpx2.Response]


class TakesResponses:
    """Keeps responses by id and every write in a ledger; `spoil` stands before the first so many writes."""

    def __init__(self, spoil: Spoil | None = None, times: int = 0) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.ledger: list[str] = []
        self.spoil, self.left = spoil, times

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if not str(request.url).startswith(_HOME):
            return carry()
        if request.method == "GET":
            return self._shown(request)
        if self.spoil is not None and self.left > 0:
            self.left -= 1
            return self.spoil(lambda: self._written(request))
        return self._written(request)

    def _shown(self, request: httpx2.Request) -> httpx2.Response:
        if "identifier" in request.url.params:
            value = request.url.params["identifier"].partition("|")[2]
            found = [one for one in self.kept.values() if one["identifier"]["value"] == value]
            bundle = {
                "resourceType": "Bundle",
                "type": "searchset",
                "entry": [{"resource": one} for one in found],
            }
            return _said(200, bundle)
        one = self.kept.get(request.url.path.rpartition("/")[2])
        return _said(200, one) if one else answer(404)

    def _written(self, request: httpx2.Request) -> httpx2.Response:
        resource = json.loads(request.content)
        there = self._there(request)
        if request.method == "POST" and there is not None:
            return _said(200, there)
        if there is not None and request.headers.get("If-Match") != f'W/"{there["meta"]["versionId"]}"':
            return answer(412)
        id_ = resource.get("id") or f"response-{len(self.kept) + 1}"
        version = str(int(there["meta"]["versionId"]) + 1) if there else "1"
        self.kept[id_] = resource | {"id": id_, "meta": {"versionId": version}}
        self.ledger.append(f"{request.method} {id_} {resource['status']}")
        return _said(200 if there else 201, self.kept[id_], location=f"{_HOME}/{id_}/_history/{version}")

    def _there(self, request: httpx2.Request) -> dict[str, Any] | None:
        if request.method == "PUT":
            return self.kept.get(request.url.path.rpartition("/")[2])
        condition = request.headers.get("If-None-Exist")
        value = condition.partition("|")[2] if condition else None
        return next((one for one in self.kept.values() if one["identifier"]["value"] == value), None)


def _said(status: int, body: dict[str, Any], **headers: str) -> httpx2.Response:
    return answer(status, json.dumps(body).encode(), **{"content-type": "application/fhir+json", **headers})


def response_of(world: World) -> Filing:
    """The newest filing of a response."""
    return [one for one in owed(world) if one.kind is FilingKind.RESPONSE][-1]


def summary_of(world: World) -> Filing:
    """The newest filing of a summary."""
    return [one for one in owed(world) if one.kind is FilingKind.SUMMARY][-1]
