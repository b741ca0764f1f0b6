"""Each clinic has a base of its own, which names itself; a token for one opens nothing at another.
[SMART App Launch 2.2, scopes; FHIR R4 http, Service Base URL]
"""

from tests.conformance.rest.asking import QR, Day, issue_codes
from tests.people import App
from tests.world import JOURNAL, OTHER


def test_each_base_names_itself(day: Day) -> None:
    for clinic in (day.app.clinic, OTHER):
        told = App(day.world, clinic=clinic).get("metadata").json()
        assert told["implementation"]["url"] == f"{JOURNAL}/{clinic}/fhir"


def test_a_token_opens_its_own_base_alone(day: Day) -> None:
    there = App(day.world, day.app.token, OTHER)

    for path in (QR, f"{QR}/{day.first}", "Task"):
        answer = there.get(path)
        assert (answer.status_code, issue_codes(answer)) == (401, ["login"])
