"""A type that is not spoken is 406 where it is asked for, and 415 where it is sent.
[FHIR R4 http, Content Types and encodings]
"""

import pytest

from tests.conformance.rest.asking import QR, SET, Day, fresh, issue_codes, mine
from tests.world import World


@pytest.mark.parametrize("path", [QR, SET, "metadata", "Task"])
@pytest.mark.parametrize("kind", ["application/fhir+xml", "text/turtle", "application/fhir+json;q=0"])
def test_only_json_is_answered(day: Day, path: str, kind: str) -> None:
    answer = day.app.get(path, Accept=kind)

    assert (answer.status_code, issue_codes(answer)) == (406, ["not-supported"])


@pytest.mark.parametrize("kind", ["application/fhir+xml", "text/plain", "multipart/form-data"])
def test_only_json_is_taken(world: World, kind: str) -> None:
    answer = mine(world).post(QR, fresh(world), **{"Content-Type": kind})

    assert (answer.status_code, issue_codes(answer)) == (415, ["not-supported"])
    assert mine(world).post(f"{QR}/_search", {}).status_code == 415
