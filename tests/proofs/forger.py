"""Who forges tokens for the clinic's own FHIR base, and what they know: a genuine one, and the keys of two clinics."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from service.cli.demo_clinic import CLINIC
from tests.smart.forgeries import b64
from tests.world import EHR, OTHER, World

Claims = dict[str, Any]
Named = tuple[str, str]

HOUR = 3600


def signed(header: object, claims: object, algorithm: str, key: ECKey | RSAKey) -> str:
    """A token over these two parts as they are (text and bytes) or as JSON, whatever the header says."""
    shown = f"{part(header)}.{part(claims)}"
    return f"{shown}.{b64(jws.JWSRegistry.algorithms[algorithm].sign(shown.encode(), key))}"


def part(value: object) -> str:
    """One part of a token: text and bytes as they are, anything else as JSON."""
    return b64(value if isinstance(value, str | bytes) else json.dumps(value))


@dataclass(frozen=True)
class Forger:
    """What a forger knows: a genuine token, what both record systems sign, and the keys they publish."""

    world: World

    @cached_property
    def now(self) -> int:
        return int(self.world.clock().timestamp())

    @property
    def access(self) -> ECKey:
        key: ECKey = self.world.sandboxes[CLINIC].parts.tokens.keys.access
        return key

    @property
    def identity(self) -> RSAKey:
        key: RSAKey = self.world.sandboxes[CLINIC].parts.tokens.keys.identity
        return key

    @property
    def others(self) -> ECKey:
        """The key by which the other clinic's record system signs."""
        key: ECKey = self.world.sandboxes[OTHER].parts.tokens.keys.access
        return key

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.access.kid}

    @cached_property
    def claims(self) -> Claims:
        return {
            "iss": EHR,
            "sub": "somebody",
            "aud": self.world.base,
            "iat": self.now,
            "exp": self.now + 12 * HOUR,
            "jti": "genuine",
            "client_id": "diary-app",
            "scope": "patient/*.cruds",
            "patient": "patient-six-done",
            "fhirUser": f"{EHR}/fhir/Patient/patient-six-done",
        }

    @cached_property
    def genuine(self) -> str:
        return signed(self.header, self.claims, "ES256", self.access)

    def with_header(self, **more: Any) -> str:
        """Signed by the right key, under another header; None takes a member away."""
        shown = {name: value for name, value in (self.header | more).items() if value is not None}
        return signed(shown, self.claims, "ES256", self.access)

    def with_claims(self, header: dict[str, Any] | None = None, **more: Any) -> str:
        """Signed by the right key, with other claims; ... takes a claim away."""
        said = {name: value for name, value in (self.claims | more).items() if value is not ...}
        return signed(self.header | (header or {}), said, "ES256", self.access)
