"""A launch needs the authorization and the token endpoint, the capabilities and the challenge method S256 in the
discovery document; a clinic may vouch for S256 where a server does not say it. [SMART App Launch 2.2, conformance,
Metadata; app-launch, PKCE]
"""

from typing import Any

import pytest

from service.smart.problems import DiscoveryFailed
from tests.conformance.smart.discovering import discovered_at, serving


@pytest.mark.parametrize(
    "changed",
    [
        {"authorization_endpoint": ...},
        {"token_endpoint": ...},
        {"capabilities": ...},
        {"code_challenge_methods_supported": ...},
        {"code_challenge_methods_supported": []},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_without_one_of_them_there_is_no_launch(changed: dict[str, Any]) -> None:
    with pytest.raises(DiscoveryFailed):
        discovered_at(serving(**changed))


def test_the_clinics_word_stands_in_for_the_servers() -> None:
    silent = serving(code_challenge_methods_supported=...)

    assert discovered_at(silent, requires_s256=False).authorization_endpoint
