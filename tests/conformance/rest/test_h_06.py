"""_pretty may be said of any answer, and changes nothing of what is told. [FHIR R4 http, _pretty]"""

import pytest

from tests.conformance.rest.asking import QR, SET, Day


@pytest.mark.parametrize("path", [QR, SET, "Task", "metadata"])
def test_pretty_is_taken_and_tells_the_same(day: Day, path: str) -> None:
    plain, pretty, not_pretty = (
        day.app.get(f"{path}{one}") for one in ("", "?_pretty=true", "?_pretty=false")
    )

    assert (pretty.status_code, not_pretty.status_code) == (200, 200)
    assert pretty.json().get("entry") == not_pretty.json().get("entry") == plain.json().get("entry")
