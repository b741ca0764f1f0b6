"""If-Match that names another version than is kept is 412, and nothing changes.
[FHIR R4 http, Managing Resource Contention]
"""

import pytest

from tests.conformance.rest.asking import QR, created, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World


@pytest.mark.parametrize("tag", ['W/"2"', 'W/"0"', '"x"', 'W/"01"'])
def test_another_version_is_412(world: World, tag: str) -> None:
    kept = created(world).json()
    answer = put(mine(world), answered(kept, "other words") | {"status": "amended"}, tag)

    assert (answer.status_code, issue_codes(answer)) == (412, ["conflict"])
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept


def test_of_two_changes_of_one_version_the_second_is_told(world: World) -> None:
    kept = created(world).json()
    first, second = (
        put(mine(world), answered(kept, words) | {"status": "amended"}, 'W/"1"') for words in ("a", "b")
    )

    assert (first.status_code, second.status_code) == (200, 412)
