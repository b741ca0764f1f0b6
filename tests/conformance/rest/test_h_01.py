"""Every answer that has a body is application/fhir+json in UTF-8. [FHIR R4 http, Content Types and encodings]"""

import json

import pytest

from tests.conformance.rest.asking import CLINICAL, SET, Day, created, mine
from tests.world import World


@pytest.mark.parametrize("path", ["metadata", SET, *CLINICAL, "QuestionnaireResponse/nothing"])
def test_what_is_answered_is_fhir_json_in_utf_8(day: Day, path: str) -> None:
    answer = day.app.get(path)

    assert answer.headers["content-type"].split(";")[0] == "application/fhir+json"
    assert json.loads(answer.content.decode("utf-8"))["resourceType"]


def test_letters_beyond_ascii_come_as_utf_8(world: World) -> None:
    answer = created(world, words={"ai1.1": "étale"})

    assert "étale".encode() in answer.content
    assert "étale".encode() in mine(world).get("QuestionnaireResponse").content
