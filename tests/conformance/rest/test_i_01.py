"""A resource is read at its type and id; the body bears that id, and ETag and Last-Modified its version and time.
[FHIR R4 http, read]
"""

from email.utils import parsedate_to_datetime

import pytest

from tests.conformance.rest.asking import DR, QR, SET, Day


@pytest.mark.parametrize("kind", [QR, DR, "Encounter", "Provenance", "Task"])
def test_what_is_read_bears_its_id_version_and_time(day: Day, kind: str) -> None:
    place = day.place(kind)
    answer = day.app.get(place)
    told = answer.json()

    assert f"{told['resourceType']}/{told['id']}" == place
    assert answer.headers["etag"].startswith('W/"')
    assert parsedate_to_datetime(answer.headers["last-modified"]).tzinfo is not None
    if "versionId" in told.get("meta", {}):
        assert answer.headers["etag"] == f'W/"{told["meta"]["versionId"]}"'


def test_a_published_set_is_read_with_its_etag(day: Day) -> None:
    answer = day.app.get(SET)

    assert (answer.json()["id"], answer.status_code) == ("after-infusion-1", 200)
    assert answer.headers["etag"]
