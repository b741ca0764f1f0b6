"""A form names the profiles it keeps and no other: population where it looks back, rendering where it steers it.
[house rule; SDC 4.0 profiles]
"""

from tests.conformance.sdc.published import HL7, SDC, all_extension_urls, each_set, questionnaire

BASE = f"{SDC}/sdc-questionnaire"
POPULATING = {f"{SDC}/sdc-questionnaire-{one}" for one in ("contextExpression", "launchContext")}
RENDERING = {f"{HL7}/{one}" for one in ("questionnaire-itemControl", "entryFormat", "questionnaire-hidden")}


@each_set
def test_each_names_what_it_keeps(name: str) -> None:
    value = questionnaire(name)
    used = all_extension_urls(value)
    wanted = [BASE, *([f"{BASE}-pop-exp"] if used & POPULATING else [])]

    assert value["meta"]["profile"] == wanted
    assert not used & (RENDERING | {f"{SDC}/sdc-questionnaire-shortText"})
