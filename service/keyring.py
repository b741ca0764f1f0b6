"""The service's own secrets, each in a file of the secrets folder: read at start, made once by `make-keys`.

seal.json            the keys of encryption at rest, and which of them is current
signing.jwk          the private key that proves us to record systems (ES384)
checkpoint.pem       the private key that signs the audit log's checkpoints (Ed25519)
<name>               client secrets that clinics.toml names with secret_file
"""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

SEAL, SIGNING, CHECKPOINT = "seal.json", "signing.jwk", "checkpoint.pem"


class KeysMissing(ValueError):
    """The secrets folder does not hold what it must; the text names the file and the command that makes it."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets as read. `seal_keys` are 32 bytes each by key id; the others are in their file's own form."""

    seal_keys: dict[str, bytes] = field(repr=False)
    seal_current: str
    signing: str = field(repr=False)
    checkpoint: bytes = field(repr=False)


def read_keyring(folder: Path) -> Keyring:
    """The keys in this folder; KeysMissing where one is absent or broken."""
    seal = _read(folder, SEAL)
    try:
        value = json.loads(seal)
        keys = {name: base64.b64decode(key, validate=True) for name, key in value["keys"].items()}
        return Keyring(keys, value["current"], _read(folder, SIGNING).decode(), _read(folder, CHECKPOINT))
    except (ValueError, KeyError, TypeError):
        raise KeysMissing(f"{folder / SEAL} is not a key file of ours") from None


def make_keyring(folder: Path) -> None:
    """Make the keys that are missing, for this account's eyes only; what is there stays as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seal = {"current": "1", "keys": {"1": base64.b64encode(os.urandom(32)).decode()}}
    signing = ECKey.generate_key("P-384", private=True, auto_kid=True)
    checkpoint = Ed25519PrivateKey.generate()
    _keep(folder / SEAL, json.dumps(seal).encode())
    _keep(folder / SIGNING, json.dumps(signing.as_dict(private=True)).encode())
    _keep(folder / CHECKPOINT, checkpoint.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def read_secret(folder: Path, name: str) -> str:
    """A client secret that the clinics file names; KeysMissing where there is none."""
    return _read(folder, name).decode().strip()


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise KeysMissing(f"{folder / name} is missing: run `infusion-journal make-keys`") from None


def _keep(file: Path, content: bytes) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as written:
        written.write(content)
