"""The statement says which server of which version this is, where, what it speaks and guards itself by, and of each
type all that may be done with it. [FHIR R4 CapabilityStatement]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, QR, Day, Value
from tests.people import App


@pytest.fixture
def told(day: Day) -> Value:
    statement: Value = App(day.world).get("metadata").json()
    return statement


def test_it_says_what_stands_where(day: Day, told: Value) -> None:
    assert (told["status"], told["kind"], told["fhirVersion"]) == ("active", "instance", "4.0.1")
    assert told["format"] == ["json", "application/fhir+json"]
    assert told["implementation"]["url"] == day.world.base
    assert set(told["software"]) >= {"name", "version"}
    assert len(told["date"]) == 10


def test_it_says_how_it_is_guarded(told: Value) -> None:
    [rest] = told["rest"]
    [service] = rest["security"]["service"]

    assert (rest["mode"], service["coding"][0]["code"]) == ("server", "SMART-on-FHIR")
    assert isinstance(rest["security"]["cors"], bool)


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire", "Binary", "AuditEvent"])
def test_it_says_of_each_type_what_may_be_done(told: Value, kind: str) -> None:
    [one] = [each for each in told["rest"][0]["resource"] if each["type"] == kind]

    assert {"interaction", "versioning", "readHistory", "updateCreate", "conditionalCreate"} <= set(one)
    assert one["conditionalCreate"] == (kind == QR)
    for each in one.get("searchParam", ()):
        assert set(each) == {"name", "definition", "type"}
        assert each["definition"].startswith(
            ("http://hl7.org/fhir/SearchParameter/", "http://hl7.org/fhir/uv/sdc/SearchParameter/")
        )
    for each in one.get("operation", ()):
        assert set(each) == {"name", "definition"}


def test_it_names_the_profiles_and_includes_of_a_response(told: Value) -> None:
    [one] = [each for each in told["rest"][0]["resource"] if each["type"] == QR]

    assert one["supportedProfile"]
    assert one["searchInclude"] == [f"{QR}:encounter", f"{QR}:questionnaire"]
    assert one["searchRevInclude"] == ["Provenance:target"]
