"""If-None-Exist holds search parameters and nothing else: no question mark, no base, no type.
[FHIR R4 http, conditional create]
"""

import pytest

from tests.conformance.rest.asking import QR, fresh, mine
from tests.world import World


def test_the_parameters_alone_are_taken(world: World) -> None:
    sent = fresh(world)
    wanted = f"identifier=urn:ietf:rfc:3986|{sent['identifier']['value']}"

    assert mine(world).post(QR, sent, **{"If-None-Exist": wanted}).status_code == 201


@pytest.mark.parametrize("before", ["?", f"{QR}?", f"http://127.0.0.1:8080/maple-grove/fhir/{QR}?"])
def test_more_than_the_parameters_is_refused(world: World, before: str) -> None:
    sent = fresh(world)
    wanted = f"{before}identifier={sent['identifier']['value']}"

    assert mine(world).post(QR, sent, **{"If-None-Exist": wanted}).status_code == 400
    assert "entry" not in mine(world).get(QR).json()
