"""An opaque token shown to our own FHIR base: its issuer is asked what it grants (RFC 7662 as SMART profiles it).

SMART B-22 and B-30 to B-32, threat T23. Nothing is accepted without an answer: where none comes the client is told to
try again, since its token may be fine.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from service.r4 import scope_constraints
from service.smart.access_token import (
    LONGEST_LIFE_SECONDS,
    TokenGrant,
    check_contexts,
    check_kind,
    context_id,
    name_digest,
)
from service.smart.compact_form import LONGEST
from service.smart.discovery import Configurations, SmartConfiguration
from service.smart.exchange import ExchangeFailed, Limits, send
from service.smart.fhir_user import relative_person
from service.smart.problems import DiscoveryFailed, ServerSilent, TokenInvalid, UnfitKey
from service.smart.registration import Proof, prove_client
from service.smart.scopes import parse
from service.smart.signed import check_times, require_audience, require_text
from service.smart.strict_json import NotStrict
from service.smart.token_endpoint import Caller

GOOD_FOR = timedelta(seconds=30)  # T23: a revoked token is refused after this time at the latest
REFUSED_FOR = timedelta(seconds=5)  # B-22
MOST_KEPT = 4096
AT_ONCE = 4
_WAIT_SECONDS = 2.0
_LIMITS = Limits(seconds=5.0, max_bytes=64 * 1024)
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 section 2.1
_LONGEST_SCOPE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom a token must be, to be good here: our `base`, or one of the `audiences`, or one of the `clients`.

    `issuer` is who may have issued it; `record_bases` are those below which its person may stand.
    """

    base: str
    issuer: str
    audiences: tuple[str, ...] = ()
    clients: frozenset[str] = frozenset()
    record_bases: tuple[str, ...] = ()


class Introspection:
    """What one clinic's authorization server says about tokens, each answer kept for a moment and shared by threads.

    `caller` holds our backend registration, which must be allowed to ask there; `iss` is the record system.
    """

    def __init__(self, caller: Caller, iss: str, configurations: Configurations, terms: Terms) -> None:
        self._caller = caller
        self._iss = iss
        self._configurations = configurations
        self._terms = terms
        self._kept = _Kept()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def check(self, token: str) -> TokenGrant:
        """What the token grants at our base; TokenInvalid where it is not good here, ServerSilent without an answer."""
        if len(token) > LONGEST or not _TOKEN.fullmatch(token):
            raise TokenInvalid("form")
        name = hashlib.sha256(token.encode()).hexdigest()
        now = self._caller.clock()
        outcome = self._kept.find(name, now)
        if outcome is None:
            outcome = self._judged(token, now)
            self._kept.keep(name, outcome, now)
        if isinstance(outcome, TokenGrant):
            return outcome
        raise TokenInvalid(outcome)

    def _judged(self, token: str, now: datetime) -> TokenGrant | str:
        """The grant, or the reason why there is none."""
        claims = self._ask(token, now)
        try:
            return read(claims, token, self._terms, now)
        except TokenInvalid as problem:
            return problem.reason

    def _ask(self, token: str, now: datetime) -> Mapping[str, Any]:
        # So few at a time that an authorization server which is slow does not hold every thread of ours.
        if not self._turns.acquire(timeout=_WAIT_SECONDS):
            raise ServerSilent("too-many-questions")
        try:
            return self._answer(token, now)
        except (DiscoveryFailed, UnfitKey) as error:
            # Ours to mend, not the client's: its token may be fine.
            raise ServerSilent(error.reason) from error
        finally:
            self._turns.release()

    def _answer(self, token: str, now: datetime) -> Mapping[str, Any]:
        configuration = self._configurations.of(self._iss, for_launch=False)
        try:
            return self._post(configuration, token, now)
        except ServerSilent:
            # The endpoint may have moved since it was discovered.
            self._configurations.forget(self._iss)
            raise

    def _post(self, configuration: SmartConfiguration, token: str, now: datetime) -> Mapping[str, Any]:
        if configuration.introspection_endpoint is None:
            raise ServerSilent("introspection-endpoint")
        proof = self._proof(configuration, now)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **proof.headers,
        }
        form = {"token": token, "token_type_hint": "access_token", **proof.fields}
        try:
            answer = send(
                self._caller.http,
                "POST",
                configuration.introspection_endpoint,
                headers=headers,
                content=urlencode(form).encode(),
                limits=_LIMITS,
            )
        except ExchangeFailed as error:
            raise ServerSilent(error.reason) from error
        if answer.status != 200:
            raise ServerSilent("introspection-status")
        try:
            return answer.json_object()
        except NotStrict as error:
            raise ServerSilent("not-json") from error

    def _proof(self, configuration: SmartConfiguration, now: datetime) -> Proof:
        # The assertion names the token endpoint also here, since that is the audience SMART gives it.
        return prove_client(
            self._caller.registration,
            configuration.token_endpoint,
            now=now,
            random=self._caller.random,
            algorithms=configuration.assertion_algorithms,
        )


