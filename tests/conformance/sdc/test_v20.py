"""A file given as an answer is of a listed type and not above the limit, and says its size.
[FHIR R4 security, attachments]
"""

import pytest

from tests.conformance.sdc.asking import ITEM, Value, answered, refused_also_as_draft, taken
from tests.r4.answered import item
from tests.world import World

WRONG: dict[str, Value] = {
    "a page": {"contentType": "text/html", "data": "aGk="},
    "a drawing with scripts": {"contentType": "image/svg+xml", "data": "aGk="},
    "no type": {"data": "aGk="},
    "too large": {"contentType": "image/png", "url": "https://x.example/1", "size": 5 * 1024 * 1024 + 1},
    "of unknown size": {"contentType": "image/png", "url": "https://x.example/1"},
}


@pytest.mark.parametrize("name", WRONG)
def test_such_a_file_is_refused(clinic: World, name: str) -> None:
    value = answered(lambda v: item(v, "file").update(answer=[{"valueAttachment": WRONG[name]}]))

    refused_also_as_draft(clinic, value, "value", f"{ITEM}[9].answer[0].value")


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/pdf", "text/plain; charset=utf-8"])
def test_a_listed_type_is_taken(clinic: World, kind: str) -> None:
    file = {"contentType": kind, "data": "aGk="}
    kept = taken(clinic, answered(lambda v: item(v, "file").update(answer=[{"valueAttachment": file}])))

    assert item(kept, "file")["answer"] == [{"valueAttachment": file}]
