"""The value of `launch` means nothing to us: it goes back to the record system as it came, together with the scope
`launch`. [SMART App Launch 2.2, scopes, Apps that launch from the EHR]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.world import EHR, World

VALUES = ("x", "a b", "%41&state=1", "../..", "é=?", "x" * 2000)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_it_goes_back_unchanged_with_its_scope(world: World, value: str) -> None:
    sent = query_of(at_the_door(world, iss=f"{EHR}/fhir", launch=value).headers["location"])

    assert sent["launch"] == value
    assert "launch" in sent["scope"].split(" ")
