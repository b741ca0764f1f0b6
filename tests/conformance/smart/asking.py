"""Software at our own FHIR base."""

from typing import Any

import httpx2

from tests.people import App, signed_token
from tests.world import CLINIC, EHR, JOURNAL, World

QR = "QuestionnaireResponse"
SET = "Questionnaire/after-infusion-1"
MINE, THEIRS = "patient-six-done", "patient-eight-done"
REALM = 'Bearer realm="Infusion Journal"'


def fetched(world: World, path: str, **headers: str) -> httpx2.Response:
    """A GET below our public address, without any token."""
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        return http.get(f"{JOURNAL}/{path}", headers=headers)


def configuration(world: World, base: str = f"{CLINIC}/fhir") -> dict[str, Any]:
    """The discovery document of one of our bases."""
    answer = fetched(world, f"{base}/.well-known/smart-configuration")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def showing(world: World, header: dict[str, Any] | None = None, **claims: Any) -> App:
    """An app with a signed token whose claims differ from a good one; None takes a claim away."""
    return App(world, signed_token(world, header=header, **claims))


def scoped(world: World, scope: str, name: str = MINE) -> App:
    """A patient's app with this scope."""
    return showing(world, scope=scope, patient=name, fhirUser=f"{EHR}/fhir/Patient/{name}")


def codes(answer: httpx2.Response) -> list[str]:
    """The issue codes of a refusal, which is an OperationOutcome."""
    assert answer.headers["content-type"] == "application/fhir+json", answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    return [one["code"] for one in answer.json()["issue"]]
