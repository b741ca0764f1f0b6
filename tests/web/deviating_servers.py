"""An authorization server that plays false at each step of a sign-in, and what a stranger does to the way back.

Each deviation is one change to what a real record system said: its documents, its token answer, the identity token
(signed with its own true key), or the address by which the browser returns. Nothing else of the launch differs.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc.jwk import RSAKey

from tests.proofs.forger import part, signed
from tests.smart.forgeries import b64
from tests.world import CLINIC, EHR, OTHER_EHR, Meddler, World

Members = dict[str, Any]
Change = Callable[[World, Members], Members | bytes]
EVIL = "https://evil.example"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the wire makes of one answer: the path it belongs to, and how its members are changed."""

    path: str
    change: Change
    status: int = 200
    headers: Mapping[str, str] | None = None

    def meddler(self, world: World) -> Meddler:
        """Stands on the wire and changes this one answer."""

        def meddle(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
            if not request.url.path.endswith(self.path):
                return carry()
            true = carry()
            true.read()
            said = self.change(world, json.loads(true.content))
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            headers = {"Content-Type": "application/json", **(self.headers or {})}
            return httpx2.Response(self.status, headers=headers, stream=httpx2.ByteStream(body))

        return meddle


def _with(**members: Any) -> Change:
    """Members put differently; ... takes one away."""
    return lambda _, true: {name: value for name, value in (true | members).items() if value is not ...}


def token_says(status: int = 200, headers: Mapping[str, str] | None = None, **members: Any) -> Answered:
    return Answered("/auth/token", _with(**members), status, headers)


def token_is(body: bytes) -> Answered:
    return Answered("/auth/token", lambda _, __: body)


def identity_says(header: Members | None = None, **claims: Any) -> Answered:
    """The identity token with other claims, truly signed by the record system's own key."""

    def change(world: World, true: Members) -> Members:
        shown, said = _parts(true["id_token"])
        told = {name: value for name, value in (said | claims).items() if value is not ...}
        key: RSAKey = world.sandboxes[CLINIC].parts.tokens.keys.identity
        return true | {"id_token": signed(shown | (header or {}), told, "RS256", key)}

    return Answered("/auth/token", change)


def identity_is(make: Callable[[World, Members], Any]) -> Answered:
    """Another thing in the place of the identity token."""
    return Answered("/auth/token", lambda world, true: true | {"id_token": make(world, true)})


def _parts(token: str) -> tuple[Members, Members]:
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
    return header, claims


def _by_another_key(world: World, true: Members) -> str:
    header, claims = _parts(true["id_token"])
    return signed(header, claims, "RS256", RSAKey.generate_key(2048))


def _by_the_public_key(world: World, true: Members) -> str:
    """HS256, with the public key that everybody knows as the secret."""
    public = world.sandboxes[CLINIC].parts.tokens.keys.identity.as_pem(private=False)
    shown = _shown(true, "HS256")
    return f"{shown}.{b64(hmac.digest(public, shown.encode(), 'sha256'))}"


def _unsigned(_: World, true: Members) -> str:
    return f"{_shown(true, 'none')}."


def _shown(true: Members, algorithm: str) -> str:
    """What is signed: the true token's claims under another algorithm's name."""
    header, claims = _parts(true["id_token"])
    return f"{part(header | {'alg': algorithm})}.{part(claims)}"


def _another_persons(_: World, true: Members) -> Members:
    return true | {"patient": "patient-two-in"}


TOKEN_ANSWERS: dict[str, Answered] = {
    "no access token": token_says(access_token=...),
    "an access token that is none": token_says(access_token=None),
    "an empty access token": token_says(access_token=""),
    "an access token with a line break": token_says(access_token="x\r\nX-Evil: 1"),
    "no token type": token_says(token_type=...),
    "another token type": token_says(token_type="mac"),
    "no scope": token_says(scope=...),
    "scope as a list": token_says(scope=["openid"]),
    "an end that is a text": token_says(expires_in="900"),
    "an end before the beginning": token_says(expires_in=-5),
    "a patient with a way up": token_says(patient="../Binary/1"),
    "a patient that is an address": token_says(patient=f"{EVIL}/Patient/1"),
    "a patient that is a list": token_says(patient=["patient-six-done"]),
    "no patient": token_says(patient=...),
    "another person's patient": Answered("/auth/token", _another_persons),
    "a visit with a query": token_says(encounter="e?x=1"),
    "a refresh token that is a number": token_says(refresh_token=7),
    "an error under a good body": token_says(400, error="invalid_grant"),
    "an error of its own": token_says(401, error="<script>alert(1)</script>"),
    "a redirect": token_says(302, {"Location": f"{EVIL}/token"}),
    "a redirect that keeps the form": token_says(307, {"Location": f"{EVIL}/token"}),
    "a fault of its own": token_says(500),
    "too many asked": token_says(429, {"Retry-After": "9"}),
    "no JSON": token_is(b"access_token=x&token_type=bearer"),
    "a sign-in page": token_is(b"<html>"),
    "nothing at all": token_is(b""),
    "one member twice": Answered("/auth/token", lambda _, m: json.dumps(m)[:-1].encode() + b', "patient": "p"}'),
    "no number": Answered("/auth/token", lambda _, m: json.dumps(m)[:-1].encode() + b', "x": NaN}'),
    "more than anybody reads": token_is(b'{"x": "' + b"x" * 300_000 + b'"}'),
}  # fmt: skip

IDENTITIES: dict[str, Answered] = {
    "no identity": token_says(id_token=...),
    "an identity that is an object": token_says(id_token={"sub": "x"}),
    "the access token as identity": identity_is(lambda _, true: true["access_token"]),
    "an identity by another key": identity_is(_by_another_key),
    "an identity by the public key as a secret": identity_is(_by_the_public_key),
    "an identity that nobody signed": identity_is(_unsigned),
    "an identity with its end cut off": identity_is(lambda _, true: true["id_token"][:-4]),
    "another nonce": identity_says(nonce="n-of-another-launch"),
    "no nonce": identity_says(nonce=...),
    "the nonce in a list": identity_says(nonce=["n"]),
    "another issuer": identity_says(iss=EVIL),
    "the other clinic's issuer": identity_says(iss=OTHER_EHR),
    "the issuer with a slash": identity_says(iss=f"{EHR}/"),
    "for another app": identity_says(aud="journal-clinician"),
    "for two apps, and for whom is not said": identity_says(aud=["journal-patient", "other"]),
    "for two apps, and for the other": identity_says(aud=["journal-patient", "other"], azp="other"),
    "for us, authorized for another": identity_says(azp="other"),
    "ended": identity_says(exp=1_700_000_000),
    "without an end": identity_says(exp=...),
    "made in the future": identity_says(iat=9_999_999_999),
    "without a beginning": identity_says(iat=...),
    "without a subject": identity_says(sub=...),
    "beside another access token": identity_says(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "typed as an access token": identity_says({"typ": "at+jwt"}),
    "with a key in its own header": identity_says({"jwk": {"kty": "RSA"}}),
    "with an address of keys in its header": identity_says({"jku": f"{EVIL}/jwks"}),
    "by a key that nobody knows": identity_says({"kid": "unknown"}),
    "with a critical word that nobody knows": identity_says({"crit": ["x"], "x": 1}),
    "of nobody": identity_says(fhirUser=...),
    "of another patient": identity_says(fhirUser=f"{EHR}/fhir/Patient/patient-two-in"),
    "of the same patient elsewhere": identity_says(fhirUser=f"{OTHER_EHR}/fhir/Patient/patient-six-done"),
    "of a relative": identity_says(fhirUser=f"{EHR}/fhir/RelatedPerson/patient-six-done"),
    "of a clinician": identity_says(fhirUser=f"{EHR}/fhir/Practitioner/clinician-1"),
}  # fmt: skip

_CONFIGURATION = "/fhir/.well-known/smart-configuration"
_ISSUER = "/.well-known/openid-configuration"


def _document(path: str, status: int = 200, **members: Any) -> Answered:
    return Answered(path, _with(**members), status)


DOCUMENTS: dict[str, Answered] = {
    "no challenge methods": _document(_CONFIGURATION, code_challenge_methods_supported=...),
    "plain challenges alone": _document(_CONFIGURATION, code_challenge_methods_supported=["plain"]),
    "S256 as a text": _document(_CONFIGURATION, code_challenge_methods_supported="S256"),
    "no authorization endpoint": _document(_CONFIGURATION, authorization_endpoint=...),
    "an authorization endpoint in script": _document(_CONFIGURATION, authorization_endpoint="javascript:x"),
    "an authorization endpoint of data": _document(_CONFIGURATION, authorization_endpoint="data:text/html,x"),
    "an authorization endpoint in the clear": _document(
        _CONFIGURATION, authorization_endpoint="http://evil.example/authorize"
    ),
    "no token endpoint": _document(_CONFIGURATION, token_endpoint=...),
    "a token endpoint in the clear": _document(_CONFIGURATION, token_endpoint="http://evil.example/token"),
    "a token endpoint inside": _document(_CONFIGURATION, token_endpoint="https://169.254.169.254/token"),
    "a token endpoint that is a file": _document(_CONFIGURATION, token_endpoint="file:///etc/passwd"),
    "no capabilities": _document(_CONFIGURATION, capabilities=...),
    "a redirect": _document(_CONFIGURATION, 302),
    "not found": _document(_CONFIGURATION, 404),
    "keys of another issuer": _document(_ISSUER, issuer=EVIL),
    "keys of no issuer": _document(_ISSUER, issuer=...),
    "keys inside": _document(_ISSUER, jwks_uri="https://169.254.169.254/jwks"),
    "keys nowhere": _document(_ISSUER, jwks_uri=...),
}  # fmt: skip

RETURNS: dict[str, dict[str, str | None]] = {
    "no state": {"state": None},
    "an empty state": {"state": ""},
    "a state of nobody's": {"state": "x" * 43},
    "no code": {"code": None},
    "an empty code": {"code": ""},
    "a code with a blank": {"code": "a b"},
    "a code of nobody's": {"code": "x" * 30},
    "a code with a line break": {"code": "c\r\nX: y"},
    "an error": {"error": "access_denied"},
    "an error in place of the code": {"code": None, "error": "server_error"},
    "an error with a script": {"error": "<script>alert(1)</script>"},
    "the issuer of somebody else": {"iss": EVIL},
    "the other clinic's issuer": {"iss": OTHER_EHR},
    "an empty issuer": {"iss": ""},
    "the issuer with a slash": {"iss": f"{EHR}/"},
}
