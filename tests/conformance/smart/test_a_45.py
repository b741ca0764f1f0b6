"""The challenge method is never `plain`, not even at a server that offers nothing else. [SMART App Launch 2.2,
app-launch, PKCE]
"""

from dataclasses import replace

import pytest

from service.smart.problems import DiscoveryFailed
from tests.conformance.smart.discovering import discovered_at, serving
from tests.conformance.smart.launching import CONFIGURATION, began, query_of


def test_a_server_with_plain_alone_gets_no_launch() -> None:
    with pytest.raises(DiscoveryFailed):
        discovered_at(serving(code_challenge_methods_supported=["plain"]))


@pytest.mark.parametrize("offered", [frozenset(), frozenset({"plain"}), frozenset({"plain", "S256"})])
def test_the_request_says_s256_in_any_case(offered: frozenset[str]) -> None:
    begun = began(replace(CONFIGURATION, challenge_methods=offered))

    assert query_of(begun.authorize_url)["code_challenge_method"] == "S256"
