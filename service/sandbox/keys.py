"""The sandbox's own signing keys: made once per folder, kept in it, shown to the world as a key set.

Two keys, because two standards ask for two: OpenID Connect wants RS256 on identity tokens, and access tokens
are short with ES256.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey

FILE = "signing-keys.json"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The private keys: `access` (ES256, for access tokens) and `identity` (RS256, for identity tokens)."""

    access: ECKey
    identity: RSAKey

    def public(self) -> dict[str, Any]:
        """The JSON Web Key Set without any private part."""
        return {"keys": [self._bare(self.access, "ES256"), self._bare(self.identity, "RS256")]}

    def verifiers(self) -> KeySet:
        """The public keys, ready to check a token of our own."""
        return KeySet.import_key_set({"keys": self.public()["keys"]})

    @staticmethod
    def _bare(key: ECKey | RSAKey, algorithm: str) -> dict[str, Any]:
        return {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": algorithm}


def signing_keys(folder: Path) -> SigningKeys:
    """The keys of this folder; made on the first call, the same ever after."""
    path = folder / FILE
    if not path.exists():
        _write_private(path, json.dumps({"access": _new_access(), "identity": _new_identity()}))
    kept = json.loads(path.read_text(encoding="utf-8"))
    return SigningKeys(ECKey.import_key(kept["access"]), RSAKey.import_key(kept["identity"]))


def session_secret(folder: Path) -> str:
    """The secret that signs this sandbox's cookies; made on the first call, the same ever after."""
    path = folder / "cookie-secret"
    if not path.exists():
        _write_private(path, os.urandom(32).hex())
    return path.read_text(encoding="utf-8")


def _new_access() -> dict[str, Any]:
    key = ECKey.generate_key("P-256", auto_kid=True)
    return {**key.as_dict(private=True), "kid": key.kid}


def _new_identity() -> dict[str, Any]:
    key = RSAKey.generate_key(2048, auto_kid=True)
    return {**key.as_dict(private=True), "kid": key.kid}


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all; whoever comes first has written it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
