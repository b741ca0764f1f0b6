"""What is included with the matches lies in the same compartment and needs a scope of its own; a chain is not followed.
[Our rule; FHIR R4 search, Including other resources in result]
"""

import pytest

from tests.conformance.smart.asking import QR, THEIRS, scoped
from tests.people import patient
from tests.world import World

INCLUDED = {
    "_include=QuestionnaireResponse:encounter": "Encounter",
    "_revinclude=Provenance:target": "Provenance",
}


@pytest.mark.parametrize("query", INCLUDED)
def test_without_its_scope_nothing_comes_along(world: World, query: str) -> None:
    patient(world).write("six-done-1", {"ai1.1": "mine"})
    patient(world, THEIRS).write("eight-done-1", {"ai1.1": "theirs"})
    kind = INCLUDED[query]
    both = scoped(world, f"patient/{QR}.rs patient/{kind}.rs").get(f"{QR}?{query}")
    alone = scoped(world, f"patient/{QR}.rs").get(f"{QR}?{query}")

    assert {one["resource"]["resourceType"] for one in both.json()["entry"]} == {QR, kind}
    assert "eight-done" not in both.text
    found = {one["resource"]["resourceType"] for one in alone.json().get("entry", ())}
    assert found <= {QR, "OperationOutcome"}


@pytest.mark.parametrize("query", ["subject:Patient.name=a", "patient.name=a", "_has:Task:patient:status=x"])
def test_a_chain_is_refused(house: World, query: str) -> None:
    answer = scoped(house, f"patient/{QR}.rs patient/Patient.rs").get(f"{QR}?{query}")

    assert answer.status_code in (400, 403)
