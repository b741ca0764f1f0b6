"""Who asks for application/fhir+json gets the Binary with its data in base64; anybody else gets the file itself.
[FHIR R4 binary, Serving Binary Resources]
"""

import base64

import pytest
from fhir.resources.R4B.binary import Binary

from tests.conformance.rest.asking import BINARY_JSON, Day


@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "image/png", "text/html"])
def test_the_file_and_the_resource_hold_the_same(day: Day, accept: str) -> None:
    raw = day.app.get(day.place("Binary"), Accept=accept)
    told = day.app.get(day.place("Binary"), **BINARY_JSON)

    assert (raw.headers["content-type"], raw.content[:5]) == ("application/pdf", b"%PDF-")
    assert told.headers["content-type"] == "application/fhir+json"
    Binary.model_validate(told.json())
    assert told.json()["contentType"] == raw.headers["content-type"]
    assert base64.b64decode(told.json()["data"]) == raw.content
