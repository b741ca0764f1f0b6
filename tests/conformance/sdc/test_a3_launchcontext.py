"""A form whose expressions use a context declares it: its name, and the types that may stand for that name.
[SDC 4.0 sdc-questionnaire-launchContext, sdc-lcext-1]
"""

import json
import re

from tests.conformance.sdc.published import SDC, Value, each_set, extensions, questionnaire

URL = f"{SDC}/sdc-questionnaire-launchContext"
CODES = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"
TYPES = {"patient": {"Patient"}, "encounter": {"Encounter"}}


def said(context: Value, name: str) -> list[Value]:
    return [one for one in context["extension"] if one["url"] == name]


@each_set
def test_what_is_used_is_declared_with_its_type(name: str) -> None:
    value = questionnaire(name)
    declared: dict[str, set[str]] = {}
    for context in extensions(value, URL):
        [named] = said(context, "name")
        assert named["valueCoding"]["system"] == CODES
        declared[named["valueCoding"]["code"]] = {one["valueCode"] for one in said(context, "type")}

    used = set(re.findall(r"%(\w+)", json.dumps(value["item"])))
    assert used <= set(declared)
    assert all(types == TYPES[one] for one, types in declared.items())
