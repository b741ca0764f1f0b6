"""What is not sent yet, or was put off, is there for its patient alone; for everybody else it is absent in reads,
searches, counts, includes and batches. [Product rules 13 and 16]
"""

import pytest

from tests.conformance.rest.asking import QR, backend, created, found_in, mine, names, staff
from tests.web.changing import put
from tests.world import World


def kept_as(world: World, status: str) -> str:
    begun = created(world, status="in-progress")
    if status == "stopped":
        answer = put(mine(world), begun.json() | {"status": status}, begun.headers["etag"])
        assert answer.status_code == 200, answer.text
    return str(begun.json()["id"])


@pytest.mark.parametrize("status", ["in-progress", "stopped"])
def test_its_patient_alone_has_it(world: World, status: str) -> None:
    kept = kept_as(world, status)

    assert mine(world).get(f"{QR}/{kept}").json()["status"] == status
    assert names(mine(world).get(f"{QR}?status={status}")) == [kept]
    for other in (staff(world), staff(world, "patient-six-done"), backend(world)):
        assert other.get(f"{QR}/{kept}").content == other.get(f"{QR}/nothing").content
        assert other.get(f"{QR}/{kept}/_history").status_code == 404
        for query in ("", f"?_id={kept}", f"?status={status}"):
            assert names(other.get(QR + query)) == []
        counted = other.get(f"{QR}?_summary=count&_include={QR}:questionnaire")
        assert counted.json()["total"] == 0
        assert found_in(other.get(f"{QR}?_include={QR}:questionnaire"), "include") == []
        batch = {"type": "batch", "entry": [{"request": {"method": "GET", "url": f"{QR}/{kept}"}}]}
        [told] = other.post("", {"resourceType": "Bundle", **batch}).json()["entry"]
        assert told["response"]["status"].startswith("404")
