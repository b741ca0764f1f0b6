"""_revinclude=Provenance:target brings a Provenance for each response that was sent. [US Core 7, Provenance]"""

from tests.conformance.rest.asking import NAME, QR, Day, found_in


def test_each_response_comes_with_how_it_came_to_be(day: Day) -> None:
    answer = day.app.get(f"{QR}?patient={NAME}&status=completed&_revinclude=Provenance:target")
    told = found_in(answer, "include")

    assert {one["resourceType"] for one in told} == {"Provenance"}
    about = {one["target"][0]["reference"].split("/_history/")[0] for one in told}
    assert about == {f"{QR}/{one['id']}" for one in found_in(answer)}
    assert about == {f"{QR}/{day.first}", f"{QR}/{day.second}"}
