"""Which tokens open the FHIR base: those issued for it, to whom they were issued, no others (threats T14 to T17)."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from service.clinic import ClinicsUnreadable
from tests.factories import response
from tests.people import App, app_of, backend_app, patient, signed_token, staff_app
from tests.smart.people import ec_key, sign
from tests.web.opaque_tokens import opaque, questions, with_opaque_tokens
from tests.world import CLINIC, EHR, JOURNAL, OTHER, OTHER_EHR, World, WorldWith, world_with

__all__ = ["world_with"]  # a fixture that this file alone takes

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
    "for staff and the whole system": {"scope": "user/*.rs system/*.rs"},
    "for one patient and a system scope that is not understood": {"scope": "patient/*.rs system/*.sr"},
    "for the whole system, naming a patient": {"scope": "system/*.rs", "fhirUser": None},
    "for the whole system, naming a person": {"scope": "system/*.rs", "patient": None},
    "for the whole system, naming a visit": {
        "scope": "system/*.rs",
        "patient": None,
        "fhirUser": None,
        "encounter": "six-done-1",
    },
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
    "a constraint we cannot keep": ("patient/QuestionnaireResponse.rs?authored=gt2020", set()),
    "a constraint we keep, of reading alone": (
        "patient/QuestionnaireResponse.cruds?status=completed",
        {"read", "search"},
    ),
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


def test_signing_out_ends_the_visits_tokens_at_the_record_system(world: World) -> None:
    """Threat T22: whoever finds one of them afterwards finds nothing."""
    visitor = patient(world)
    approvals = world.sandboxes[CLINIC].parts.database
    with approvals.reading() as rows:
        (before,) = rows.execute("select id from approval where ended is null").fetchall()

    assert visitor.post("sign-out").status_code == 200

    assert f"POST {EHR}/auth/revoke" in world.net.asked
    assert not world.sandboxes[CLINIC].parts.approvals.stands(before["id"])


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


def _revoke(world: World, token: str) -> None:
    tokens = world.sandboxes[CLINIC].parts.tokens
    tokens.revoke(token, tokens.standing(token))


OPAQUE_ALSO = pytest.mark.parametrize("tokens", ["opaque", "both"])


@OPAQUE_ALSO
def test_a_patients_own_app_comes_in_with_an_opaque_token(world_with: WorldWith, tokens: str) -> None:
    world = with_opaque_tokens(world_with, tokens)
    patient(world).write("six-done-1", {"ai1.1": "my-words"})
    app = App(world, opaque(world))

    found = app.get(SEARCH)

    assert found.status_code == 200
    assert "my-words" in found.text
    assert app.post(QR, response(world, 2, encounter="six-done-2")).status_code == 201
    other = App(world, opaque(world, patient="patient-two-in", fhirUser=f"{EHR}/fhir/Patient/patient-two-in"))
    assert "my-words" not in other.get(SEARCH).text
    assert questions(world) == 2


def test_an_opaque_token_opens_no_more_than_its_scope(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with, "opaque")
    app = App(world, opaque(world, scope="openid fhirUser patient/QuestionnaireResponse.r"))

    answer = app.get(SEARCH)

    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@OPAQUE_ALSO
def test_a_revoked_token_opens_nothing_after_thirty_seconds(world_with: WorldWith, tokens: str) -> None:
    """T17 of the SMART sheet, threat T23."""
    world = with_opaque_tokens(world_with, tokens)
    token = opaque(world)
    assert App(world, token).get(SEARCH).status_code == 200

    _revoke(world, token)
    world.clock.pass_time(seconds=30)

    answer = App(world, token).get(SEARCH)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Infusion Journal", error="invalid_token"'


REFUSED: dict[str, Callable[[World], str]] = {
    "made up": lambda world: secrets.token_urlsafe(32),
    "ended": lambda world: opaque(world, exp=1_700_000_000),
    "of an unlisted client": lambda world: opaque(world, client_id="ward-tool"),
    "by another issuer": lambda world: opaque(world, iss="https://evil.example"),
    "of the other clinic": lambda world: opaque(world, clinic=OTHER, iss=OTHER_EHR),
    "for a person and the whole system": lambda world: opaque(world, scope="patient/*.rs system/*.rs"),
    "for the whole system, naming a person": lambda world: opaque(
        world, client_id="registry", scope="system/*.rs"
    ),
    "a signed one of the record system, for an unlisted client": lambda world: signed_token(
        world, aud=f"{EHR}/fhir", client_id="ward-tool"
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@OPAQUE_ALSO
def test_a_token_the_record_system_does_not_vouch_for_is_refused(
    world_with: WorldWith, tokens: str, name: str
) -> None:
    """T14a."""
    world = with_opaque_tokens(world_with, tokens)
    app = App(world, REFUSED[name](world))

    for answer in (app.get(SEARCH), app.post(QR, response(world))):
        assert answer.status_code == 401, answer.text
        assert answer.json()["issue"][0]["code"] == "login"


@OPAQUE_ALSO
def test_a_service_with_an_opaque_token_reads_what_was_sent(world_with: WorldWith, tokens: str) -> None:
    world = with_opaque_tokens(world_with, tokens)
    patient(world).write("six-done-1", {"ai1.1": "x"})
    said = {"scope": "system/QuestionnaireResponse.rs", "patient": None, "fhirUser": None}

    assert len(App(world, opaque(world, client_id="registry", **said)).get(SEARCH).json()["entry"]) == 1
    assert App(world, opaque(world, client_id="stranger", **said)).get(SEARCH).status_code == 401


@OPAQUE_ALSO
def test_an_app_of_persons_is_no_service(world_with: WorldWith, tokens: str) -> None:
    """Listed because its opaque tokens name no audience, it reaches one patient, and with a system scope nobody."""
    world = with_opaque_tokens(world_with, tokens, '"registry"]\npersons_apps = ["diary-app"')
    patient(world).write("six-done-1", {"ai1.1": "x"})
    said: dict[str, Any] = {"scope": "system/QuestionnaireResponse.rs", "patient": None, "fhirUser": None}

    assert len(App(world, opaque(world)).get(SEARCH).json()["entry"]) == 1
    assert "entry" not in App(world, opaque(world, **said)).get(SEARCH).json()
    assert len(App(world, opaque(world, client_id="registry", **said)).get(SEARCH).json()["entry"]) == 1


@OPAQUE_ALSO
def test_an_opaque_token_is_narrowed_by_its_constraints(world_with: WorldWith, tokens: str) -> None:
    """T16: what the record system says of a scope holds as if it stood in a signed token."""
    world = with_opaque_tokens(world_with, tokens)
    patient(world).write("six-done-1", {"ai1.1": "x"})

    def found(constraint: str) -> int:
        app = App(world, opaque(world, scope=f"openid fhirUser patient/{QR}.rs?{constraint}"))
        answer = app.get(SEARCH)
        return len(answer.json().get("entry", ())) if answer.status_code == 200 else -answer.status_code

    assert found("status=completed") == 1
    assert found("status=amended") == 0
    assert found("authored=gt2020") == -403


def test_an_opaque_token_that_names_nobody_opens_nothing(world_with: WorldWith) -> None:
    """T17: without fhirUser nobody knows who is meant."""
    world = with_opaque_tokens(world_with, "opaque")

    assert App(world, opaque(world, scope="patient/QuestionnaireResponse.rs")).get(SEARCH).status_code == 403
    assert App(world, opaque(world, patient=None)).get(SEARCH).status_code == 403


@OPAQUE_ALSO
def test_an_outage_is_no_reason_to_sign_in_again_nor_to_let_anybody_in(
    world_with: WorldWith, tokens: str
) -> None:
    world = with_opaque_tokens(world_with, tokens)
    app = App(world, opaque(world))
    sandbox = world.servers.pop(EHR)

    answer = app.get(SEARCH)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["issue"][0]["code"] == "transient"
    world.servers[EHR] = sandbox
    assert app.get(SEARCH).status_code == 200


def test_a_record_system_that_does_not_let_us_ask_is_our_trouble(world_with: WorldWith) -> None:
    """The demo's worker is not registered to introspect: 503, and never a client that is sent away for good."""
    world = world_with(f'[clinic.{CLINIC}.api]\ntokens = "opaque"\nclients = ["diary-app"]\n')

    assert App(world, opaque(world)).get(SEARCH).status_code == 503


