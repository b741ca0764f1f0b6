"""Scopes add up: read and search apart are as good as both in one. [SMART App Launch 2.2, scopes, Scope Equivalence]"""

import pytest

from service.smart.scopes import parse
from tests.conformance.smart.asking import QR, scoped
from tests.world import World

SAME = (f"patient/{QR}.rs", f"patient/{QR}.r patient/{QR}.s", f"patient/{QR}.s patient/{QR}.rs")


@pytest.mark.parametrize("scope", SAME)
def test_each_spelling_opens_both(house: World, scope: str) -> None:
    app = scoped(house, scope)

    assert app.get(QR).status_code == 200
    assert app.get(f"{QR}/none").status_code == 404
    assert all(parse(scope).covers(parse(other)) for other in SAME)
