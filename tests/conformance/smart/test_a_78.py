"""Members of a token answer that we do not know change nothing. [SMART App Launch 2.2, scopes, Extensibility]"""

from dataclasses import asdict

from tests.conformance.smart.launching import answered


def test_they_are_passed_over() -> None:
    more = {"https://vendor.example/x": [1], "__epic.dstu2.patient": "other", "patient_id": "other"}

    assert asdict(answered(**more)) == asdict(answered())
