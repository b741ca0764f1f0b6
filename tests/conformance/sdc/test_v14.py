"""The subject is there, is a patient, and is the patient whose token it is.
[FHIR R4 questionnaireresponse, subject; SMART App Launch 2.2, patient context]
"""

import pytest

from tests.conformance.sdc.asking import QR, Value, answered, refused_also_as_draft
from tests.world import World

WRONG: dict[str, tuple[Value | None, str]] = {
    "none": (None, "value"),
    "a group": ({"reference": "Group/patient-six-done"}, "value"),
    "another server's": ({"reference": "https://x.example/Patient/patient-six-done"}, "value"),
    "another patient": ({"reference": "Patient/patient-eight-done"}, "forbidden"),
    "nobody": ({"reference": "Patient/no-such-patient"}, "forbidden"),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_subject_is_refused(clinic: World, name: str) -> None:
    subject, code = WRONG[name]

    refused_also_as_draft(clinic, answered(subject=subject), code, f"{QR}.subject")
