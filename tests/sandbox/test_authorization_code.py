"""From an app's request to its token: what the SMART sheet calls T6 to T9, with its refusals."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.sandbox.actors import forms, query, s256
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

PATIENT = "Patient/patient-two-in"


def test_a_code_becomes_a_token_with_everything_smart_asks_for(clinic: Clinic) -> None:
    """T6: fields, their types, and the headers that keep the answer out of caches."""
    app = clinic.smart_app(
        "patient-app", "openid fhirUser launch/patient patient/Encounter.rs offline_access"
    )
    answer = app.exchange(app.code(clinic.visitor(PATIENT)))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "openid fhirUser launch/patient patient/Encounter.rs offline_access"
    assert body["patient"] == "patient-two-in"
    assert body["need_patient_banner"] is True
    assert isinstance(body["refresh_token"], str)
    assert "encounter" not in body
    style = clinic.http().get(body["smart_style_url"])
    assert json.loads(style.text)["color_background"].startswith("#")


def test_an_access_token_can_be_checked_by_a_stranger_with_the_key_set_alone(clinic: Clinic) -> None:
    """RFC 9068: the type, the key's name, and the claims that a resource server needs."""
    app = clinic.smart_app("patient-app", "openid fhirUser launch/patient patient/Encounter.rs")
    text = app.exchange(app.code(clinic.visitor(PATIENT), aud=f"{JOURNAL}/fhir")).json()["access_token"]
    keys = KeySet.import_key_set(clinic.http().get(f"{BASE}/auth/jwks").json())
    token = jwt.decode(text, keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    assert token.header["kid"]
    claims = token.claims
    assert claims["iss"] == BASE
    assert claims["aud"] == f"{JOURNAL}/fhir"
    assert claims["client_id"] == "patient-app"
    assert claims["patient"] == "patient-two-in"
    assert claims["fhirUser"] == f"{BASE}/fhir/{PATIENT}"
    assert claims["scope"] == "openid fhirUser launch/patient patient/Encounter.rs"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"sub", "jti"} <= set(claims)


