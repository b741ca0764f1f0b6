"""The EHR launch from our pages (C-60, C-61): what a launch stands for, and that it is good for nothing else."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from service.sandbox.launches import launch_address
from tests.sandbox.actors import forms, query
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

PATIENT = "Patient/patient-two-in"
CLINICIAN = "Practitioner/clinician-1"
SCOPE = "openid fhirUser launch patient/Patient.r patient/Encounter.rs"


def test_the_portal_opens_the_app_on_the_patients_own_record(clinic: Clinic) -> None:
    visitor, app = clinic.visitor(PATIENT), clinic.smart_app("patient-app", SCOPE)
    address = visitor.launch_from_portal("patient-app")
    assert address.startswith(f"{JOURNAL}/launch?")
    assert dict(parse_qsl(urlsplit(address).query)).keys() == {"iss", "launch"}
    assert query(address)["iss"] == f"{BASE}/fhir"
    body = app.exchange(app.code(visitor, launch=query(address)["launch"])).json()
    assert body["patient"] == "patient-two-in"
    assert body["need_patient_banner"] is True
    assert "encounter" not in body


def test_the_chart_opens_the_app_on_the_chosen_patient_and_visit(clinic: Clinic) -> None:
    """T19: both context parameters can be read with the token; in a tab of its own the app shows the banner."""
    visits = clinic.parts.charts.visits("patient-two-in")
    visitor, app = (
        clinic.visitor(CLINICIAN),
        clinic.smart_app("clinician-app", "openid fhirUser launch user/Encounter.rs user/Patient.rs"),
    )
    address = visitor.launch_from_chart("clinician-app", "patient-two-in", visits[0].id)
    assert query(address)["view"] == "chart"
    body = app.exchange(app.code(visitor, launch=query(address)["launch"])).json()
    assert (body["patient"], body["encounter"]) == ("patient-two-in", visits[0].id)
    assert body["need_patient_banner"] is True
    assert app.read(f"Patient/{body['patient']}", body["access_token"]).status_code == 200
    assert app.read(f"Encounter/{body['encounter']}", body["access_token"]).status_code == 200
    assert app.read(CLINICIAN, body["access_token"]).status_code == 200


def test_the_chart_can_show_the_app_in_a_frame(clinic: Clinic) -> None:
    """The chart around the frame shows who the patient is, so the app need not."""
    visitor = clinic.visitor(CLINICIAN)
    app = clinic.smart_app("clinician-app", "openid fhirUser launch user/Patient.rs")
    page = visitor.open("/chart/patient-two-in")
    framed = visitor.press(page, "where", "frame", encounter="")
    address = re.search(r'<iframe[^>]* src="([^"]+)"', framed.text)
    assert address is not None
    assert address[1].startswith(f"{JOURNAL}/launch?view=chart&amp;iss=")
    assert f"frame-src 'self' {JOURNAL}" in framed.headers["Content-Security-Policy"]
    launch = query(unescape(address[1]))["launch"]
    assert app.exchange(app.code(visitor, launch=launch)).json()["need_patient_banner"] is False


def test_an_app_that_works_with_another_base_is_launched_with_that_one(clinic: Clinic) -> None:
    """An app that reads elsewhere discovers this record system's authorization server there."""
    [app] = (one for one in clinic.config.apps if one.client_id == "patient-app")
    elsewhere = replace(app, iss="https://journal.example/clinic/fhir")
    assert query(launch_address(clinic.config, app, "x"))["iss"] == clinic.config.fhir_base
    assert (
        query(launch_address(clinic.config, elsewhere, "x"))["iss"] == "https://journal.example/clinic/fhir"
    )


def test_a_launch_is_good_once(clinic: Clinic) -> None:
    visitor, app = clinic.visitor(PATIENT), clinic.smart_app("patient-app", SCOPE)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    assert app.code(visitor, launch=value)
    again = visitor.open(app.authorize_address(launch=value))
    assert query(again.headers["Location"])["error"] == "invalid_request"


def test_of_two_requests_with_one_launch_only_one_gets_a_code(clinic: Clinic) -> None:
    """Both were let in while the launch was fresh; the database decides."""
    visitor, app = clinic.visitor(PATIENT), clinic.smart_app("patient-app", SCOPE)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    waiting = [visitor.http.get(app.authorize_address(launch=value)).headers["Location"] for _ in range(2)]
    answers = [query(visitor.open(address).headers["Location"]) for address in waiting]
    assert ["code" in one for one in answers] == [True, False]


def test_a_launch_ends_after_ten_minutes(clinic: Clinic) -> None:
    visitor, app = clinic.visitor(PATIENT), clinic.smart_app("patient-app", SCOPE)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    clinic.clock.now += timedelta(minutes=10, seconds=1)
    answer = visitor.open(app.authorize_address(launch=value))
    assert "code" not in query(answer.headers["Location"])


def test_a_launch_belongs_to_its_app(clinic: Clinic) -> None:
    """C-06: a launch made for one client is unknown to another, and stays good for its own."""
    visitor, stranger = clinic.visitor(PATIENT), clinic.smart_app("asking-app", SCOPE)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    answer = visitor.open(stranger.authorize_address(launch=value))
    assert query(answer.headers["Location"])["error"] == "invalid_request"
    assert clinic.smart_app("patient-app", SCOPE).code(visitor, launch=value)


def test_a_launch_belongs_to_whoever_pressed_the_button(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", SCOPE)
    value = query(clinic.visitor(PATIENT).launch_from_portal("patient-app"))["launch"]
    answer = clinic.visitor("Patient/patient-six-done").open(app.authorize_address(launch=value))
    assert query(answer.headers["Location"])["error"] == "access_denied"


def test_launch_values_are_long_and_never_the_same(clinic: Clinic) -> None:
    visitor = clinic.visitor(PATIENT)
    values = {query(visitor.launch_from_portal("patient-app"))["launch"] for _ in range(20)}
    assert len(values) == 20
    assert min(map(len, values)) >= 32


def test_neither_codes_nor_refresh_tokens_stand_in_the_database(clinic: Clinic) -> None:
    """A copy of the file opens nothing: it holds digests."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs offline_access")
    code = app.code(clinic.visitor(PATIENT))
    refresh = app.exchange(code).json()["refresh_token"]
    kept = b"".join(one.read_bytes() for one in clinic.config.folder.glob("authorization.sqlite*"))
    assert b"patient-app" in kept
    for secret in (code, refresh):
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    "path", ["/portal/open", "/chart/patient-two-in/open", "/staff/open", "/sign-out", "/sign-in"]
)
def test_a_form_from_elsewhere_does_nothing(clinic: Clinic, path: str) -> None:
    person = PATIENT if path == "/portal/open" else CLINICIAN
    visitor = clinic.visitor(person)
    answer = visitor.http.post(path, data={"app": "patient-app", "person": "Practitioner/officer-1"})
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_visit_of_another_chart_cannot_be_launched(clinic: Clinic) -> None:
    theirs = clinic.parts.charts.visits("patient-six-done")[0].id
    visitor = clinic.visitor(CLINICIAN)
    page = visitor.open("/chart/patient-two-in")
    assert visitor.press(page, "where", "frame", encounter=theirs).status_code == 400


def test_an_app_for_clinicians_does_not_open_from_the_portal(clinic: Clinic) -> None:
    visitor = clinic.visitor(PATIENT)
    page = visitor.open("/portal/")
    form = next(form for form in forms(page) if ("app", "patient-app") in form.fields)
    assert visitor.send(form, app="clinician-app").status_code == 404
