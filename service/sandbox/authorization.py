"""The authorization server: Authlib's grants, taught what SMART App Launch asks for beyond OAuth 2.

Authlib keeps the order of the checks. What is our own here: `aud`, `state` and S256 must be there, a launch
must be genuine, the token response carries the launch context, and codes and refresh tokens are spent in the
database before a token leaves the house.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from service.sandbox.approvals import Approval, Approvals, Code, RefreshToken
from service.sandbox.client_keys import AssertionCheck
from service.sandbox.clients import Client
from service.sandbox.config import SandboxConfig
from service.sandbox.launches import Launches
from service.sandbox.scopes import covered, resource_scopes
from service.sandbox.token_endpoints import Introspection, Revocation
from service.sandbox.tokens import BACKEND_SECONDS, Tokens

ALL_PROOFS = ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"]
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
ONCE = ("aud", "resource", "launch", "nonce", "code_challenge", "code_challenge_method")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person said yes to on our pages: who, which scopes, on which chart."""

    fhir_user: str
    subject: str
    scopes: tuple[str, ...]
    patient: str | None
    encounter: str | None
    banner: bool


class OurAddressRequest(FlaskOAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """Flask's request under the address that this record system is known by.

    Authlib refuses what did not come by https; behind a proxy only the configured address tells.
    """

    def __init__(self, request: flask.Request, base_url: str) -> None:
        OAuth2Request.__init__(self, request.method, f"{base_url}{request.path}", headers=request.headers)
        self._request = request
        self.payload = FlaskOAuth2Payload(request)


class SmartServer(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Authlib's server with the sandbox's memories at hand for its grants."""

    def __init__(
        self,
        config: SandboxConfig,
        approvals: Approvals,
        launches: Launches,
        tokens: Tokens,
        proof: AssertionCheck,
    ) -> None:
        super().__init__()
        self.config = config
        self.approvals = approvals
        self.launches = launches
        self.tokens = tokens
        self.register_client_auth_method("private_key_jwt", proof)
        self.register_token_generator("default", self.person_token)
        self.register_token_generator("client_credentials", self.backend_token)
        self.register_grant(SmartCodeGrant, [SmartChallenge(required=True), SmartParameters()])
        self.register_grant(SmartRefreshGrant)
        self.register_grant(BackendGrant)
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> Client | None:
        """The registered app of that client_id."""
        app = self.config.app(client_id)
        return None if app is None else Client(app)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Nothing to keep: a token names its approval, and that is kept already."""

    def create_oauth2_request(self, request: OAuth2Request | None) -> OAuth2Request:
        """Flask's current request, unless a request that was kept is continued."""
        return OurAddressRequest(flask.request, self.config.base_url) if request is None else request

    def kept_request(self, parameters: dict[str, str]) -> OAuth2Request:
        """An authorize request made again from its parameters."""
        request = OAuth2Request("GET", f"{self.config.base_url}/auth/authorize")
        request.payload = BasicOAuth2Payload(parameters)
        return request

    def person_token(self, *, grant_type: str, user: Approval, scope: str, **_: Any) -> dict[str, Any]:
        """The token response for an app with a person in front of it, context included (SMART, launch context)."""
        token: dict[str, Any] = {
            "access_token": self.tokens.access_for_person(user, scope),
            "token_type": "Bearer",
            "expires_in": self.config.token_seconds,
            "scope": scope,
            **self.looks(user),
        }
        context = {"patient": user.patient, "encounter": user.encounter}
        token |= {name: value for name, value in context.items() if value is not None}
        if grant_type == "authorization_code" and "openid" in user.scopes:
            token["id_token"] = self.tokens.identity(user)
        if {"online_access", "offline_access"} & user.scopes:
            token["refresh_token"] = self.approvals.new_refresh_token(user)
        return token

    def looks(self, approval: Approval) -> dict[str, Any]:
        """The part of the launch context that says how an app shall look."""
        return {
            "need_patient_banner": approval.banner,
            "smart_style_url": f"{self.config.base_url}/static/smart-style.json",
        }

    def backend_token(self, *, client: Client, scope: str, **_: Any) -> dict[str, Any]:
        """The token response for a backend service: never a refresh token (SMART, backend services)."""
        return {
            "access_token": self.tokens.access_for_backend(client.client_id, scope),
            "token_type": "Bearer",
            "expires_in": BACKEND_SECONDS,
            "scope": scope,
        }


class SmartChallenge(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """Proof keys for everyone, public or not, and S256 alone (SMART App Launch 2.2: "plain" SHALL NOT be)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's own shape

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, _result: None) -> None:
        """Refuse a request without an S256 challenge."""
        data = grant.request.payload.data
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if not CHALLENGE.fullmatch(data.get("code_challenge") or ""):
            raise InvalidRequestError("The code_challenge must be a SHA-256 in base64url.")


class SmartParameters:
    """What SMART demands of an authorize request beyond OAuth: `state`, `aud`, and a launch that is genuine."""

    def __call__(self, grant: AuthorizationCodeGrant) -> None:
        """Authlib's way of adding a check to a grant."""
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: SmartCodeGrant, _result: None) -> None:
        """Raise `InvalidRequestError` for the first thing that is missing."""
        data, server = grant.request.payload.data, grant.server
        if any(len(grant.request.payload.datalist.get(name, [])) > 1 for name in ONCE):
            raise InvalidRequestError("A parameter was sent more than once.")
        if not data.get("state"):
            raise InvalidRequestError("Missing 'state' in request.")
        if not server.config.accepts_audience(audience(data)):
            raise InvalidRequestError("The 'aud' must be the FHIR base URL of this record system.")
        self._check_launch(data, grant.request.scope.split(), server, grant.request.client)

    def _check_launch(
        self, data: dict[str, str], scopes: list[str], server: SmartServer, client: Client
    ) -> None:
        if ("launch" in scopes) != bool(data.get("launch")):
            raise InvalidRequestError("The scope 'launch' and the parameter 'launch' belong together.")
        if data.get("launch") and server.launches.find(data["launch"], client.client_id) is None:
            raise InvalidRequestError("This launch is unknown, used or too old.")


def audience(data: dict[str, str]) -> str:
    """The resource server that a request names, by `aud` or by its synonym `resource`; "" when they differ."""
    names = {data[name] for name in ("aud", "resource") if data.get(name)}
    return names.pop() if len(names) == 1 else ""


class SmartCodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """The authorization code, with its context."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_PROOFS

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: Client) -> str:
        """The registered redirect URI that was named; the refusal repeats nothing of what was sent."""
        named: str = request.payload.redirect_uri or ""
        if not client.check_redirect_uri(named):
            raise InvalidRequestError("The redirect_uri is not registered for this app.")
        return named

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Open the approval that the person agreed to; a launch is used up with it."""
        agreed: Agreement = request.user
        data = request.payload.data
        if (
            data.get("launch")
            and self.server.launches.spend(data["launch"], request.client.client_id) is None
        ):
            raise AccessDeniedError("This launch has been used.", redirect_uri=data["redirect_uri"])
        approval = Approval(
            id=secrets.token_urlsafe(16),
            client_id=request.client.client_id,
            subject=agreed.subject,
            fhir_user=agreed.fhir_user,
            scope=" ".join(agreed.scopes),
            audience=audience(data),
            patient=agreed.patient,
            encounter=agreed.encounter,
            banner=agreed.banner,
            nonce=data.get("nonce"),
        )
        self.server.approvals.open(approval, code, data["redirect_uri"], data["code_challenge"])

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """The code, if it is this client's, unused and young."""
        found: Code | None = self.server.approvals.code(code, client.client_id)
        return found

    def authenticate_user(self, authorization_code: Code) -> Approval:
        """The approval behind the code."""
        return authorization_code.approval

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Spend the code; of two requests at the same instant only one gets its tokens, and they do not live."""
        if not self.server.approvals.spend(authorization_code.text):
            raise InvalidGrantError("Invalid 'code' in request.")


class SmartRefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """Refresh with rotation: every use gives a new refresh token and spends the old one."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_PROOFS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        """The refresh token, if it is this client's, unused and young."""
        client: Client = self.request.client
        found: RefreshToken | None = self.server.approvals.refresh_token(refresh_token, client.client_id)
        return found

    def _validate_token_scope(self, token: RefreshToken) -> None:
        """Fewer scopes may be asked for, by meaning and not by spelling (RFC 6749 section 6)."""
        asked = (self.request.payload.scope or "").split()
        if not all(covered(scope, token.approval.scopes) for scope in asked):
            raise InvalidScopeError()

    def authenticate_user(self, refresh_token: RefreshToken) -> Approval:
        """The approval behind the refresh token."""
        return refresh_token.approval

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Spend the refresh token; when two come at once the approval ends, since one of them was a copy."""
        if not self.server.approvals.spend(refresh_token.text):
            raise InvalidGrantError()


class BackendGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Client credentials for backend services, proven with a private key only."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["private_key_jwt"]  # noqa: RUF012 - Authlib's own shape

    def validate_requested_scope(self) -> None:
        """Take what is registered of the asked scopes; `invalid_scope` when nothing is left."""
        granted = self.request.client.get_allowed_scope(self.request.payload.scope)
        if granted is None or not resource_scopes(granted.split()):
            raise InvalidScopeError()
        self.request.scope = granted

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The token with what was granted, where Authlib would repeat what was asked."""
        token = self.generate_token(scope=self.request.scope, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER
