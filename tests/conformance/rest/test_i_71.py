"""A search answers 200 with a searchset, an empty one too; one that fails is refused with an OperationOutcome.
[FHIR R4 http, search]
"""

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.conformance.rest.asking import CLINICAL, Day, issue_codes


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
def test_what_is_found_is_a_searchset(day: Day, kind: str) -> None:
    for query, finds in (("", True), ("_id=nothing", False)):
        answer = day.app.get(f"{kind}?{query}")
        told = answer.json()
        Bundle.model_validate(told)
        assert (answer.status_code, told["type"], "entry" in told) == (200, "searchset", finds)
        for one in told.get("entry", ()):
            assert one["fullUrl"] == f"{day.world.base}/{kind}/{one['resource']['id']}"
            assert one["search"]["mode"] == "match"


@pytest.mark.parametrize("kind", CLINICAL)
def test_what_fails_says_why(day: Day, kind: str) -> None:
    answer = day.app.get(f"{kind}?_id=")

    assert (answer.status_code, issue_codes(answer)) == (400, ["value"])
