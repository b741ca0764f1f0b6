"""_total=accurate tells how many there are on all pages, none leaves it out; another word is 400.
[FHIR R4 search, Total number of matching resources]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, Day, names


@pytest.mark.parametrize("kind", CLINICAL)
def test_the_total_is_that_of_all_pages(day: Day, kind: str) -> None:
    whole = names(day.app.get(kind))

    assert day.app.get(f"{kind}?_count=1&_total=accurate").json()["total"] == len(whole)
    assert "total" not in day.app.get(f"{kind}?_total=none").json()
    assert day.app.get(f"{kind}?_total=perhaps").status_code == 400
