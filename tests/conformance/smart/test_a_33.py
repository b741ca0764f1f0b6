"""Every address that discovery names is checked again: https, nothing inside a private network or on this machine, and
no redirect is followed. [Our rule against server-side request forgery; SMART App Launch 2.2, app-launch, App
protection]
"""

import pytest

from service.smart.problems import DiscoveryFailed
from tests.conformance.smart.discovering import PATH, discovered_at, serving
from tests.smart.people import Server

UNFIT = (
    "http://ehr.example/x",
    "https://169.254.169.254/x",
    "https://10.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://2130706433/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
)


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"]
)
@pytest.mark.parametrize("address", UNFIT)
def test_an_unfit_address_ends_the_launch(name: str, address: str) -> None:
    with pytest.raises(DiscoveryFailed):
        discovered_at(serving(**{name: address}))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    server = Server({PATH: (status, {"Location": "https://elsewhere.example/x"}, b"")})

    with pytest.raises(DiscoveryFailed):
        discovered_at(server)
    assert len(server.asked) == 1
