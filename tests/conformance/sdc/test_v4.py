"""No item has both answers and items of its own.
[FHIR R4 questionnaireresponse, qrs-1]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World


def test_an_item_with_both_is_refused(clinic: World) -> None:
    value = answered(lambda v: item(v, "free").update(item=[{"linkId": "part.day"}]))

    refused_also_as_draft(clinic, value, "invariant", f"{ITEM}[2]")
