"""An endpoint written as a relative address is taken from the FHIR base. [SMART App Launch 2.2, conformance, Using
well-known]
"""

import pytest

from tests.conformance.smart.discovering import discovered_at, serving
from tests.smart.people import ISS, ISSUER


@pytest.mark.parametrize(("written", "meant"), [("oauth/token", f"{ISS}/oauth/token"), ("/t", f"{ISSUER}/t")])
def test_it_is_resolved(written: str, meant: str) -> None:
    assert discovered_at(serving(token_endpoint=written)).token_endpoint == meant
