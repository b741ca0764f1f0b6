"""What is published is read without a token, and nothing that is not published is there. [FHIR R4 security; product
rule 5]
"""

import pytest

from tests.conformance.rest.asking import SET, Day, found_in
from tests.people import App

KINDS = [
    "Questionnaire",
    "CodeSystem",
    "ValueSet",
    "StructureDefinition",
    "OperationDefinition",
    "CapabilityStatement",
]


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_reads_what_is_published(day: Day, kind: str) -> None:
    nobody = App(day.world)
    found = found_in(nobody.get(kind))

    assert found
    assert {one["status"] for one in found} <= {"active", "retired"}
    for one in found:
        assert nobody.get(f"{kind}/{one['id']}").json() == one
    assert nobody.get(f"{kind}?status=draft").json().get("entry") is None


def test_its_history_too(day: Day) -> None:
    assert App(day.world).get(f"{SET}/_history/1").status_code == 200
