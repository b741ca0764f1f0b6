"""A token answer must hold the token, its type and the scope; the type is `bearer` in whatever case. [SMART App Launch
2.2, app-launch, Obtain access token]
"""

import pytest

from service.smart.problems import TokenRefused
from tests.conformance.smart.launching import answered


@pytest.mark.parametrize("name", ["access_token", "token_type", "scope"])
def test_without_one_of_them_nobody_is_signed_in(name: str) -> None:
    with pytest.raises(TokenRefused):
        answered(**{name: ...})


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER"])
def test_the_type_has_no_case(kind: str) -> None:
    assert answered(token_type=kind).access_token == "access-1"


@pytest.mark.parametrize("kind", ["mac", "DPoP", "bearer2", ""])
def test_another_type_is_none(kind: str) -> None:
    with pytest.raises(TokenRefused):
        answered(token_type=kind)