def test_a_token_for_another_resource_server_opens_nothing_here(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app")
    token = app.exchange(
        app.code(clinic.visitor(PATIENT), scope="launch/patient patient/Encounter.rs", aud=f"{JOURNAL}/fhir")
    )
    assert app.read("Encounter?patient=patient-two-in", token.json()["access_token"]).status_code == 401


def test_only_an_access_token_opens_the_fhir_server(clinic: Clinic) -> None:
    """B-21: neither the identity token nor anything else that this house has signed, however alike."""
    app = clinic.smart_app("patient-app", "openid fhirUser launch/patient patient/Encounter.rs")
    body = app.exchange(app.code(clinic.visitor(PATIENT))).json()
    keys = clinic.parts.tokens.keys
    claims = jwt.decode(body["access_token"], keys.access, algorithms=["ES256"]).claims
    alike = jwt.encode({"alg": "ES256", "kid": keys.access.kid}, claims, keys.access, algorithms=["ES256"])
    foreign = jwt.encode(
        {"alg": "ES256", "kid": keys.access.kid, "typ": "at+jwt"},
        claims,
        ECKey.generate_key("P-256"),
        algorithms=["ES256"],
    )
    assert app.read("Encounter?patient=patient-two-in", body["access_token"]).status_code == 200
    assert clinic.parts.tokens.read("é") is None
    for token in (body["id_token"], alike, foreign, "", "not.a.token"):
        assert app.read("Encounter?patient=patient-two-in", token).status_code == 401


def test_the_identity_token_says_who_it_is_and_the_person_can_be_read(clinic: Clinic) -> None:
    """T9: RS256 with a kid, every claim in place, the nonce as it came, and a readable `fhirUser`."""
    app = clinic.smart_app("patient-app", "openid fhirUser launch/patient patient/Encounter.rs")
    body = app.exchange(app.code(clinic.visitor(PATIENT), nonce="n-0S6_WzA2Mj")).json()
    where = clinic.http().get(f"{BASE}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(clinic.http().get(where["jwks_uri"]).json())
    token = jwt.decode(body["id_token"], keys, algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    assert token.header["kid"] in {key["kid"] for key in clinic.http().get(where["jwks_uri"]).json()["keys"]}
    claims = token.claims
    now = int(clinic.clock().timestamp())
    assert claims["iss"] == where["issuer"] == BASE
    assert claims["aud"] == "patient-app"
    assert claims["iat"] == now < claims["exp"]
    assert 1 <= len(claims["sub"]) <= 255
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    reference = claims["fhirUser"].removeprefix(f"{BASE}/fhir/")
    assert reference == PATIENT
    assert app.read(reference, body["access_token"]).json()["id"] == "patient-two-in"


def test_the_subject_is_the_same_next_time_and_another_for_others(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "openid fhirUser launch/patient patient/Encounter.rs")
    keys = KeySet.import_key_set(clinic.http().get(f"{BASE}/auth/jwks").json())

    def subject(person: str) -> str:
        body = app.exchange(app.code(clinic.visitor(person))).json()
        return str(jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims["sub"])

    assert subject(PATIENT) == subject(PATIENT) != subject("Patient/patient-six-done")


def test_the_fhir_server_obeys_the_scopes_and_the_patient_of_the_token(clinic: Clinic) -> None:
    """T18, T19: what was granted can be read, what was not is 403, another patient's is not there."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    token = app.exchange(app.code(clinic.visitor(PATIENT))).json()["access_token"]
    visits = app.read("Encounter?patient=patient-two-in", token).json()
    assert visits["total"] >= 2
    assert app.read("Patient/patient-two-in", token).status_code == 403
    assert app.read("Encounter?patient=patient-six-done", token).status_code == 403
    assert app.http.get(f"{app.fhir}/Encounter?patient=patient-two-in").status_code == 401


def test_a_token_ends_with_its_hour(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    token = app.exchange(app.code(clinic.visitor(PATIENT))).json()["access_token"]
    clinic.clock.now += timedelta(seconds=3599)
    assert app.read("Encounter?patient=patient-two-in", token).status_code == 200
    clinic.clock.now += timedelta(seconds=1)
    assert app.read("Encounter?patient=patient-two-in", token).status_code == 401


@pytest.mark.parametrize(
    "different",
    [
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": "x" * 64},
        {"code_verifier": "the challenge itself"},
        {"code": "not-a-code"},
        {"code": None},
        {"redirect_uri": f"{JOURNAL}/other"},
        {"redirect_uri": None},
        {"client_id": "asking-app"},
        {"client_id": "nobody"},
        {"client_id": None},
        {"grant_type": "password"},
        {"grant_type": "café"},
    ],
    ids=str,
)
def test_a_wrong_token_request_gets_no_token(clinic: Clinic, different: dict[str, Any]) -> None:
    """T7: every wrong part is refused with 400 or 401 and an OAuth error."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    code = app.code(clinic.visitor(PATIENT))
    if different.get("code_verifier") == "the challenge itself":
        different = {"code_verifier": s256(app.verifier)}
    answer = app.exchange(code, **different)
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()
    assert answer.json()["error"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_used_twice_takes_back_what_it_gave(clinic: Clinic) -> None:
    """RFC 6749 section 4.1.2: the second use is refused and the tokens of the first end."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs offline_access")
    code = app.code(clinic.visitor(PATIENT))
    first = app.exchange(code).json()
    assert app.read("Encounter?patient=patient-two-in", first["access_token"]).status_code == 200
    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert app.read("Encounter?patient=patient-two-in", first["access_token"]).status_code == 401
    assert app.refresh(first["refresh_token"]).status_code == 400


def test_another_client_can_neither_use_nor_spoil_a_code(clinic: Clinic) -> None:
    mine, theirs = clinic.smart_app("patient-app"), clinic.smart_app("asking-app")
    code = mine.code(clinic.visitor(PATIENT), scope="launch/patient patient/Encounter.rs")
    assert theirs.exchange(code, code_verifier=mine.verifier).json()["error"] == "invalid_grant"
    assert mine.exchange(code).status_code == 200


def test_a_code_lives_for_a_minute(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    code = app.code(clinic.visitor(PATIENT))
    clinic.clock.now += timedelta(seconds=61)
    assert app.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "different",
    [
        {"aud": "https://elsewhere.example/fhir"},
        {"aud": f"{BASE}/fhir/"},
        {"aud": None},
        {"resource": "https://elsewhere.example/fhir"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "too-short"},
        {"state": None},
        {"scope": None},
        {"scope": "patient/Encounter.sr"},
        {"scope": "user/Encounter.rs"},
        {"scope": "system/Encounter.rs"},
        {"response_type": "token"},
        {"launch": "made-up", "scope": "launch patient/Encounter.rs"},
        {"scope": "launch patient/Encounter.rs"},
    ],
    ids=str,
)
def test_a_wrong_authorize_request_gives_no_code_but_an_error_to_the_app(
    clinic: Clinic, different: dict[str, Any]
) -> None:
    """T8, with everything else that SMART wants in the request."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    answer = clinic.visitor(PATIENT).open(app.authorize_address(**different))
    back = query(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{app.redirect_uri}?")
    assert "code" not in back
    assert back["error"]
    assert back.get("state") == (app.state if "state" not in different else None)


@pytest.mark.parametrize(
    "different",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://elsewhere.example/callback"},
        {"redirect_uri": f"{JOURNAL}/callback/"},
        {"redirect_uri": f'{JOURNAL}/callback"<script>'},
        {"redirect_uri": None},
        {"client_id": "backend-app"},
        {"client_id": "käse"},
    ],
    ids=str,
)
def test_an_unknown_app_or_redirect_uri_gets_a_page_and_no_redirect(
    clinic: Clinic, different: dict[str, Any]
) -> None:
    """RFC 6749 section 4.1.2.1: nobody is sent to an address that was not registered."""
    app = clinic.smart_app("patient-app")
    answer = clinic.visitor(PATIENT).open(app.authorize_address(**different))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "<script>" not in answer.text


def test_a_parameter_sent_twice_is_refused(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    for name in ("aud", "scope", "code_challenge", "client_id"):
        address = app.authorize_address() + "&" + urlencode({name: app.parameters()[name]})
        answer = clinic.visitor(PATIENT).open(address)
        assert "code=" not in answer.headers.get("Location", "")


def test_the_request_can_be_posted(clinic: Clinic) -> None:
    """SMART, `authorize-post`: the same parameters as a form, from a page of the app."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    posted = visitor.http.post("/auth/authorize", data=app.parameters())
    assert posted.status_code == 303
    answer = visitor.open(posted.headers["Location"])
    assert app.exchange(query(answer.headers["Location"])["code"]).status_code == 200


def test_whoever_is_not_signed_in_chooses_and_then_goes_on(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor()
    page = visitor.open(app.authorize_address())
    assert "Choose who you are" in page.text
    answer = visitor.press(page, "person", PATIENT)
    assert app.exchange(query(answer.headers["Location"])["code"]).json()["patient"] == "patient-two-in"


def test_a_request_is_answered_once(clinic: Clinic) -> None:
    """The back button does not give a second code."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    first = visitor.http.get(app.authorize_address())
    assert "code=" in visitor.open(first.headers["Location"]).headers["Location"]
    assert visitor.open(first.headers["Location"]).status_code == 410


def test_of_two_answers_at_the_same_instant_one_counts(clinic: Clinic) -> None:
    name = clinic.parts.requests.keep({"client_id": "patient-app"})
    assert [clinic.parts.requests.take(name), clinic.parts.requests.take(name)] == [True, False]


def test_a_patient_cannot_pass_on_what_only_staff_may_see(clinic: Clinic) -> None:
    """B-18: an app for clinicians, opened by a patient, gets nothing over other patients."""
    app = clinic.smart_app("clinician-app", "openid fhirUser user/Patient.rs")
    answer = clinic.visitor(PATIENT).open(app.authorize_address())
    assert query(answer.headers["Location"])["error"] == "invalid_scope"


def test_what_someone_else_picked_is_forgotten(clinic: Clinic) -> None:
    """The same browser, another person: the request goes on, the choices do not."""
    app = clinic.smart_app("patient-app", "launch/patient launch/encounter patient/Encounter.rs")
    visitor = clinic.visitor("Practitioner/clinician-1")
    page = visitor.open(app.authorize_address())
    page = visitor.press(page, "patient", "patient-six-done")
    assert "Which visit" in page.text
    visitor.sign_in("Practitioner/clinician-2")
    assert "Which patient" in visitor.open(str(page.url)).text


def test_staff_pick_the_patient_and_the_visit(clinic: Clinic) -> None:
    """C-08: standalone with `launch/patient launch/encounter` and nobody's chart open."""
    app = clinic.smart_app("patient-app", "launch/patient launch/encounter patient/Encounter.rs")
    visitor = clinic.visitor("Practitioner/clinician-1")
    page = visitor.open(app.authorize_address())
    assert "Which patient" in page.text
    page = visitor.press(page, "patient", "patient-two-in")
    assert "Which visit" in page.text
    encounter = next(value for name, value in forms(page)[-1].buttons if value)
    answer = visitor.press(page, "encounter", encounter)
    body = app.exchange(query(answer.headers["Location"])["code"]).json()
    assert (body["patient"], body["encounter"]) == ("patient-two-in", encounter)
    assert app.read(f"Encounter/{encounter}", body["access_token"]).status_code == 200


def test_a_visit_of_another_patient_cannot_be_picked(clinic: Clinic) -> None:
    app = clinic.smart_app("patient-app", "launch/patient launch/encounter patient/Encounter.rs")
    theirs = clinic.parts.charts.visits("patient-six-done")[0].id
    visitor = clinic.visitor(PATIENT)
    page = visitor.open(app.authorize_address())
    answer = visitor.send(forms(page)[-1], encounter=theirs)
    assert "encounter" not in app.exchange(query(answer.headers["Location"])["code"]).json()


def test_a_patient_never_gets_another_patients_context(clinic: Clinic) -> None:
    """A `patient` smuggled into the form of a patient's own request changes nothing."""
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    page = visitor.open(app.authorize_address())
    page = visitor.send(forms(page)[-1], patient="patient-six-done")
    answer = visitor.press(page, "decision", "allow")
    assert app.exchange(query(answer.headers["Location"])["code"]).json()["patient"] == "patient-two-in"


def test_a_relative_opens_the_record_of_the_patient_they_care_for(clinic: Clinic) -> None:
    relative = clinic.parts.directory.relatives()[0]
    app = clinic.smart_app("patient-app", "openid fhirUser launch/patient patient/Encounter.rs")
    body = app.exchange(app.code(clinic.visitor(relative.reference))).json()
    assert body["patient"] == relative.patient
    assert app.read(relative.reference, body["access_token"]).status_code == 200


def test_consent_lists_the_scopes_and_lets_one_go(clinic: Clinic) -> None:
    """C-09: what is crossed out is not in the granted scope, and the FHIR server keeps to it (T18)."""
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs patient/Patient.r")
    visitor = clinic.visitor(PATIENT)
    page = visitor.open(app.authorize_address())
    assert "Read and search visits, yours only" in page.text
    answer = visitor.press(page, "decision", "allow", scope=["patient/Patient.r"])
    body = app.exchange(query(answer.headers["Location"])["code"]).json()
    assert body["scope"].split() == ["launch/patient", "patient/Patient.r"]
    assert app.read("Patient/patient-two-in", body["access_token"]).status_code == 200
    assert app.read("Encounter?patient=patient-two-in", body["access_token"]).status_code == 403


def test_a_no_goes_back_to_the_app_as_access_denied(clinic: Clinic) -> None:
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    answer = visitor.press(visitor.open(app.authorize_address()), "decision", "deny")
    assert query(answer.headers["Location"])["error"] == "access_denied"
    assert query(answer.headers["Location"])["state"] == app.state


def test_consent_cannot_be_given_by_a_form_from_elsewhere(clinic: Clinic) -> None:
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    form = forms(visitor.open(app.authorize_address()))[-1]
    for token in ("", "a-guess"):
        assert visitor.send(form, form_token=token, decision="allow").status_code == 400


def test_consent_cannot_widen_what_was_asked(clinic: Clinic) -> None:
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.r")
    visitor = clinic.visitor(PATIENT)
    page = visitor.open(app.authorize_address())
    answer = visitor.press(page, "decision", "allow", scope=["patient/Encounter.r", "patient/Patient.r"])
    assert (
        app.exchange(query(answer.headers["Location"])["code"]).json()["scope"]
        == "launch/patient patient/Encounter.r"
    )


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("patient/Encounter.read", "patient/Encounter.read"),
        ("patient/Encounter.cruds", "patient/Encounter.rs"),
        ("patient/Encounter.*", "patient/Encounter.rs"),
        ("patient/*.rs", "patient/Encounter.rs patient/Patient.r patient/QuestionnaireResponse.rs"),
        ("patient/Encounter.rs patient/Observation.rs", "patient/Encounter.rs"),
        ("patient/Encounter.rs patient/Patient.r?name=x", "patient/Encounter.rs"),
        ("patient/Encounter.rs user/Patient.rs", "patient/Encounter.rs"),
    ],
)
def test_no_scope_goes_beyond_the_registered_ones(clinic: Clinic, asked: str, granted: str) -> None:
    app = clinic.smart_app("patient-app", asked)
    body = app.exchange(app.code(clinic.visitor(PATIENT))).json()
    assert body["scope"] == granted
    assert body["patient"] == "patient-two-in"


def test_a_public_apps_token_answer_can_be_read_by_its_page(clinic: Clinic) -> None:
    """SMART, CORS: the token endpoint and the FHIR server answer the registered browser app, and no other page."""
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    app.http.headers["Origin"] = JOURNAL
    answer = app.exchange(app.code(clinic.visitor(PATIENT)))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    token = answer.json()["access_token"]
    read = app.read("Encounter?patient=patient-two-in", token)
    assert read.headers["Access-Control-Allow-Origin"] == JOURNAL
    app.http.headers["Origin"] = "https://elsewhere.example"
    assert "Access-Control-Allow-Origin" not in app.read("Encounter?patient=patient-two-in", token).headers


def test_a_secret_is_checked(clinic: Clinic) -> None:
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs")
    visitor = clinic.visitor(PATIENT)
    answer = visitor.press(
        visitor.open(app.authorize_address()), "decision", "allow", scope=["patient/Encounter.rs"]
    )
    code = query(answer.headers["Location"])["code"]
    app.secret = "another secret"
    assert app.exchange(code).status_code == 401
    app.secret = None
    assert app.exchange(code).status_code in (400, 401)
    app.secret = "a long secret of the tests"
    assert app.exchange(code).status_code == 200
