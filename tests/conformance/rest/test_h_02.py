"""A client that asks for plain application/json gets JSON; without Accept the answer is application/fhir+json.
[FHIR R4 http, Content Types and encodings]
"""

from tests.conformance.rest.asking import Day


def test_plain_json_is_a_name_for_it(day: Day) -> None:
    asked, plain = (day.app.get(day.place("Task"), Accept=one) for one in ("application/json", "*/*"))

    assert (asked.status_code, asked.json()) == (200, plain.json())
    assert plain.headers["content-type"] == "application/fhir+json"
