"""What a record system says about its sign-in: `.well-known/smart-configuration` (SMART A-30 to A-35, A-81)."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx2

from service.smart.addresses import discovered, may_call
from service.smart.exchange import Answer, ExchangeFailed, Limits, send
from service.smart.problems import DiscoveryFailed, ServerSilent
from service.smart.strict_json import NotStrict

_LIMITS = Limits(seconds=10.0, max_bytes=256 * 1024)
_KEPT_FOR = timedelta(hours=1)
_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class SmartConfiguration:
    """One record system's endpoints, all absolute and checked, and what it says it can do."""

    iss: str
    token_endpoint: str
    authorization_endpoint: str | None = None
    issuer: str | None = None
    jwks_uri: str | None = None
    revocation_endpoint: str | None = None
    introspection_endpoint: str | None = None
    capabilities: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    challenge_methods: frozenset[str] = frozenset()
    assertion_algorithms: tuple[str, ...] = ()
    names_issuer_in_answer: bool = False

    @property
    def advertises_s256(self) -> bool:
        """Whether the server says that it takes S256 (A-31)."""
        return "S256" in self.challenge_methods


def fetch(
    client: httpx2.Client,
    iss: str,
    *,
    loopback_allowed: bool,
    requires_s256: bool = True,
    for_launch: bool = True,
) -> SmartConfiguration:
    """The SMART configuration of the record system at `iss`, which the caller found among its configured ones.

    DiscoveryFailed where the document breaks the rules, ServerSilent where none comes. Without `for_launch`
    (backend services) neither an authorization endpoint nor S256 is asked for.
    """
    if not may_call(iss, loopback_allowed=loopback_allowed):
        raise DiscoveryFailed("address")
    document = _document(client, iss.rstrip("/") + "/.well-known/smart-configuration")
    configuration = _read(document, iss, loopback_allowed=loopback_allowed)
    if for_launch:
        _check_for_launch(configuration, document, requires_s256=requires_s256)
    return configuration


def fetch_keys_address(client: httpx2.Client, issuer: str, *, loopback_allowed: bool) -> str:
    """The `jwks_uri` in the OpenID configuration of a configured issuer (A-81, A-85).

    DiscoveryFailed where the document names another issuer or an address that may not be called.
    """
    if not may_call(issuer, loopback_allowed=loopback_allowed):
        raise DiscoveryFailed("address")
    document = _document(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise DiscoveryFailed("other-issuer")
    address = discovered(issuer, document.get("jwks_uri"), loopback_allowed=loopback_allowed)
    if address is None:
        raise DiscoveryFailed("jwks-uri")
    return address


class Configurations:
    """The configurations of the record systems, each fetched when first asked for and kept for an hour (A-34).

    Only configured record systems are ever asked for (A-12), so there are never more of them than clinics.
    """

    def __init__(
        self,
        client: httpx2.Client,
        clock: Callable[[], datetime],
        *,
        loopback_allowed: bool,
        s256_unadvertised: frozenset[str] = frozenset(),
    ) -> None:
        self._client = client
        self._clock = clock
        self._loopback_allowed = loopback_allowed
        self._s256_unadvertised = s256_unadvertised
        self._known: dict[tuple[str, bool], tuple[datetime, SmartConfiguration]] = {}
        self._lock = threading.Lock()

    def of(self, iss: str, *, for_launch: bool = True) -> SmartConfiguration:
        """The configuration of the record system at `iss`; DiscoveryFailed or ServerSilent."""
        with self._lock:
            kept = self._known.get((iss, for_launch))
        now = self._clock()
        if kept is not None and now - kept[0] < _KEPT_FOR:
            return kept[1]
        configuration = fetch(
            self._client,
            iss,
            loopback_allowed=self._loopback_allowed,
            requires_s256=iss not in self._s256_unadvertised,
            for_launch=for_launch,
        )
        with self._lock:
            self._known[(iss, for_launch)] = (now, configuration)
        return configuration

    def forget(self, iss: str) -> None:
        """Ask again next time, since an endpoint named there did not work (A-34)."""
        with self._lock:
            for for_launch in (True, False):
                self._known.pop((iss, for_launch), None)


def _document(client: httpx2.Client, url: str) -> Mapping[str, Any]:
    try:
        answer = send(client, "GET", url, headers={"Accept": "application/json"}, limits=_LIMITS)
    except ExchangeFailed as error:
        raise ServerSilent(error.reason) from error
    return _read_json(answer)


def _read_json(answer: Answer) -> Mapping[str, Any]:
    if answer.status >= 500:
        raise ServerSilent("server-error")
    if answer.status != 200:
        raise DiscoveryFailed("status")
    try:
        return answer.json_object()
    except NotStrict as error:
        raise DiscoveryFailed("not-json") from error


def _read(document: Mapping[str, Any], iss: str, *, loopback_allowed: bool) -> SmartConfiguration:
    def endpoint(name: str) -> str | None:
        if document.get(name) is None:
            return None
        address = discovered(iss, document[name], loopback_allowed=loopback_allowed)
        if address is None:
            raise DiscoveryFailed(name.replace("_", "-"))
        return address

    token_endpoint = endpoint("token_endpoint")
    if token_endpoint is None:
        raise DiscoveryFailed("token-endpoint")
    bare = SmartConfiguration(iss=iss, token_endpoint=token_endpoint)
    return replace(
        bare,
        authorization_endpoint=endpoint("authorization_endpoint"),
        issuer=_text(document.get("issuer")),
        jwks_uri=endpoint("jwks_uri"),
        revocation_endpoint=endpoint("revocation_endpoint"),
        introspection_endpoint=endpoint("introspection_endpoint"),
        capabilities=frozenset(_words(document, "capabilities")),
        scopes=frozenset(_words(document, "scopes_supported")),
        challenge_methods=frozenset(_words(document, "code_challenge_methods_supported")),
        assertion_algorithms=_words(document, "token_endpoint_auth_signing_alg_values_supported"),
        names_issuer_in_answer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _check_for_launch(
    configuration: SmartConfiguration, document: Mapping[str, Any], *, requires_s256: bool
) -> None:
    if configuration.authorization_endpoint is None:
        raise DiscoveryFailed("authorization-endpoint")
    if "#" in configuration.authorization_endpoint:
        raise DiscoveryFailed("authorization-endpoint")
    if "capabilities" not in document:
        raise DiscoveryFailed("capabilities")
    if requires_s256 and not configuration.advertises_s256:
        raise DiscoveryFailed("no-s256")


def _words(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = document.get(name, [])
    if not isinstance(value, list) or len(value) > _MOST_WORDS:
        raise DiscoveryFailed(name.replace("_", "-"))
    return tuple(word for word in value if isinstance(word, str))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= 2048 else None
