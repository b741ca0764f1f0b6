"""The discovery document is read with a GET for JSON at the base address with `/.well-known/smart-configuration`
behind it, also where the base has a path of its own. [SMART App Launch 2.2, conformance, Using well-known]
"""

import pytest

from tests.conformance.smart.discovering import discovered_at, serving
from tests.smart.people import ISSUER

WELL_KNOWN = "/.well-known/smart-configuration"


@pytest.mark.parametrize("base", ["", "/fhir", "/a/b/c", "/fhir/"])
def test_it_is_asked_for_behind_the_whole_base(base: str) -> None:
    path = base.rstrip("/") + WELL_KNOWN
    server = serving(path)

    assert discovered_at(server, ISSUER + base).token_endpoint == f"{ISSUER}/token"
    [(method, asked, headers, _)] = server.asked
    assert (method, asked, headers["HTTP_ACCEPT"]) == ("GET", path, "application/json")
