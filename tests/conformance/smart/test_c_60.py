"""The launch button opens the app's address with the FHIR base and a value that nobody can guess, which stands for this
person, patient and visit, once and for a short time. [SMART App Launch 2.2, app-launch, Launch App: EHR Launch; what it
is bound to is ours]
"""

from datetime import timedelta

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.actors import query
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

LAUNCHED = "openid fhirUser launch patient/Patient.r"


def test_the_address_and_the_value(clinic: Clinic) -> None:
    visitor = clinic.visitor(PATIENT)
    addresses = [visitor.launch_from_portal("patient-app") for _ in range(20)]
    values = {query(one)["launch"] for one in addresses}

    assert all(
        one.startswith(f"{JOURNAL}/launch?") and query(one)["iss"] == f"{BASE}/fhir" for one in addresses
    )
    assert len(values) == 20
    assert min(map(len, values)) >= 22  # 128 bits in base64


def test_it_stands_for_what_was_open_in_the_chart(clinic: Clinic) -> None:
    visitor = clinic.visitor("Practitioner/clinician-1")
    encounter = clinic.parts.charts.visits("patient-two-in")[0].id
    app = clinic.smart_app("clinician-app", "openid fhirUser launch user/Encounter.rs")
    value = query(visitor.launch_from_chart("clinician-app", "patient-two-in", encounter))["launch"]
    said = app.exchange(app.code(visitor, launch=value)).json()

    assert (said["patient"], said["encounter"]) == ("patient-two-in", encounter)


def test_it_ends_soon(clinic: Clinic) -> None:
    visitor, app = clinic.visitor(PATIENT), an_app(clinic, LAUNCHED)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    clinic.clock.now += timedelta(minutes=10, seconds=1)

    assert "code" not in query(visitor.open(app.authorize_address(launch=value)).headers["Location"])
