"""The app launch, from the first redirect to the token, and its renewal (SMART A-10 to A-94; threat T21).

`begin` makes what the browser is sent to and what must be remembered for at most ten minutes; `finish` takes
what came back. The caller keeps a PendingLaunch sealed, bound to the browser, and takes it out exactly once.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from service.smart.discovery import SmartConfiguration
from service.smart.problems import DiscoveryFailed, LaunchExpired, LaunchRefused, StateMismatch, TokenRefused
from service.smart.registration import Registration
from service.smart.scopes import parse
from service.smart.token_endpoint import Caller, TokenAnswer, ask_for_token, known_error

__all__ = [
    "LAUNCH_LIFE",
    "Caller",
    "LaunchBegun",
    "PendingLaunch",
    "Registration",
    "Returned",
    "TokenAnswer",
    "begin",
    "finish",
    "refresh",
]

LAUNCH_LIFE = timedelta(minutes=10)
_STATE_BYTES = 32  # 256 bits; A-42 asks for 122
_VERIFIER_BYTES = 48  # 64 characters, within the 43 to 128 of RFC 7636 § 4.1
_CODE = re.compile(r"[!-~]{1,4096}")
_OURS = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "aud",
        "nonce",
        "launch",
        "code_challenge",
        "code_challenge_method",
    }
)


@dataclass(frozen=True, slots=True)
class PendingLaunch:
    """What must be remembered between the redirect and the return; the verifier never leaves the server (A-44)."""

    iss: str
    token_endpoint: str
    client_id: str
    redirect_uri: str
    scope: str
    begun_at: datetime
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    names_issuer_in_answer: bool = False


@dataclass(frozen=True, slots=True)
class LaunchBegun:
    """Where to send the browser, and what to remember."""

    authorize_url: str = field(repr=False)
    pending: PendingLaunch


@dataclass(frozen=True, slots=True)
class Returned:
    """The query with which the browser came back; `iss` as in RFC 9207."""

    state: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = field(default=None, repr=False)
    iss: str | None = None


def begin(
    configuration: SmartConfiguration,
    registration: Registration,
    *,
    redirect_uri: str,
    scope: str,
    launch: str | None,
    now: datetime,
    random: Callable[[int], bytes],
) -> LaunchBegun:
    """Start an EHR launch (with the opaque `launch` value) or a standalone launch (None).

    `aud` is the `iss` of the configuration, letter for letter (A-41). DiscoveryFailed without an authorization
    endpoint.
    """
    if configuration.authorization_endpoint is None:
        raise DiscoveryFailed("authorization-endpoint")
    pending = PendingLaunch(
        iss=configuration.iss,
        token_endpoint=configuration.token_endpoint,
        client_id=registration.client_id,
        redirect_uri=redirect_uri,
        scope=scope,
        begun_at=now,
        state=_letters(random(_STATE_BYTES)),
        nonce=_letters(random(_STATE_BYTES)),
        verifier=_letters(random(_VERIFIER_BYTES)),
        names_issuer_in_answer=configuration.names_issuer_in_answer,
    )
    return LaunchBegun(_authorize_url(configuration.authorization_endpoint, pending, launch), pending)


def finish(
    pending: PendingLaunch, returned: Returned, caller: Caller, *, issuer: str | None = None
) -> TokenAnswer:
    """Exchange the code for a token. The caller has taken `pending` out of its keeping, so it serves once (A-52).

    StateMismatch, LaunchExpired or LaunchRefused come before any request is made (A-43); TokenRefused or
    ServerSilent from the token endpoint. `issuer` is the clinic's, compared with RFC 9207's parameter.
    """
    code = _checked_code(pending, returned, caller.clock(), issuer)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": pending.redirect_uri,
        "code_verifier": pending.verifier,
    }
    return ask_for_token(caller, pending.token_endpoint, form, iss=pending.iss)


def refresh(
    before: TokenAnswer, caller: Caller, *, token_endpoint: str, iss: str, scope: str | None = None
) -> TokenAnswer:
    """A new token by refresh token; the answer always holds the refresh token to keep from now on (A-91, A-92).

    TokenRefused where the server refuses, answers for another patient, or grants more than it did before.
    The caller sees to it that one refresh token is used once, by one process (A-93).
    """
    if before.refresh_token is None:
        raise TokenRefused("no-refresh-token")
    form = {"grant_type": "refresh_token", "refresh_token": before.refresh_token}
    if scope is not None:
        form["scope"] = scope
    # Only a first answer may leave its length of life out.
    after = ask_for_token(caller, token_endpoint, form, iss=iss, strict=True)
    if not parse(before.scope).covers(parse(after.scope)):
        raise TokenRefused("wider-than-before")
    if after.patient not in (None, before.patient):
        raise TokenRefused("other-patient")
    return replace(
        after,
        patient=before.patient,
        encounter=after.encounter or before.encounter,
        refresh_token=after.refresh_token or before.refresh_token,
    )


def _authorize_url(endpoint: str, pending: PendingLaunch, launch: str | None) -> str:
    parts = urlsplit(endpoint)
    # Parameters that the server's own address carries stay, unless they would contradict ours.
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _OURS]
    challenge = _letters(hashlib.sha256(pending.verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": pending.client_id,
        "redirect_uri": pending.redirect_uri,
        "scope": pending.scope,
        "state": pending.state,
        "aud": pending.iss,
        "nonce": pending.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if launch is not None:
        asked["launch"] = launch
    return urlunsplit(parts._replace(query=urlencode([*kept, *asked.items()])))


def _checked_code(pending: PendingLaunch, returned: Returned, now: datetime, issuer: str | None) -> str:
    if not _same(returned.state, pending.state):
        raise StateMismatch("state")
    if not pending.begun_at <= now < pending.begun_at + LAUNCH_LIFE:
        raise LaunchExpired("too-late")
    _check_issuer(pending, returned, issuer)
    if returned.error is not None:
        raise LaunchRefused(known_error(returned.error))
    if returned.code is None or not _CODE.fullmatch(returned.code):
        raise LaunchRefused("no-code")
    return returned.code


def _check_issuer(pending: PendingLaunch, returned: Returned, issuer: str | None) -> None:
    """RFC 9207 § 2.4: an answer from another server than the one asked is a mix-up attack."""
    if returned.iss is None and not pending.names_issuer_in_answer:
        return
    if issuer is not None and not _same(returned.iss, issuer):
        raise StateMismatch("issuer")


def _same(given: str | None, wanted: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
