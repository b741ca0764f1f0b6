"""Groups and display items begin with no value. [FHIR R4 que-8]"""

import pytest

from tests.conformance.sdc.published import Value, keeps


def rule(item: Value) -> bool:
    return item["type"] not in ("group", "display") or "initial" not in item


@pytest.mark.parametrize("kind", ["group", "display"])
def test_every_item_keeps_it(kind: str) -> None:
    keeps(rule, {"type": kind, "initial": []})
