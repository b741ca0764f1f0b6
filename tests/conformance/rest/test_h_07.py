"""HEAD is answered wherever GET is: the same status and headers, and no body. [FHIR R4 http, Support for HEAD]"""

import pytest

from tests.conformance.rest.asking import CLINICAL, QR, SET, Day

PATHS = ["metadata", SET, f"{SET}/_history/1", *CLINICAL, f"{QR}/nothing", "Nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_head_tells_what_get_would(day: Day, path: str) -> None:
    told, whole = day.app.ask("HEAD", path), day.app.get(path)

    assert (told.status_code, told.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag", "last-modified", "cache-control"):
        assert told.headers.get(name) == whole.headers.get(name), name


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_each_resource_has_its_head(day: Day, kind: str) -> None:
    told, whole = day.app.ask("HEAD", day.place(kind)), day.app.get(day.place(kind))

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["etag"] == whole.headers["etag"]
