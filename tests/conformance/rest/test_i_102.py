"""Where clients authorize is told by the discovery document; what the statement says of it for older clients is the
same. [SMART App Launch 2.2, conformance]
"""

from tests.conformance.rest.asking import Day
from tests.people import App


def test_both_say_the_same(day: Day) -> None:
    app = App(day.world)
    found = app.get(".well-known/smart-configuration").json()
    [said] = app.get("metadata").json()["rest"][0]["security"]["extension"]

    assert {one["url"]: one["valueUri"] for one in said["extension"]} == {
        "authorize": found["authorization_endpoint"],
        "token": found["token_endpoint"],
    }
