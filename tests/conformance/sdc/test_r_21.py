"""What is not sent is its patient's alone: no draft, nor one put off, goes to the record system or before other eyes.
[house rule]
"""

import pytest

from tests.conformance.sdc.asking import QR, first_set, mine, put, taken
from tests.people import backend_app, clinician, staff_app
from tests.world import World

WORDS = "planted-words-of-a-draft"


@pytest.mark.parametrize("status", ["in-progress", "stopped"])
def test_nobody_else_learns_of_it(world: World, status: str) -> None:
    kept = taken(world, first_set(world, words={"ai1.1": WORDS}, status="in-progress"))
    if status == "stopped":
        assert put(world, kept | {"status": status}).status_code == 200

    for other in (staff_app(world), staff_app(world, chart="patient-six-done"), backend_app(world)):
        assert other.get(f"{QR}/{kept['id']}").status_code == 404
        assert WORDS not in other.get(QR).text
    assert WORDS not in clinician(world).home.text
    assert world.deliver() == 0
    assert not world.records().search("DocumentReference", []).resources
    assert WORDS in mine(world).get(f"{QR}/{kept['id']}").text
