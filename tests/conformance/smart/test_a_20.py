"""A launch from a bookmark sends no `launch` parameter at all. [SMART App Launch 2.2, app-launch, Obtain authorization
code]
"""

import pytest

from tests.conformance.smart.launching import query_of
from tests.people import Browser
from tests.world import CLINIC, JOURNAL, World


@pytest.mark.parametrize("kind", ["patient", "clinician", "officer"])
def test_a_bookmark_sends_none(world: World, kind: str) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/{kind}")

    assert answer.status_code == 303
    assert "launch" not in query_of(answer.headers["location"])
