"""A refresh token that was never given is refused with 400 or 401. [RFC 6749 5.2; the (g)(10) test kit]"""

import pytest

from tests.conformance.smart.granting import granted
from tests.sandbox.conftest import Clinic


@pytest.mark.parametrize("how", ["made-up", "", "an access token"])
def test_it_is_refused(clinic: Clinic, how: str) -> None:
    app, said = granted(clinic)
    answer = app.refresh(said["access_token"] if how == "an access token" else how)

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()
