"""`fhirUser` may be written in full or relative to the FHIR base, and names a Patient, Practitioner, PractitionerRole,
RelatedPerson or Person. [SMART App Launch 2.2, scopes, Scopes for requesting identity data]
"""

import pytest

from tests.conformance.smart.proving import id_token, proven
from tests.smart.people import ISS


@pytest.mark.parametrize("kind", ["Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person"])
@pytest.mark.parametrize("base", ["", f"{ISS}/"])
def test_both_spellings_of_each_kind_are_read(base: str, kind: str) -> None:
    assert proven(id_token(fhirUser=f"{base}{kind}/7")).fhir_user == f"{kind}/7"


@pytest.mark.parametrize("named", ["Device/7", "https://other.example/fhir/Patient/pat-1", 7, "", ...])
def test_anything_else_names_nobody(named: object) -> None:
    assert proven(id_token(fhirUser=named)).fhir_user is None
