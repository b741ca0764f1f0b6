"""Which tokens open the FHIR base: those issued for it, to whom they were issued, no others (threats T14 to T17)."""

from typing import Any

import pytest

from tests.factories import response
from tests.people import App, app_of, backend_app, patient, signed_token, staff_app
from tests.smart.people import ec_key, sign
from tests.world import CLINIC, EHR, JOURNAL, OTHER, OTHER_EHR, World

QR = "QuestionnaireResponse"
READ, SEARCH = f"{QR}/x", QR

BAD: dict[str, dict[str, Any]] = {
    "for the record system's own API": {"aud": f"{EHR}/fhir"},
    "for the record system's own API, with a slash": {"aud": f"{EHR}/fhir/"},
    "for the other clinic's base": {"aud": f"{JOURNAL}/{OTHER}/fhir"},
    "for our base with a slash": {"aud": f"{JOURNAL}/{CLINIC}/fhir/"},
    "for our base and more": {"aud": f"{JOURNAL}/{CLINIC}/fhirx"},
    "for nobody": {"aud": None},
    "for a list without us": {"aud": ["https://a.example", f"{EHR}/fhir"]},
    "by another issuer": {"iss": "https://evil.example"},
    "by the other clinic's issuer": {"iss": OTHER_EHR},
    "by no issuer": {"iss": None},
    "without an end": {"exp": None},
    "with an endless end": {"exp": 9_999_999_999},
    "with a text for an end": {"exp": "9999999999"},
    "ended": {"exp": 1_700_000_000, "iat": 1_699_999_000},
    "not begun": {"nbf": 9_999_999_999},
    "from the future": {"iat": 9_999_999_999},
    "without a subject": {"sub": None},
    "of no client": {"client_id": None},
    "an identity token": {"nonce": "n", "typ": "ID"},
    "a refresh token": {"typ": "Refresh"},
    "without scope": {"scope": None},
    "with a patient that is no id": {"patient": "../Patient/x"},
    "for one patient and the whole system": {"scope": "patient/*.rs system/*.rs"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_is_not_for_this_base_is_refused(world: World, name: str) -> None:
    for answer in (
        App(world, signed_token(world, **BAD[name])).get(SEARCH),
        App(world, signed_token(world, **BAD[name])).post(QR, response(world)),
    ):
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == 'Bearer realm="Infusion Journal", error="invalid_token"'
        assert answer.json()["issue"][0]["code"] == "login"


def test_a_token_by_a_key_that_the_clinic_does_not_publish_is_refused(world: World) -> None:
    good = {"iss": EHR, "aud": world.base, "sub": "s", "client_id": "c", "scope": "patient/*.rs"}
    now = int(world.clock().timestamp())
    claims = good | {"iat": now, "exp": now + 60, "patient": "patient-six-done"}

    forged = sign({"alg": "ES256", "typ": "at+jwt", "kid": "k"}, claims, ec_key())

    assert App(world, forged).get(SEARCH).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer a b", "Bearer é", "Token x"]
)
def test_without_a_token_one_is_asked_for(world: World, header: str) -> None:
    app = App(world)
    sent = (
        {"Authorization": header.encode().decode("latin-1").encode("ascii", "ignore").decode()}
        if header
        else {}
    )

    answer = app.get(SEARCH, **sent)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="Infusion Journal"')


def test_a_token_ends_when_it_says(world: World) -> None:
    app = app_of(world)
    assert app.get(SEARCH).status_code == 200

    world.clock.pass_time(minutes=12)

    assert app.get(SEARCH).status_code == 401


SMALL = {
    "read alone": ("patient/QuestionnaireResponse.r", {"read"}),
    "search alone": ("patient/QuestionnaireResponse.s", {"search"}),
    "create alone": ("patient/QuestionnaireResponse.c", {"create"}),
    "v1 read": ("patient/QuestionnaireResponse.read", {"read", "search"}),
    "v1 write": ("patient/QuestionnaireResponse.write", {"create"}),
    "everything": ("patient/*.cruds", {"read", "search", "create"}),
    "another type": ("patient/Questionnaire.rs", set()),
    "letters in another order": ("patient/QuestionnaireResponse.sr", set()),
    "capitals": ("patient/questionnaireresponse.rs", set()),
    "a level of others": ("user/QuestionnaireResponse.crs", set()),
    "a constraint we cannot keep": ("patient/QuestionnaireResponse.rs?status=completed", set()),
    "launch alone": ("launch/patient openid fhirUser", set()),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_scope_gives_its_own_interactions_and_no_others(world: World, name: str) -> None:
    scope, allowed = SMALL[name]
    app = app_of(world, scope=scope)
    answers = {
        "create": app.post(QR, response(world)),
        "read": app.get(READ),
        "search": app.get(SEARCH),
    }

    for interaction, answer in answers.items():
        if interaction in allowed:
            assert answer.status_code in (200, 201, 404), (interaction, answer.text)
        else:
            assert answer.status_code == 403, (interaction, answer.text)
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
            assert f'scope="patient/{QR}.{interaction[0]}"' in answer.headers["www-authenticate"]


NOBODY: dict[str, dict[str, Any]] = {
    "a patient scope without a patient": {"patient": None},
    "no person": {"fhirUser": None},
    "a proxy": {"fhirUser": f"{EHR}/fhir/RelatedPerson/related-two-in"},
    "another patient's person": {"fhirUser": f"{EHR}/fhir/Patient/patient-two-in"},
    "a person of another server": {"fhirUser": f"{OTHER_EHR}/fhir/Patient/patient-six-done"},
    "a person that is nobody": {"fhirUser": "Device/1"},
    "neither": {"fhirUser": None, "patient": None},
}


@pytest.mark.parametrize("name", NOBODY)
def test_a_token_that_names_nobody_we_know_opens_nothing(world: World, name: str) -> None:
    """Missing context denies (threat model, rule 3; product rule 30)."""
    patient(world).write("six-done-1", {"ai1.1": "planted-words"})
    app = App(world, signed_token(world, **NOBODY[name]))

    for answer in (app.get(READ), app.get(SEARCH), app.post(QR, response(world, 2, encounter="six-done-2"))):
        assert answer.status_code == 403, answer.text
        assert "planted-words" not in answer.text


def test_a_relatives_own_launch_gives_a_token_that_opens_nothing(world: World) -> None:
    app = App(
        world,
        signed_token(world, patient="patient-two-in", fhirUser=f"{EHR}/fhir/RelatedPerson/related-two-in"),
    )

    assert app.get(SEARCH).status_code == 403


def test_a_patient_scope_of_staff_counts_only_with_a_chart_open(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "x"})
    scope = "patient/QuestionnaireResponse.rs"

    assert len(staff_app(world, chart="patient-six-done", scope=scope).get(SEARCH).json()["entry"]) == 1
    assert staff_app(world, scope=scope).get(SEARCH).status_code == 403


def test_a_service_with_a_patient_scope_is_no_service(world: World) -> None:
    assert backend_app(world, scope="patient/QuestionnaireResponse.rs").get(SEARCH).status_code == 403


def test_a_token_in_the_address_opens_nothing(world: World) -> None:
    token = signed_token(world)

    assert App(world).get(f"{QR}?access_token={token}").status_code == 401


def test_keys_that_cannot_be_had_just_now_are_no_reason_to_sign_in_again(world: World) -> None:
    app = app_of(world)
    world.servers.pop(EHR)

    answer = app.get(SEARCH)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_tokens_with_unknown_keys_cause_no_storm_of_fetches(world: World) -> None:
    app_of(world).get(SEARCH)
    before = len(world.net.asked)

    for number in range(50):
        App(world, signed_token(world, header={"kid": f"unknown-{number}"})).get(SEARCH)

    assert len(world.net.asked) - before <= 2
