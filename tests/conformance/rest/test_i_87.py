"""A search under a patient's token finds what is that patient's and nothing else, asked for or not.
[SMART App Launch 2.2, scopes: patient-level; FHIR R4 Compartment Patient]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, NAME, THEIRS, Day, backend, by_form, found_in

PATIENT = {
    "Encounter": "subject",
    "Task": "for",
    "QuestionnaireResponse": "subject",
    "DocumentReference": "subject",
}


@pytest.mark.parametrize("kind", CLINICAL)
def test_nothing_of_others_is_found(day: Day, kind: str) -> None:
    for answer in (day.app.get(kind), by_form(day.app, kind, "_count=200")):
        found = found_in(answer)
        assert found
        assert THEIRS not in answer.text
        assert day.theirs not in answer.text
        if kind in PATIENT:
            assert {one[PATIENT[kind]]["reference"] for one in found} == {f"Patient/{NAME}"}
    everything = found_in(backend(day.world).get(kind))
    assert len(everything) > len(found_in(day.app.get(f"{kind}?_count=0")))
