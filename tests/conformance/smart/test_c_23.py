"""A verifier that is missing, empty, another one, or the challenge itself gets no token. [RFC 7636 4.6; the four cases
of the (g)(10) test kit]
"""

import pytest

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.actors import s256
from tests.sandbox.conftest import Clinic


@pytest.mark.parametrize("how", ["missing", "empty", "another", "the challenge"])
def test_none_of_the_four_gets_a_token(clinic: Clinic, how: str) -> None:
    app = an_app(clinic)
    code = app.code(clinic.visitor(PATIENT))
    shown = {"missing": None, "empty": "", "another": "x" * 64, "the challenge": s256(app.verifier)}
    answer = app.exchange(code, code_verifier=shown[how])

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()
