"""_format asks for the resource, whatever Accept says. [FHIR R4 binary, Serving Binary Resources]"""

import pytest

from tests.conformance.rest.asking import Day


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "image/png"])
@pytest.mark.parametrize("name", ["json", "application/fhir%2Bjson"])
def test_format_asks_for_the_resource(day: Day, accept: str, name: str) -> None:
    answer = day.app.get(f"{day.place('Binary')}?_format={name}", Accept=accept)

    assert (answer.status_code, answer.json()["resourceType"]) == (200, "Binary")


def test_there_is_no_xml(day: Day) -> None:
    assert day.app.get(f"{day.place('Binary')}?_format=xml").status_code == 406
