"""The answer to a refresh holds token, type, length of life and scope; a refresh token in it replaces the old one at
once, and without one the old one stays. [SMART App Launch 2.2, app-launch, Refresh access token]
"""

import pytest

from service.smart.problems import TokenRefused
from tests.conformance.smart.launching import answered, renewed, told


@pytest.mark.parametrize(("sent", "kept"), [("refresh-2", "refresh-2"), (..., "refresh-1")])
def test_which_refresh_token_is_kept(sent: object, kept: str) -> None:
    after, _ = renewed(told(access_token="access-2", refresh_token=sent), answered())

    assert (after.access_token, after.refresh_token) == ("access-2", kept)


@pytest.mark.parametrize("name", ["access_token", "token_type", "expires_in", "scope"])
def test_without_a_required_member_there_is_no_renewal(name: str) -> None:
    with pytest.raises(TokenRefused):
        renewed(told(**{name: ...}), answered())
