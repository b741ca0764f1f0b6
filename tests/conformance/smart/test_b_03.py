"""Every address in a discovery document is absolute. [SMART App Launch 2.2, conformance, Metadata]"""

from urllib.parse import urlsplit

import pytest

from tests.conformance.smart.asking import configuration
from tests.world import CLINIC, World


@pytest.mark.parametrize("base", [f"{CLINIC}/fhir", f"{CLINIC}/export/fhir"])
def test_none_depends_on_where_it_was_read(house: World, base: str) -> None:
    said = configuration(house, base)
    addresses = [value for name, value in said.items() if name.endswith(("_endpoint", "_uri", "issuer"))]

    assert addresses
    assert all(urlsplit(one).scheme in ("http", "https") and urlsplit(one).hostname for one in addresses)
