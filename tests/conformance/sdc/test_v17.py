"""Who answered is said once: by `source`, or by the extension that carries R5's, never by both.
[SDC 4.0 sdc-questionnaireresponse, sdcqr-3]
"""

from tests.conformance.sdc.asking import NAME, QR, answered, refused_also_as_draft, taken
from tests.world import World

R5_SOURCE = {
    "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source",
    "valueReference": {"reference": f"Patient/{NAME}"},
}


def test_both_are_refused(clinic: World) -> None:
    refused_also_as_draft(clinic, answered(extension=[R5_SOURCE]), "invariant", f"{QR}.source")


def test_the_extension_alone_is_taken_and_nothing_is_put_beside_it(clinic: World) -> None:
    kept = taken(clinic, answered(extension=[R5_SOURCE], source=None))

    assert "source" not in kept
    assert kept["extension"] == [R5_SOURCE]
