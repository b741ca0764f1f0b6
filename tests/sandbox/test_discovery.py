"""What the sandbox says about itself, and that it is true (C-40 to C-42, B-01 to B-06)."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.sandbox.app import create_sandbox
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

SMART = f"{BASE}/fhir/.well-known/smart-configuration"
OPENID = f"{BASE}/.well-known/openid-configuration"


@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/fhir+json", "*/*"])
def test_the_smart_configuration_is_json_for_everyone(clinic: Clinic, accept: str) -> None:
    answer = clinic.http().get(SMART, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")


def test_the_smart_configuration_has_every_field_with_the_right_type(clinic: Clinic) -> None:
    """T1."""
    found = clinic.http().get(SMART).json()
    assert found["issuer"] == BASE
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert found[name].startswith(f"{BASE}/")
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert {"authorization_code", "client_credentials"} <= set(found["grant_types_supported"])
    assert {"RS384", "ES384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert {"launch-ehr", "launch-standalone", "sso-openid-connect", "permission-v2"} <= set(
        found["capabilities"]
    )
    assert all(isinstance(one, str) for one in found["capabilities"])


def test_every_scope_that_is_listed_can_be_had(clinic: Clinic) -> None:
    listed = clinic.http().get(SMART).json()["scopes_supported"]
    registered = {scope for app in clinic.config.apps for scope in app.scopes.split()}
    assert registered <= set(listed)
    assert "patient/Encounter.sr" not in listed


def test_the_openid_configuration_has_its_required_fields(clinic: Clinic) -> None:
    found = clinic.http().get(OPENID).json()
    assert found["issuer"] == BASE
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert found["response_types_supported"] == ["code"]
    assert found["subject_types_supported"] == ["public"]


def test_the_key_set_holds_public_keys_alone(clinic: Clinic) -> None:
    keys = clinic.http().get(f"{BASE}/auth/jwks").json()["keys"]
    assert sorted(key["kty"] for key in keys) == ["EC", "RSA"]
    assert len({key["kid"] for key in keys}) == 2
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {name for key in keys for name in key}


@pytest.mark.parametrize("path", [SMART, OPENID, f"{BASE}/auth/jwks", f"{BASE}/fhir/metadata"])
def test_public_documents_can_be_read_from_any_origin(clinic: Clinic, path: str) -> None:
    """T2."""
    answer = clinic.http().get(path, headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_app_may_ask_first(clinic: Clinic) -> None:
    """B-07: the question ahead is answered without a token, for registered origins."""
    ahead = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,if-none-exist",
    }
    mine = clinic.http().options(f"{BASE}/fhir/Encounter", headers={"Origin": JOURNAL, **ahead})
    assert mine.status_code == 204
    assert mine.headers["Access-Control-Allow-Origin"] == JOURNAL
    assert "If-None-Exist" in mine.headers["Access-Control-Allow-Headers"]
    foreign = clinic.http().options(
        f"{BASE}/fhir/Encounter", headers={"Origin": "https://elsewhere.example", **ahead}
    )
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert (
        clinic.http().options(f"{BASE}/auth/token", headers={"Origin": JOURNAL, **ahead}).status_code == 204
    )


def test_the_metadata_needs_no_token_and_the_rest_does(clinic: Clinic) -> None:
    assert clinic.http().get(f"{BASE}/fhir/metadata").json()["fhirVersion"] == "4.0.1"
    refused = clinic.http().get(f"{BASE}/fhir/Patient/patient-two-in")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_filing_can_be_switched_off(clinic: Clinic) -> None:
    """The fault switch: a new document is refused with 503 and an OperationOutcome."""
    broken = clinic.restarted(filing=False)
    app = broken.smart_app("backend-app")
    token = app.ask_token(
        {"grant_type": "client_credentials", "scope": "system/DocumentReference.crs"}
    ).json()
    answer = app.http.post(
        f"{BASE}/fhir/DocumentReference",
        json={"resourceType": "DocumentReference"},
        headers={"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/fhir+json"},
    )
    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_keys_and_cookie_secret_can_be_read_by_their_owner_alone(clinic: Clinic) -> None:
    for name in ("signing-keys.json", "cookie-secret"):
        assert (clinic.config.folder / name).stat().st_mode & 0o777 == 0o600


def test_behind_a_proxy_the_configured_address_counts(clinic: Clinic) -> None:
    """The proxy speaks plain http with another name; discovery and the token endpoint stay with ours."""
    config = replace(clinic.config, base_url="https://ehr.example")
    clinic.parts.close()
    http = clinic.beside(create_sandbox(config), config).http()
    inside = "http://10.0.0.7:8090"
    assert (
        http.get(f"{inside}/fhir/.well-known/smart-configuration").json()["issuer"] == "https://ehr.example"
    )
    refused = http.post(f"{inside}/auth/token", data={"grant_type": "client_credentials"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize("base_url", ["http://ehr.example", "http://localhost:8090/", "ehr.example", ""])
def test_an_address_that_oauth_cannot_use_is_refused_at_once(clinic: Clinic, base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url must be https"):
        replace(clinic.config, base_url=base_url)


def test_each_folder_is_a_clinic_of_its_own(clinic: Clinic, tmp_path: Path) -> None:
    """A token of one clinic opens nothing at another with the same address."""
    config = replace(clinic.config, folder=tmp_path / "other")
    other = clinic.beside(create_sandbox(config), config)
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs")
    token = app.exchange(app.code(clinic.visitor("Patient/patient-two-in"))).json()["access_token"]
    app.http = other.http()
    assert app.read("Encounter?patient=patient-two-in", token).status_code == 401
