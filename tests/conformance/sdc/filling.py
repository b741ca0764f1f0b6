"""What an app says to get a blank response to fill in, and what it gets."""

from typing import Any

import httpx2

from tests.conformance.sdc.asking import NAME, SET

Value = dict[str, Any]
FIRST: Value = {"name": "questionnaire", "valueCanonical": f"{SET}|1.0.0"}


def subject(name: str = NAME) -> Value:
    """For whom it is to be."""
    return {"name": "subject", "valueReference": {"reference": f"Patient/{name}"}}


def encounter(reference: str = "Encounter/six-done-1") -> Value:
    """The infusion it is about."""
    content = {"name": "content", "valueReference": {"reference": reference}}
    return {"name": "context", "part": [{"name": "name", "valueString": "encounter"}, content]}


def parameters(*given: Value) -> Value:
    """These, as an operation takes them."""
    return {"resourceType": "Parameters", "parameter": list(given)}


def made(answer: httpx2.Response) -> dict[str, Value]:
    """What came out, by the names of the parameters."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["resourceType"] == "Parameters"
    return {one["name"]: one["resource"] for one in told["parameter"]}
