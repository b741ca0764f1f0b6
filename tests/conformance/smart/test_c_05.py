"""A state is demanded and comes back as it was sent. [SMART App Launch 2.2, app-launch, Obtain authorization code]"""

import pytest

from tests.conformance.smart.granting import an_app, came_back
from tests.sandbox.conftest import Clinic


@pytest.mark.parametrize("state", ["s-1", "a b&c=d", "%41", "ünï/=?", "x" * 500])
def test_it_comes_back_unchanged(clinic: Clinic, state: str) -> None:
    back = came_back(clinic, an_app(clinic), state=state)

    assert back["state"] == state
    assert back["code"]


def test_without_one_there_is_no_code(clinic: Clinic) -> None:
    assert "code" not in came_back(clinic, an_app(clinic), state=None)
