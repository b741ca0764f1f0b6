"""What a token endpoint answers, good or bad, may be kept by nobody on the way: no-store and no-cache. [SMART App
Launch 2.2, app-launch, Obtain access token; RFC 6749 5.1]
"""

import httpx2

from tests.conformance.smart.granting import PATIENT, an_app, as_system
from tests.sandbox.conftest import Clinic
from tests.web.systems import System


def _kept_by_nobody(answer: httpx2.Response) -> bool:
    return (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


def test_the_sandboxs(clinic: Clinic) -> None:
    app = an_app(clinic)
    good = app.exchange(app.code(clinic.visitor(PATIENT)))
    answers = [good, app.refresh(good.json()["refresh_token"]), app.exchange("not-a-code")]

    assert [one.status_code for one in answers] == [200, 200, 400]
    assert all(map(_kept_by_nobody, [*answers, as_system(clinic.smart_app("backend-app"))]))


def test_ours(siem: System) -> None:
    answers = [siem.ask_token(), siem.ask_token("x"), siem.ask_token(scope=None)]

    assert [one.status_code for one in answers] == [200, 401, 400]
    assert all(map(_kept_by_nobody, answers))
