"""The statement is read without a token, with an ETag by which it is not sent again. [FHIR R4 http, capabilities]"""

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from tests.conformance.rest.asking import Day
from tests.people import App


@pytest.mark.parametrize("query", ["", "?mode=full", "?_format=json"])
def test_it_is_read_by_everybody(day: Day, query: str) -> None:
    answer = App(day.world).get(f"metadata{query}")

    assert answer.status_code == 200
    CapabilityStatement.model_validate(answer.json())


def test_it_is_not_sent_again(day: Day) -> None:
    tag = App(day.world).get("metadata").headers["etag"]

    assert App(day.world).get("metadata", **{"If-None-Match": tag}).status_code == 304
