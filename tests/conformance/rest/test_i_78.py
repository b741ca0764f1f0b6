"""_summary and _elements show parts of a resource, what it cannot do without among them, and tag it SUBSETTED.
[FHIR R4 search, Summary; Elements]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, QR, Day, Value, found_in, issue_codes

TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
ALWAYS = {
    QR: "status",
    "DocumentReference": "content",
    "Encounter": "class",
    "Provenance": "agent",
    "Task": "intent",
}


def is_part(one: Value) -> bool:
    return any({name: tag.get(name) for name in TAG} == TAG for tag in one["meta"].get("tag", ()))


@pytest.mark.parametrize("kind", CLINICAL)
@pytest.mark.parametrize("query", ["_summary=true", "_summary=text", "_summary=data", "_elements=id"])
def test_a_part_says_that_it_is_one_and_keeps_what_it_needs(day: Day, kind: str, query: str) -> None:
    shown = [*found_in(day.app.get(f"{kind}?{query}")), day.app.get(f"{day.place(kind)}?{query}").json()]

    assert len(shown) > 1
    for one in shown:
        assert is_part(one)
        assert {"id", ALWAYS[kind]} <= set(one)


def test_each_shows_its_own_part(day: Day) -> None:
    [whole] = found_in(day.app.get(f"{QR}?_id={day.first}&_summary=false"))
    [short] = found_in(day.app.get(f"{QR}?_id={day.first}&_summary=true"))
    [few] = found_in(day.app.get(f"{QR}?_id={day.first}&_elements=authored"))
    [data] = found_in(day.app.get(f"{QR}?_id={day.first}&_summary=data"))

    assert ("item" in whole, is_part(whole), "item" in short) == (True, False, False)
    assert set(few) == {"resourceType", "id", "meta", "status", "authored"}
    assert ("text" in data, data["item"]) == (False, whole["item"])


def test_count_tells_the_number_alone(day: Day) -> None:
    told = day.app.get(f"{QR}?_summary=count").json()

    assert (told["total"], "entry" in told) == (3, False)
    refused = day.app.get(f"{QR}?_summary=most")
    assert (refused.status_code, issue_codes(refused)) == (400, ["value"])
