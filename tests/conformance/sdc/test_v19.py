"""Modifier extensions and implicit rules that are not understood here are never passed over in silence.
[FHIR R4 extensibility, modifier extensions; resource, implicitRules]
"""

from tests.conformance.sdc.asking import ITEM, QR, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World

UNKNOWN = [{"url": "https://x.example/turns-it-round", "valueBoolean": True}]


def test_implicit_rules_are_refused(clinic: World) -> None:
    value = answered(implicitRules="https://x.example/rules")

    refused_also_as_draft(clinic, value, "not-supported", f"{QR}.implicitRules")


def test_a_modifier_extension_of_the_whole_is_refused(clinic: World) -> None:
    value = answered(modifierExtension=UNKNOWN)

    refused_also_as_draft(clinic, value, "not-supported", f"{QR}.modifierExtension")


def test_a_modifier_extension_deep_inside_is_refused(clinic: World) -> None:
    value = answered(lambda v: item(v, "part.deep").update(modifierExtension=UNKNOWN))

    refused_also_as_draft(clinic, value, "not-supported", f"{ITEM}[10].item[0].modifierExtension")
