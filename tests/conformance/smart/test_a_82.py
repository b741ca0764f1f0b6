"""RS256 is taken for identity tokens; no signature at all, and every kind by a shared secret, is refused. [SMART App
Launch 2.2, scopes, Steps for using an ID token; RFC 8725 3.1 and 3.2]
"""

import pytest

from service.smart.problems import IdentityNotProven
from tests.conformance.smart.proving import CLAIMS, id_token, proven
from tests.smart.forgeries import forgeries

UNSIGNED = [name for name in forgeries() if name.lower().startswith(("none", "no alg", "hs"))]


def test_rs256_is_taken() -> None:
    assert proven(id_token({"alg": "RS256"})).subject == "person-7"


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_nobody_signed_is_refused(name: str) -> None:
    with pytest.raises(IdentityNotProven):
        proven(forgeries()[name]({"alg": "RS256", "kid": "rsa-1"}, dict(CLAIMS)))


def test_enough_of_them_were_tried() -> None:
    assert len(UNSIGNED) >= 12
