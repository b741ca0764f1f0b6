"""Under an id that nothing stands under, 404; nothing is deleted here, so nothing is 410. [FHIR R4 http, read]"""

import pytest

from tests.conformance.rest.asking import CLINICAL, Day, issue_codes


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary", "Questionnaire", "Bundle"])
def test_what_is_not_there_is_404(day: Day, kind: str) -> None:
    answer = day.app.get(f"{kind}/nothing")

    assert (answer.status_code, issue_codes(answer)) == (404, ["not-found"])
