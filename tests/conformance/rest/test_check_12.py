"""An OperationOutcome stands in every kind of refusal, also where the record system is silent or the house
itself fails. [FHIR R4 http, HTTP Status Codes]
"""

import json
from collections.abc import Callable

import httpx2
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.conformance.rest.asking import QR, created, fresh, mine
from tests.people import FHIR_JSON, App
from tests.web.changing import answered, put
from tests.world import EHR, World

Asked = Callable[[World], httpx2.Response]


def cut_off(world: World) -> httpx2.Response:
    world.servers.pop(EHR)
    return App(world).get(".well-known/smart-configuration")


def chunked(world: World) -> httpx2.Response:
    return mine(world).ask("POST", QR, content=iter([b"{", b"}"]), headers=FHIR_JSON)


def twice(world: World) -> httpx2.Response:
    sent = fresh(world)
    mine(world).post(QR, sent)
    return mine(world).post(QR, sent)


def changed_elsewhere(world: World) -> httpx2.Response:
    return put(mine(world), answered(created(world).json(), "other words"), 'W/"7"')


REFUSED: dict[int, Asked] = {
    400: lambda world: mine(world).get(f"{QR}?hue=1"),
    401: lambda world: App(world).get(QR),
    403: lambda world: mine(world, scope="patient/Task.rs").get(QR),
    404: lambda world: mine(world).get("Observation/x"),
    405: lambda world: mine(world).ask("DELETE", f"{QR}/x"),
    406: lambda world: mine(world).get(QR, Accept="text/html"),
    409: twice,
    411: chunked,
    412: changed_elsewhere,
    413: lambda world: mine(world).post(QR, json.dumps({"text": "x" * 1_100_000}).encode()),
    415: lambda world: mine(world).post(QR, {}, **{"Content-Type": "text/plain"}),
    422: lambda world: mine(world).post(QR, fresh(world, item=None)),
    503: cut_off,
}


@pytest.mark.parametrize("status", REFUSED)
def test_every_refusal_is_an_operation_outcome(world: World, status: int) -> None:
    answer = REFUSED[status](world)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    outcome = OperationOutcome.model_validate(answer.json())
    assert {one.severity for one in outcome.issue} == {"error"}


def test_so_is_a_fault_of_our_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted-words-of-somebody")

    monkeypatch.setattr("service.web.fhir_api.read_response", broken)
    answer = mine(world).get(f"{QR}/x")

    assert answer.status_code == 500
    assert "planted" not in answer.text
    OperationOutcome.model_validate(answer.json())
