"""What someone who starts the sandbox decides: where it lives, which apps it knows, and its fault switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from authlib.common.security import is_secure_transport

from service.sandbox.imitations import NONE, Imitation

Kind = Literal["public", "confidential-asymmetric", "confidential-symmetric", "backend"]
Audience = Literal["patient", "clinician", "officer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApp:
    """One app as its maker registered it with this record system.

    `scopes` is the most it may ever get, separated by spaces. An app with a key names `jwks` (the key set
    itself) or `jwks_url`; `secret` belongs to `confidential-symmetric` alone. `audience_hint` says in whose
    list the launch button stands; it is launched with `iss`, the FHIR base it works with, or else this record system's
    own. A `trusted` app is the clinic's own choice: no consent page is shown. One that
    `introspects` may ask about tokens, its own and others'.
    """

    client_id: str
    name: str
    kind: Kind
    redirect_uris: tuple[str, ...] = ()
    launch_url: str | None = None
    iss: str | None = None
    standalone_url: str | None = None
    scopes: str = ""
    jwks: dict[str, Any] | None = None
    jwks_url: str | None = None
    secret: str | None = None
    audience_hint: Audience | None = None
    trusted: bool = True
    introspects: bool = False

    def origins(self) -> frozenset[str]:
        """The web origins (`scheme://host:port`) that this app's pages come from."""
        addresses = (*self.redirect_uris, self.launch_url, self.standalone_url)
        return frozenset(origin(address) for address in addresses if address)


def utc_now() -> datetime:
    """The computer's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """One pretend record system.

    `folder` keeps its databases and keys; everything survives a restart with the same folder. `base_url` is the
    address in a browser, without a slash at its end; OAuth asks for https everywhere but on this computer.
    `audiences` are further resource servers that an app may name as `aud`. With `filing=False` the FHIR server
    refuses new documents with 503. A notification that an endpoint did not take is tried again after each of the
    `notification_pauses` (seconds); then its subscription is in error. With `opaque_tokens` new access tokens say
    nothing by themselves; those of the other form stay good until their end. `imitation` gives documents the habits
    of another kind of record system.
    """

    folder: Path
    base_url: str
    apps: tuple[RegisteredApp, ...]
    audiences: tuple[str, ...] = ()
    filing: bool = True
    clock: Callable[[], datetime] = utc_now
    token_seconds: int = 3600
    opaque_tokens: bool = False
    notification_pauses: tuple[float, ...] = (0.2, 1.0)
    imitation: Imitation = NONE

    def __post_init__(self) -> None:
        if self.base_url.endswith("/") or not is_secure_transport(self.base_url):
            raise ValueError("base_url must be https, or http on this computer, and end without a slash")

    @property
    def fhir_base(self) -> str:
        """The FHIR base URL: what apps know as `iss` and name as `aud`."""
        return f"{self.base_url}/fhir"

    @property
    def token_url(self) -> str:
        """The address of the token endpoint, which client assertions name as their `aud`."""
        return f"{self.base_url}/auth/token"

    def app(self, client_id: str) -> RegisteredApp | None:
        """The registered app of that client_id, or None."""
        return next((app for app in self.apps if app.client_id == client_id), None)

    def accepts_audience(self, audience: str) -> bool:
        """Whether a token may be made for this resource server; the spelling must be exact."""
        return audience == self.fhir_base or audience in self.audiences

    def app_origins(self, kinds: Iterable[Kind] | None = None) -> frozenset[str]:
        """The web origins of all apps, or of the apps of some kinds."""
        wanted = None if kinds is None else frozenset(kinds)
        return frozenset(
            o for app in self.apps if wanted is None or app.kind in wanted for o in app.origins()
        )


def origin(address: str) -> str:
    """The `scheme://host:port` part of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
