"""One question to a token endpoint, and its answer read with care (SMART A-60, A-70 to A-78, A-91, D-10, D-11)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2

from service.smart.addresses import discovered
from service.smart.clocks import EXPLAINS, OtherClock, difference, in_words
from service.smart.exchange import Answer, ExchangeFailed, Limits, send
from service.smart.fhir_id import is_id
from service.smart.problems import ClocksDiffer, ServerSilent, TokenRefused
from service.smart.registration import ClientKind, Registration, prove_client
from service.smart.strict_json import NotStrict

_LIMITS = Limits(seconds=15.0, max_bytes=256 * 1024)
_WITHOUT_A_WORD_SECONDS = 300
_LONGEST_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[!-~]{1,16384}")  # RFC 6750 § 2.1 and RFC 6749 appendix A: visible ASCII
_SCOPE = re.compile(r"[ !-~]{0,16384}")
# RFC 6749 § 5.2, and what SMART servers add for launches. Anything else becomes "other".
ERROR_CODES = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "access_denied",
        "unsupported_response_type",
        "server_error",
        "temporarily_unavailable",
        "login_required",
        "consent_required",
        "interaction_required",
        "account_selection_required",
        "invalid_target",
        "invalid_launch",
    }
)
_RELATIVE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}")
_MOST_CONTEXT = 50


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One entry of fhirContext (A-76): at least one of a relative reference, a canonical and an identifier."""

    reference: str | None = None
    canonical: str | None = None
    identifier: tuple[str, str] | None = None
    type: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What a token endpoint granted. `patient` and `encounter` are bare ids; tokens never show in a representation."""

    access_token: str = field(repr=False)
    expires_at: datetime
    scope: str
    patient: str | None = None
    encounter: str | None = None
    need_patient_banner: bool = True
    smart_style_url: str | None = None
    id_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    intent: str | None = None
    tenant: str | None = None
    fhir_context: tuple[ContextItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks and with what means: our registration, the HTTP client, the clock and the source of chance.

    `their_clock` is told of the Date of each answer.
    """

    registration: Registration
    http: httpx2.Client
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    algorithms: Sequence[str] = ()
    their_clock: OtherClock | None = None


def ask_for_token(
    caller: Caller, token_endpoint: str, form: Mapping[str, str], *, iss: str, strict: bool = False
) -> TokenAnswer:
    """POST one grant and read the answer; TokenRefused with a code of ERROR_CODES, or ServerSilent.

    With `strict` a missing expires_in is refused (D-11). `iss` is the FHIR base the answer is about.
    """
    asked_at = caller.clock()
    answer = _post(caller, token_endpoint, form, asked_at)
    if answer.status in (429, 503) or answer.status >= 500:
        raise ServerSilent("server-error")
    if answer.status not in (200, 201):
        raise _refused(caller, answer)
    try:
        return _read(answer.json_object(), asked_at, iss, strict=strict)
    except NotStrict as error:
        raise TokenRefused("not-json") from error


def revoke(caller: Caller, revocation_endpoint: str, token: str, hint: str) -> bool:
    """Ask the server to revoke a token (RFC 7009); whether it said yes. Never raises: signing out must not fail."""
    form = {"token": token, "token_type_hint": hint}
    try:
        return _post(caller, revocation_endpoint, form, caller.clock()).status == 200
    except ServerSilent:
        return False


def known_error(code: object) -> str:
    """An error code from the fixed list, or "other": a stranger's word never goes further."""
    return code if isinstance(code, str) and code in ERROR_CODES else "other"


def _post(caller: Caller, url: str, form: Mapping[str, str], now: datetime) -> Answer:
    proof = prove_client(
        caller.registration, url, now=now, random=caller.random, algorithms=caller.algorithms
    )
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        **proof.headers,
    }
    body = urlencode({**form, **proof.fields}).encode()
    try:
        answer = send(caller.http, "POST", url, headers=headers, content=body, limits=_LIMITS)
    except ExchangeFailed as error:
        raise ServerSilent(error.reason) from error
    if caller.their_clock is not None:
        caller.their_clock.told(answer.headers.get("date"))
    return answer


