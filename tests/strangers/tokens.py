"""A token as an app without a page gets it: the patient signs in, the server hands out a code, PKCE proves the rest."""

import base64
import hashlib
import secrets
from contextlib import closing
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from service.cli.walking import Walker
from tests.strangers.house import APP, SCOPES, House
from tests.strangers.patients import Stranger


def token_for(house: House, patient: Stranger, audience: str) -> str:
    """The patient's token for this FHIR base; ValueError with the server's word where it gives none."""
    verifier = secrets.token_urlsafe(48)
    with closing(Walker()) as walker:
        page = walker.open(f"{house.sandbox}/sign-in?next=/portal/")
        walker.press(page, patient.name, person=f"Patient/{patient.id}")
        asked = _asked(house, audience, verifier)
        back = walker.way_back(f"{house.sandbox}/auth/authorize?{urlencode(asked)}", house.redirect)
    told = parse_qs(urlsplit(back).query)
    if "code" not in told:
        raise ValueError(told.get("error", ["no code"])[0])
    form = {"grant_type": "authorization_code", "code": told["code"][0], "redirect_uri": house.redirect}
    form |= {"client_id": APP, "code_verifier": verifier}
    answer = httpx2.post(f"{house.sandbox}/auth/token", data=form, trust_env=False, timeout=30.0)
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _asked(house: House, audience: str, verifier: str) -> dict[str, str]:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": house.redirect,
        "scope": SCOPES.replace("launch ", "", 1),
        "state": secrets.token_urlsafe(24),
        "aud": audience,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
