"""The letters of a scope are some of c, r, u, d, s in that order; any other arrangement, or another letter, makes it no
scope at all. [SMART App Launch 2.2, scopes, Scopes for requesting FHIR Resources]
"""

from itertools import combinations, permutations

import pytest

from service.smart.scopes import parse
from tests.conformance.smart.asking import QR, scoped
from tests.world import World

IN_ORDER = ["".join(letters) for size in range(1, 6) for letters in combinations("cruds", size)]
ANY_ORDER = ["".join(letters) for size in range(1, 6) for letters in permutations("cruds", size)]


@pytest.mark.parametrize("letters", IN_ORDER)
def test_each_of_the_31_arrangements_in_order_is_read(letters: str) -> None:
    granted = parse(f"patient/Encounter.{letters}")

    assert {one for one in "cruds" if granted.allows("patient", "Encounter", one)} == set(letters)


def test_no_other_arrangement_is() -> None:
    others = [one for one in ANY_ORDER if one not in IN_ORDER]

    assert len(others) == 325 - 31
    assert not [one for one in others if parse(f"patient/Encounter.{one}").scopes]


@pytest.mark.parametrize("letters", ["dus", "readd", "rr", "R", "rx", "", "sr"])
def test_a_token_with_one_opens_nothing(house: World, letters: str) -> None:
    assert scoped(house, f"patient/{QR}.{letters}").get(QR).status_code == 403