def read(claims: Mapping[str, Any], token: str, terms: Terms, now: datetime) -> TokenGrant:
    """What an introspection answer grants here (B-31); TokenInvalid with the first thing that is wrong.

    Scope, client and end must be there. An issuer and an audience, where named, must be right; without an audience
    the client must be one of the clinic's own list (B-20, rule 31). Without `sub` the client speaks for itself.
    """
    if claims.get("active") is not True:
        raise TokenInvalid("inactive")
    _check_kind(claims)
    if claims.get("iss", terms.issuer) != terms.issuer:
        raise TokenInvalid("issuer")
    client_id = require_text(claims, "client_id")
    if "aud" in claims:
        if not {terms.base, *terms.audiences} & set(require_audience(claims)):
            raise TokenInvalid("audience")
    elif client_id not in terms.clients:
        raise TokenInvalid("client")
    expires = check_times(claims, now, LONGEST_LIFE_SECONDS)
    scopes = parse(require_text(claims, "scope", _LONGEST_SCOPE), scope_constraints.OFFERED)
    check_contexts(scopes, claims)
    return TokenGrant(
        issuer=terms.issuer,
        subject=require_text(claims, "sub") if "sub" in claims else client_id,
        client_id=client_id,
        scopes=scopes,
        patient=context_id(claims, "patient"),
        fhir_user=relative_person(claims.get("fhirUser"), terms.record_bases),
        encounter=context_id(claims, "encounter"),
        jti_digest=name_digest(token, terms.issuer, claims),
        expires=datetime.fromtimestamp(expires, UTC),
    )


def _check_kind(claims: Mapping[str, Any]) -> None:
    """A refresh token may be active too, and a token bound to a key is more than a bearer's."""
    check_kind(claims)
    if str(claims.get("token_type", "bearer")).lower() not in ("bearer", "access_token"):
        raise TokenInvalid("not-an-access-token")


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: TokenGrant | str
    asked: datetime
    until: datetime


class _Kept:
    """The newest answers by the token's digest, at most MOST_KEPT; the oldest makes room."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: str, now: datetime) -> TokenGrant | str | None:
        """The outcome that still counts at this instant; a clock that was put back ends it as well."""
        with self._lock:
            kept = self._answers.get(name)
        return kept.outcome if kept is not None and kept.asked <= now < kept.until else None

    def keep(self, name: str, outcome: TokenGrant | str, asked: datetime) -> None:
        """Keep an outcome from the instant at which it was asked for, never beyond the token's own end."""
        until = asked + REFUSED_FOR
        if isinstance(outcome, TokenGrant):
            until = min(asked + GOOD_FOR, outcome.expires)
        with self._lock:
            self._answers[name] = _Answer(outcome, asked, until)
            self._answers.move_to_end(name)
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
