"""Each response has a status, and one of R4's. [FHIR R4 questionnaireresponse, status]"""

import pytest

from tests.conformance.sdc.asking import QR, first_set, mine, told
from tests.world import World


@pytest.mark.parametrize(("status", "code"), [(None, "required"), ("sent", "code-invalid")])
def test_without_one_of_them_it_is_no_response(house: World, status: str | None, code: str) -> None:
    answer = mine(house).post(QR, first_set(house, status=status))

    assert answer.status_code == 400
    assert told(answer) == [(code, f"{QR}.status", "error")]