def test_a_spoilt_answer_lets_nobody_in(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with, "opaque")

    def spoil(request: httpx2.Request, answer: Callable[[], httpx2.Response]) -> httpx2.Response:
        if not request.url.path.endswith("/introspect"):
            return answer()
        return httpx2.Response(200, stream=httpx2.ByteStream(b'{"active": true'))

    world.net.meddler = spoil

    assert App(world, opaque(world)).get(SEARCH).status_code == 503


def test_many_requests_ask_once(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with, "opaque")
    good, bad = App(world, opaque(world)), App(world, "made-up")

    assert {good.get(SEARCH).status_code for _ in range(20)} == {200}
    assert {bad.get(SEARCH).status_code for _ in range(20)} == {401}
    assert questions(world) == 2


def test_with_both_a_signed_token_is_judged_by_its_signature(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with, "both")

    assert app_of(world).get(SEARCH).status_code == 200
    assert App(world, signed_token(world, aud=f"{EHR}/fhir")).get(SEARCH).status_code == 401
    assert questions(world) == 0


def test_with_opaque_a_signed_token_is_asked_about_like_any_other(world_with: WorldWith) -> None:
    """So a clinic can have every revocation count, whatever its tokens look like."""
    world = with_opaque_tokens(world_with, "opaque")
    token = signed_token(world, scope="openid fhirUser patient/QuestionnaireResponse.rs")
    assert App(world, token).get(SEARCH).status_code == 200

    _revoke(world, token)
    world.clock.pass_time(seconds=30)

    assert App(world, token).get(SEARCH).status_code == 401
    assert questions(world) == 2


def test_by_default_nobody_is_asked_about_an_opaque_token(world: World) -> None:
    assert App(world, opaque(world)).get(SEARCH).status_code == 401
    assert questions(world) == 0


def test_a_refused_opaque_token_stands_in_no_log(
    world_with: WorldWith, capsys: pytest.CaptureFixture[str]
) -> None:
    """Threat T22."""
    world = with_opaque_tokens(world_with, "opaque")
    token = secrets.token_urlsafe(32)

    answer = App(world, token).get(SEARCH)

    printed = capsys.readouterr()
    assert "refused" in printed.out + printed.err
    assert token not in printed.out + printed.err + answer.text


def test_another_word_for_the_form_of_tokens_is_refused(world_with: WorldWith) -> None:
    with pytest.raises(ClinicsUnreadable, match=r"api\.tokens"):
        world_with(f'[clinic.{CLINIC}.api]\ntokens = "paper"\n')
