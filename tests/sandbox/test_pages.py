"""The pages of the record system: who may open which, what they show, and what they tell the browser."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from service.sandbox.chart import File
from service.sandbox.cookies import COOKIE, local_path
from service.sandbox.file_answer import file_answer
from tests.sandbox.actors import forms
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

PATIENT, CLINICIAN = "Patient/patient-two-in", "Practitioner/clinician-1"
PDF = b"%PDF-1.7\n%a tiny file\n"


def file_document(
    clinic: Clinic, attachment: dict[str, Any], patient: str = "patient-two-in", **more: Any
) -> str:
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {
            "coding": [{"system": "http://loinc.org", "code": "74465-6", "display": "Questionnaire response"}]
        },
        "category": [{"text": "Clinical note"}],
        "subject": {"reference": f"Patient/{patient}"},
        "date": "2026-11-20T09:00:00-08:00",
        "content": [{"attachment": attachment}],
        **more,
    }
    return str(clinic.parts.records.create(resource).resource["id"])


def test_the_front_page_says_plainly_that_this_is_pretence(clinic: Clinic) -> None:
    page = clinic.visitor().open("/")
    assert "stand-in for a clinic" in page.text
    assert "Every person in it is invented" in page.text


def test_everybody_of_the_clinic_can_be_chosen(clinic: Clinic) -> None:
    page = clinic.visitor().open("/sign-in")
    offered = {value for form in forms(page) for name, value in form.buttons if name == "person"}
    assert {PATIENT, CLINICIAN, "Practitioner/officer-1", "Patient/patient-six-done"} <= offered
    assert any(one.startswith("RelatedPerson/") for one in offered)


def test_signing_in_leads_home(clinic: Clinic) -> None:
    assert "Rowan" in clinic.visitor().sign_in(PATIENT).text
    assert "<h1>Patients</h1>" in clinic.visitor().sign_in(CLINICIAN).text


def test_the_session_cookie_has_a_name_of_its_own_and_survives_a_frame(clinic: Clinic) -> None:
    visitor = clinic.visitor()
    cookie = visitor.http.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=None"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    "path", ["/chart", "/chart/patient-two-in", "/staff", "/chart/patient-six-done/documents/x"]
)
@pytest.mark.parametrize("person", [None, PATIENT])
def test_only_staff_open_charts(clinic: Clinic, path: str, person: str | None) -> None:
    answer = clinic.visitor(person).http.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("person", [None, CLINICIAN])
def test_only_patients_open_the_portal(clinic: Clinic, person: str | None) -> None:
    assert clinic.visitor(person).http.get("/portal/").status_code == 303


def test_a_chart_shows_its_own_patient_alone(clinic: Clinic) -> None:
    mine = file_document(clinic, {"contentType": "application/pdf", "data": _b64(PDF), "title": "Mine"})
    theirs = file_document(
        clinic, {"contentType": "application/pdf", "data": _b64(PDF), "title": "Theirs"}, "patient-six-done"
    )
    page = clinic.visitor(CLINICIAN).open("/chart/patient-two-in")
    assert mine in page.text
    assert theirs not in page.text
    visitor = clinic.visitor(PATIENT)
    assert visitor.open(f"/portal/documents/{mine}").content == PDF
    assert visitor.open(f"/portal/documents/{theirs}").status_code == 404
    assert clinic.visitor(CLINICIAN).open(f"/chart/patient-two-in/documents/{theirs}").status_code == 404


def test_a_filed_pdf_opens_in_the_browser(clinic: Clinic) -> None:
    document = file_document(clinic, {"contentType": "application/pdf", "data": _b64(PDF)})
    answer = clinic.visitor(CLINICIAN).open(f"/chart/patient-two-in/documents/{document}")
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_document_whose_file_is_a_binary_opens_as_well(clinic: Clinic) -> None:
    binary = clinic.parts.records.create(
        {
            "resourceType": "Binary",
            "contentType": "application/pdf",
            "securityContext": {"reference": "Patient/patient-two-in"},
            "data": _b64(PDF),
        }
    )
    attachment = {"contentType": "application/pdf", "url": f"Binary/{binary.resource['id']}"}
    document = file_document(clinic, attachment)
    assert clinic.visitor(PATIENT).open(f"/portal/documents/{document}").content == PDF


def test_a_document_without_a_file_here_is_not_found(clinic: Clinic) -> None:
    document = file_document(
        clinic, {"contentType": "application/pdf", "url": "https://elsewhere.example/a.pdf"}
    )
    assert clinic.visitor(PATIENT).open(f"/portal/documents/{document}").status_code == 404


@pytest.mark.parametrize(
    ("media_type", "way", "shown_as"),
    [
        ("application/pdf", "inline", "application/pdf"),
        ("text/plain", "inline", "text/plain; charset=utf-8"),
        ("application/xhtml+xml", "inline", "application/xhtml+xml; charset=utf-8"),
        ("text/rtf", "attachment", "application/octet-stream"),
        ("image/svg+xml", "attachment", "application/octet-stream"),
        ("", "attachment", "application/octet-stream"),
        ("text/html\r\nX: y", "attachment", "application/octet-stream"),
    ],
)
def test_a_file_is_shown_only_where_that_is_safe(
    clinic: Clinic, media_type: str, way: str, shown_as: str
) -> None:
    with clinic.app.test_request_context("/"):
        answer = file_answer(File(b"<script>alert(1)</script>", media_type), 'a"b\r\nc')
    assert answer.headers["Content-Type"] == shown_as
    assert answer.headers["Content-Disposition"].startswith(f'{way}; filename="abc.')
    if "xhtml" in media_type:
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


def test_a_replaced_and_a_struck_document_are_marked(clinic: Clinic) -> None:
    attachment = {"contentType": "application/pdf", "data": _b64(PDF)}
    old = file_document(clinic, attachment, status="superseded")
    file_document(
        clinic,
        attachment,
        relatesTo=[{"code": "replaces", "target": {"reference": f"DocumentReference/{old}"}}],
    )
    file_document(clinic, attachment, status="entered-in-error")
    page = clinic.visitor(CLINICIAN).open("/chart/patient-two-in").text
    for mark in (
        "Superseded: replaced by a newer one",
        "Current, replaces an earlier one",
        "Entered in error",
    ):
        assert page.count(mark) == 1
    assert page.count("row past") == 2


@pytest.mark.parametrize("later", ["2026-11-20T09:00:00-08:00", "2026-11-20T10:30:00-08:00"])
def test_the_current_document_stands_above_the_one_it_replaces(clinic: Clinic, later: str) -> None:
    """Although the old one was changed last, when it was superseded; of one date too."""
    attachment = {"contentType": "application/pdf", "data": _b64(PDF)}
    old = file_document(clinic, attachment)
    relation = {"code": "replaces", "target": {"reference": f"DocumentReference/{old}"}}
    new = file_document(clinic, attachment, relatesTo=[relation], date=later)
    clinic.clock.now += timedelta(minutes=5)
    kept = clinic.parts.records.read("DocumentReference", old)
    clinic.parts.records.update("DocumentReference", old, {**kept, "status": "superseded"})
    for person, path in ((CLINICIAN, "/chart/patient-two-in"), (PATIENT, "/portal/")):
        page = clinic.visitor(person).open(path).text
        assert page.index(new) < page.index("Current, replaces") < page.index(old) < page.index("Superseded")


def test_what_an_app_has_written_is_shown_as_text(clinic: Clinic) -> None:
    file_document(clinic, {"contentType": "application/pdf", "data": _b64(PDF), "title": "<b>bold</b>"})
    page = clinic.visitor(CLINICIAN).open("/chart/patient-two-in").text
    assert "&lt;b&gt;bold" in page
    assert "<b>bold" not in page


def test_each_audience_has_its_own_buttons(clinic: Clinic) -> None:
    assert "Open Journal for clinicians" in clinic.visitor(CLINICIAN).open("/chart/patient-two-in").text
    portal = clinic.visitor(PATIENT).open("/portal/").text
    assert "Open Journal<" in portal
    assert "for clinicians" not in portal
    assert f'href="{JOURNAL}"' in portal


def test_signing_out_ends_the_session(clinic: Clinic) -> None:
    visitor = clinic.visitor(PATIENT)
    visitor.press(visitor.open("/portal/"), "", "")
    assert visitor.http.get("/portal/").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "elsewhere",
        "",
        None,
        "/\r\nX: y",
    ],
)
def test_signing_in_leads_nowhere_else(wanted: str | None) -> None:
    assert local_path(wanted, "/home") == "/home"


def test_signing_in_goes_back_to_the_page_that_asked(clinic: Clinic) -> None:
    visitor = clinic.visitor()
    page = visitor.open("/chart/patient-two-in")
    assert "Rowan" in visitor.press(page, "person", CLINICIAN).text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/static/maple-grove.css"])
def test_pages_load_nothing_from_elsewhere_and_run_no_script(clinic: Clinic, path: str) -> None:
    answer = clinic.visitor().open(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text


def test_pages_are_not_kept_by_the_browser(clinic: Clinic) -> None:
    assert clinic.visitor(PATIENT).open("/portal/").headers["Cache-Control"] == "no-store"


def test_what_is_not_there_is_a_page_for_people_and_an_outcome_for_programs(clinic: Clinic) -> None:
    assert "Go to the front page" in clinic.visitor().open("/nowhere").text
    assert clinic.visitor().open("/chart/nobody").status_code == 200
    assert clinic.visitor(CLINICIAN).open("/chart/nobody").status_code == 404
    assert clinic.http().get(f"{BASE}/fhir/Nothing").json()["resourceType"] == "OperationOutcome"


def _b64(body: bytes) -> str:
    return base64.b64encode(body).decode()
