"""A token is asked for as code, system|code, |code or system|; a reference as id, Type/id or an address.
[FHIR R4 search, token; reference]
"""

from urllib.parse import quote

import pytest

from tests.conformance.rest.asking import NAME, QR, Day, names

STATUS = "http://hl7.org/fhir/questionnaire-answers-status"
URI = "urn:ietf:rfc:3986"


def test_the_forms_of_a_token(day: Day) -> None:
    key = day.app.get(f"{QR}/{day.first}").json()["identifier"]["value"]
    wanted = {
        "status=completed": {day.first, day.second},
        f"status={STATUS}|completed": {day.first, day.second},
        f"status={STATUS}|": {day.first, day.second, day.draft},
        "status=|completed": set(),
        "status=http://x.example|completed": set(),
        f"identifier={key}": {day.first},
        f"identifier={URI}|{key}": {day.first},
        f"identifier=|{key}": set(),
    }
    for query, found in wanted.items():
        assert set(names(day.app.get(f"{QR}?{query.replace('|', '%7C')}"))) == found, query


@pytest.mark.parametrize("parameter", ["patient", "subject", "author", "source"])
def test_the_forms_of_a_reference(day: Day, parameter: str) -> None:
    for value in (NAME, f"Patient/{NAME}", f"{day.world.base}/Patient/{NAME}"):
        assert len(names(day.app.get(f"{QR}?{parameter}={quote(value)}"))) == 3, value


def test_an_address_is_that_of_one_base(day: Day) -> None:
    for home, found in ((day.world.base, [day.first]), ("https://elsewhere.example/fhir", [])):
        assert names(day.app.get(f"{QR}?encounter={quote(home)}/Encounter/six-done-1")) == found
