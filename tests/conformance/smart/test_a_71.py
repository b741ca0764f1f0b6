"""A first token answer may leave `expires_in` out; the token then counts as good for five minutes. [SMART App Launch
2.2, app-launch, Obtain access token; our rule for the length]
"""

from datetime import timedelta

import pytest

from tests.conformance.smart.launching import answered
from tests.smart.people import NOW


@pytest.mark.parametrize(("said", "seconds"), [(..., 300), (None, 300), (900, 900)])
def test_the_end_is_known_in_any_case(said: object, seconds: int) -> None:
    assert answered(expires_in=said).expires_at == NOW + timedelta(seconds=seconds)
