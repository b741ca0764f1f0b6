"""Counting what stands there at the end, as strangers read it: none of our own tables is asked."""

import base64
import hashlib
import re
import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt

from service.cli.demo_clinic import OWN_APP, OWN_APP_REDIRECT, READER
from service.cli.demo_stack import Stack
from service.cli.walking import LostTheWay, Walker
from service.keyring import SIGNING
from service.smart.signing_keys import load_signing_key

# How a published set says its place in the series (fhir/README.md); a set beside the series has no number.
_OF_THE_SERIES = re.compile(r"/after-infusion-[1-9][0-9]*$")
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was found: the series' sets and prompts, responses, those whose infusion holds, documents, doubles."""

    questionnaires: int
    prompts: int
    responses: int
    linked: int
    documents: int
    duplicates: int


def read_back(stack: Stack, patient: str) -> ReadBack:
    """Count the sets of the series, this patient's responses and their filed documents.

    Which Questionnaires are the series is told by what any stranger sees: their `url` ends in the infusion's number,
    /after-infusion-3. What is published beside them, as the set for later infusions, is not counted.
    """
    with httpx2.Client(trust_env=False, timeout=30.0) as http:
        published = _search(http, f"{stack.fhir_base}/Questionnaire", None)
        responses = _search(
            http,
            f"{stack.fhir_base}/QuestionnaireResponse?patient={patient}&status=completed",
            _own_token(stack, patient),
        )
        chart = _Chart(http, f"{stack.sandbox_url}/fhir", _reader_token(stack))
        documents = chart.documents(patient)
        linked = [one for one in responses if chart.holds(one, patient, documents)]
    sets = [one for one in published if _OF_THE_SERIES.search(one["url"])]
    versions = [one["masterIdentifier"]["value"] for one in documents]
    return ReadBack(
        questionnaires=len({one["url"] for one in sets}),
        prompts=sum(item["type"] == "text" for one in sets for item in one["item"]),
        responses=len(responses),
        linked=len(linked),
        documents=len(set(versions)),
        duplicates=len(versions) - len(set(versions)),
    )


@dataclass(frozen=True, slots=True)
class _Chart:
    """The record system's FHIR server, read with a token of its own."""

    http: httpx2.Client
    base: str
    token: str

    def documents(self, patient: str) -> list[dict[str, Any]]:
        """The patient's current documents that are whole PDFs."""
        found = _search(
            self.http, f"{self.base}/DocumentReference?patient={patient}&status=current", self.token
        )
        return [one for one in found if self._file(one).startswith(b"%PDF-")]

    def holds(self, response: dict[str, Any], patient: str, documents: list[dict[str, Any]]) -> bool:
        """Whether a response names an Encounter of this patient there, and its document stands on the same one."""
        reference = response.get("encounter", {}).get("reference", "")
        encounter = self._read(reference)
        entry = response["identifier"]["value"]
        filed = [one for one in documents if entry in {name["value"] for name in one["identifier"]}]
        return (
            encounter.get("subject", {}).get("reference") == f"Patient/{patient}"
            and len(filed) == 1
            and [one["reference"] for one in filed[0]["context"]["encounter"]] == [reference]
        )

    def _read(self, reference: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.base}/{reference}", headers=_bearer(self.token))
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return found

    def _file(self, document: dict[str, Any]) -> bytes:
        attachment = document["content"][0]["attachment"]
        data = base64.b64decode(attachment["data"])
        # R4's checksum: what came back must be what was said to be filed.
        told = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
        return data if told == attachment["hash"] and len(data) == attachment["size"] else b""


def _search(http: httpx2.Client, url: str, token: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = url
    while following is not None:
        answer = http.get(following, headers=_bearer(token))
        if answer.status_code != 200:
            raise LostTheWay(f"{answer.status_code} at {urlsplit(following).path}")
        bundle = answer.json()
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        following = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), None)
    return found


def _bearer(token: str | None) -> dict[str, str]:
    return {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _own_token(stack: Stack, patient: str) -> str:
    """A token for our own base, by a patient's app at the record system's server: standalone launch with PKCE."""
    with closing(Walker()) as walker:
        return _token_by(walker, stack, patient)


def _token_by(walker: Walker, stack: Stack, patient: str) -> str:
    verifier = secrets.token_urlsafe(48)
    page = walker.open(f"{stack.sandbox_url}/sign-in?next=/portal/")
    words = next(b[2] for f in page.forms for b in f.buttons if b[1] == f"Patient/{patient}")
    walker.press(page, words, person=f"Patient/{patient}")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": OWN_APP,
        "redirect_uri": OWN_APP_REDIRECT,
        "scope": "openid fhirUser launch/patient patient/QuestionnaireResponse.rs",
        "state": secrets.token_urlsafe(24),
        "aud": stack.fhir_base,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    back = walker.way_back(f"{stack.sandbox_url}/auth/authorize?{urlencode(asked)}", OWN_APP_REDIRECT)
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": OWN_APP_REDIRECT}
    return _token(stack, form | {"client_id": OWN_APP, "code_verifier": verifier})


def _reader_token(stack: Stack) -> str:
    key = load_signing_key((stack.folder / "secrets" / SIGNING).read_text())
    expires = int((datetime.now(UTC) + timedelta(minutes=4)).timestamp())
    claims = {
        "iss": READER,
        "sub": READER,
        "aud": f"{stack.sandbox_url}/auth/token",
        "exp": expires,
        "jti": secrets.token_hex(16),
    }
    header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"}
    assertion = jwt.encode(header, claims, key.key, algorithms=[key.algorithm])
    scope = "system/Encounter.rs system/DocumentReference.rs"
    form = {"grant_type": "client_credentials", "scope": scope, "client_assertion_type": _ASSERTION}
    return _token(stack, form | {"client_assertion": assertion})


def _token(stack: Stack, form: dict[str, str]) -> str:
    answer = httpx2.post(f"{stack.sandbox_url}/auth/token", data=form, trust_env=False, timeout=30.0)
    if answer.status_code != 200:
        raise LostTheWay(f"{answer.status_code} at the token endpoint")
    token: str = answer.json()["access_token"]
    return token
