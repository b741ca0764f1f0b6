"""A display item has no code, is neither required nor repeated, and is not called read-only.
[FHIR R4 que-3, que-6, que-9]
"""

import pytest

from tests.conformance.sdc.published import Value, keeps


def rule(item: Value) -> bool:
    return item["type"] != "display" or not {"code", "required", "repeats", "readOnly"} & set(item)


@pytest.mark.parametrize("member", ["code", "required", "repeats", "readOnly"])
def test_every_item_keeps_it(member: str) -> None:
    keeps(rule, {"type": "display", member: False})
