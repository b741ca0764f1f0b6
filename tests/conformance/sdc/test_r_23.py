"""What does not keep the rules is refused, never kept with a warning. [SDC 4.0 validation]"""

import pytest

from tests.conformance.sdc.asking import QR, Value, first_set, mine
from tests.world import World

BAD: dict[str, Value] = {
    "no such question": {"item": [{"linkId": "ai9.9", "answer": [{"valueString": "x"}]}]},
    "too long": {"words": {"ai1.1": "x" * 50_001}},
    "nothing said": {"item": None},
}


@pytest.mark.parametrize("name", BAD)
def test_nothing_of_it_is_kept(world: World, name: str) -> None:
    app = mine(world)

    assert app.post(QR, first_set(world, **BAD[name])).status_code == 422

    assert "entry" not in app.get(QR).json()
