"""A form that claims SDC's profile and has a version says how versions compare, and that they are semantic versions.
[SDC 4.0 sdc-questionnaire, sdc-2 and sdc-3]
"""

from tests.conformance.sdc.published import HL7, each_set, extensions, questionnaire


@each_set
def test_each_says_how_its_versions_compare(name: str) -> None:
    [algorithm] = extensions(questionnaire(name), f"{HL7}/artifact-versionAlgorithm")

    assert algorithm["valueCoding"]["system"] == "http://hl7.org/fhir/version-algorithm"
    assert algorithm["valueCoding"]["code"] == "semver"
