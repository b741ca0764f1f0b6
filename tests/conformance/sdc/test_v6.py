"""A question that does not repeat takes one answer.
[SDC 4.0 validation; FHIR R4 questionnaire, repeats]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World


def test_a_second_answer_is_refused(clinic: World) -> None:
    two = [{"valueString": "a"}, {"valueString": "b"}]
    value = answered(lambda v: item(v, "needed").update(answer=two))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[3].answer")
