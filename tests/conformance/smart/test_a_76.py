"""An entry of fhirContext is an object with a relative reference, a canonical or an identifier, perhaps with type and
role; anything of another form is passed over. [SMART App Launch 2.2, scopes, fhirContext]
"""

from typing import Any

import pytest

from service.smart.token_endpoint import ContextItem
from tests.conformance.smart.launching import answered

CANONICAL = "https://journal.example/Questionnaire/q|1"


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        ({"reference": "Appointment/7"}, ContextItem(reference="Appointment/7")),
        (
            {"canonical": CANONICAL, "type": "Questionnaire", "role": "https://r.example"},
            ContextItem(canonical=CANONICAL, type="Questionnaire", role="https://r.example"),
        ),
        ({"identifier": {"system": "urn:x", "value": "9"}}, ContextItem(identifier=("urn:x", "9"))),
    ],
)
def test_each_of_the_three_is_read(entry: dict[str, Any], read: ContextItem) -> None:
    assert answered(fhirContext=[entry, entry]).fhir_context == (read, read)


@pytest.mark.parametrize(
    "context",
    [
        ["Appointment/7"],
        [{"role": "form"}],
        [{"reference": "https://evil.example/Appointment/7"}],
        [{"canonical": "javascript:1"}],
        {"reference": "Appointment/7"},
    ],
    ids=str,
)
def test_another_form_is_passed_over(context: Any) -> None:
    assert answered(fhirContext=context).fhir_context == ()
