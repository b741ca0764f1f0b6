"""The context that comes with a token is read in the types it has: patient, encounter, fhirContext, banner, intent,
style and tenant. [SMART App Launch 2.2, scopes, Launch context arrives with your access_token]
"""

from typing import Any

import pytest

from service.smart.problems import TokenRefused
from service.smart.token_endpoint import ContextItem
from tests.conformance.smart.launching import answered


def test_every_parameter_is_read() -> None:
    style = "https://ehr.example/style.json"
    read = answered(
        encounter="enc-3",
        fhirContext=[{"reference": "Appointment/7"}],
        need_patient_banner=False,
        intent="journal",
        smart_style_url=style,
        tenant="maple",
    )

    assert (read.patient, read.encounter, read.fhir_context) == (
        "pat-1",
        "enc-3",
        (ContextItem(reference="Appointment/7"),),
    )
    assert (read.need_patient_banner, read.intent) == (False, "journal")
    assert (read.smart_style_url, read.tenant) == (style, "maple")


@pytest.mark.parametrize("strange", [7, ["pat-1"], {"id": "pat-1"}, "Patient/pat-1", "../x", "", "p?q"])
@pytest.mark.parametrize("name", ["patient", "encounter"])
def test_a_context_that_is_no_id_is_refused(name: str, strange: Any) -> None:
    with pytest.raises(TokenRefused):
        answered(**{name: strange})
