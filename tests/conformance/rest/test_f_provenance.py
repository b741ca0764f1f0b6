"""Provenances are found by target, patient, recorded, _id and _lastUpdated. [FHIR R4 Provenance, Search
Parameters; search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, finds_alike, finds_in_time
from tests.conformance.rest.asking import NAME, QR, Day, backend, names

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "target": by("target.reference"),
}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(backend(day.world), "Provenance", parameter, EQUAL[parameter])


@pytest.mark.parametrize("parameter", ["recorded", "_lastUpdated"])
def test_it_finds_those_of_that_time(day: Day, parameter: str) -> None:
    finds_in_time(backend(day.world), "Provenance", parameter, by("recorded"))


def test_it_finds_those_of_a_patient_and_of_a_response_in_any_version(day: Day) -> None:
    own = [f"{day.second}.1", f"{day.first}.1"]

    assert names(backend(day.world).get(f"Provenance?patient={NAME}")) == own
    assert names(day.app.get(f"Provenance?target={QR}/{day.first}")) == own[1:]
