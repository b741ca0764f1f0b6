"""A form is safe for whoever knows no extension: nothing a patient must read or answer hangs on one.
[SDC 4.0 rendering, closing notes]
"""

from tests.conformance.sdc.published import HL7, SDC, all_extension_urls, each_set, items, questionnaire

STEERING = {
    f"{HL7}/questionnaire-hidden",
    f"{HL7}/questionnaire-itemControl",
    f"{HL7}/questionnaire-displayCategory",
    f"{SDC}/sdc-rendering-criticalExtension",
}


@each_set
def test_without_extensions_it_says_the_same(name: str) -> None:
    value = questionnaire(name)

    assert not all_extension_urls(value) & STEERING
    assert "modifierExtension" not in repr(value)
    assert all(one["text"].strip() for one in items(value))
