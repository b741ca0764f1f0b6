"""Inside a Bundle a Binary stands as a resource. [FHIR R4 binary, Serving Binary Resources]"""

import base64

from tests.conformance.rest.asking import Day


def test_a_batch_answers_with_the_resource(day: Day) -> None:
    entry = [{"request": {"method": "GET", "url": day.place("Binary")}}]
    [told] = day.app.post("", {"resourceType": "Bundle", "type": "batch", "entry": entry}).json()["entry"]

    assert (told["response"]["status"][:3], told["resource"]["resourceType"]) == ("200", "Binary")
    assert base64.b64decode(told["resource"]["data"]) == day.app.get(day.place("Binary")).content
