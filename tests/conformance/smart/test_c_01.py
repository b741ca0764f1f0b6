"""The authorization endpoint takes its request as a GET and as a posted form. [SMART App Launch 2.2, app-launch, Obtain
authorization code]
"""

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.actors import query
from tests.sandbox.conftest import Clinic


def test_both_ways_lead_to_a_token(clinic: Clinic) -> None:
    app, visitor = an_app(clinic), clinic.visitor(PATIENT)
    assert app.exchange(app.code(visitor)).status_code == 200

    posted = visitor.http.post("/auth/authorize", data=app.parameters())
    back = query(visitor.open(posted.headers["Location"]).headers["Location"])
    assert back["state"] == app.state
    assert app.exchange(back["code"]).status_code == 200