def _refused(caller: Caller, answer: Answer) -> TokenRefused:
    """Why we were refused: a proof that is signed for a time is worth nothing where clocks differ (F23)."""
    ahead = difference(answer.headers.get("date"), caller.clock())
    is_timed = caller.registration.kind is ClientKind.ASYMMETRIC
    if is_timed and ahead is not None and abs(ahead) >= EXPLAINS:
        return ClocksDiffer(in_words(ahead))
    return TokenRefused(_error_code(answer))


def _error_code(answer: Answer) -> str:
    try:
        return known_error(answer.json_object().get("error"))
    except NotStrict:
        return "other"


def _read(members: Mapping[str, Any], now: datetime, iss: str, *, strict: bool) -> TokenAnswer:
    if str(members.get("token_type", "")).lower() != "bearer":
        raise TokenRefused("token-type")
    scope = members.get("scope")
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
        raise TokenRefused("no-scope")
    banner = members.get("need_patient_banner")
    return TokenAnswer(
        access_token=_required_token(members),
        expires_at=now + timedelta(seconds=_life(members, strict=strict)),
        scope=scope,
        patient=_context_id(members, "patient"),
        encounter=_context_id(members, "encounter"),
        need_patient_banner=banner is not False,  # absent or strange: show who the patient is
        smart_style_url=_style_url(members, iss),
        id_token=_token(members, "id_token"),
        refresh_token=_token(members, "refresh_token"),
        intent=_short_text(members.get("intent")),
        tenant=_short_text(members.get("tenant")),
        fhir_context=_context(members.get("fhirContext")),
    )


def _required_token(members: Mapping[str, Any]) -> str:
    token = _token(members, "access_token")
    if token is None:
        raise TokenRefused("no-access-token")
    return token


def _token(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise TokenRefused(name.replace("_", "-"))
    return value


def _life(members: Mapping[str, Any], *, strict: bool) -> float:
    value = members.get("expires_in")
    if value is None and not strict:
        return _WITHOUT_A_WORD_SECONDS
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise TokenRefused("expires-in")
    return min(float(value), _LONGEST_SECONDS) if value < _LONGEST_SECONDS else _LONGEST_SECONDS


def _context_id(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not is_id(value):
        raise TokenRefused(name)
    return value


def _style_url(members: Mapping[str, Any], iss: str) -> str | None:
    """Only on the host of the record system itself (A-75)."""
    url = members.get("smart_style_url")
    absolute = discovered(iss, url, loopback_allowed=True)
    own = httpx2.URL(iss)
    return absolute if absolute and httpx2.URL(absolute).host == own.host else None


def _short_text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _context(value: object) -> tuple[ContextItem, ...]:
    # 2.0 sent plain strings here; what has not the form of 2.2 is left out, never guessed at (C-28).
    if not isinstance(value, list):
        return ()
    items = (_context_item(entry) for entry in value[:_MOST_CONTEXT] if isinstance(entry, dict))
    return tuple(item for item in items if item is not None)


def _context_item(entry: Mapping[str, Any]) -> ContextItem | None:
    reference = entry.get("reference")
    canonical = entry.get("canonical")
    item = ContextItem(
        reference=reference if isinstance(reference, str) and _RELATIVE.fullmatch(reference) else None,
        canonical=canonical if isinstance(canonical, str) and canonical.startswith("http") else None,
        identifier=_identifier(entry.get("identifier")),
        type=_short_text(entry.get("type")),
        role=_short_text(entry.get("role")),
    )
    return item if item.reference or item.canonical or item.identifier else None


def _identifier(value: object) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    system, text = value.get("system", ""), value.get("value")
    return (system, text) if isinstance(system, str) and isinstance(text, str) else None
