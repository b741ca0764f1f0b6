"""A search parameter that is not offered is 400, whatever Prefer says of handling: a filter that is dropped would widen
the answer. [FHIR R4 search, Handling Errors; decision 0005]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, Day, by_form, issue_codes

HANDLING = ["", "handling=strict", "handling=lenient"]


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
@pytest.mark.parametrize("query", ["favourite=blue", "_text=x", "_filter=x", "Status=completed", "_=1"])
def test_what_is_not_offered_is_refused(day: Day, kind: str, query: str) -> None:
    for handling in HANDLING:
        answer = day.app.get(f"{kind}?{query}", Prefer=handling)
        assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"]), handling
    assert by_form(day.app, kind, query).status_code == 400


@pytest.mark.parametrize("handling", HANDLING)
def test_one_filter_too_many_is_not_made_up_by_others(day: Day, handling: str) -> None:
    answer = day.app.get("QuestionnaireResponse?status=completed&hue=1", Prefer=handling)

    assert answer.status_code == 400
