"""Signed checkpoints: a log's size and root in the bytes of a C2SP signed note (tlog-checkpoint, signed-note).

A checkpoint kept outside the database is what makes a cut tail or a replaced log visible.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.audit.merkle import HASH_BYTES, is_consistent

_ED25519 = b"\x01"
_ID_BYTES = 4
_DASH = "\u2014 "
_MOST_SIGNATURES = 64
_RESTORES = "restores "


class Doubtful(ValueError):
    """This note is not a checkpoint that the given key signed."""


class Inconsistent(ValueError):
    """The log does not go with what was signed before; signing this would be a lie (tlog-checkpoint, Signatures)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its number of records, the root of its tree, and how many of the records tell of a restore."""

    origin: str
    size: int
    root: bytes
    restores: int = 0

    def text(self) -> str:
        """The note's text, with its final newline: the bytes that are signed. Restores stand in an extension line."""
        extension = f"{_RESTORES}{self.restores}\n" if self.restores else ""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{extension}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whose signature counts: the key's name and the public key."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, type and key (signed-note, Signatures)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def as_text(self) -> str:
        """The verifier key as people pass it on: name, key id in hex, key in base64 (signed-note, Verifier keys)."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def accepts(self, signature: bytes, text: bytes) -> bool:
        """Whether this key made this signature over these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def verifier_key(name: str, key: Ed25519PrivateKey) -> str:
    """The verifier key to hand out for this private key; its name should be the log's origin."""
    _check_name(name)
    return Verifier(name, key.public_key().public_bytes_raw()).as_text()


def read_verifier_key(text: str) -> Verifier:
    """The verifier key in its text form; Doubtful where it is not an Ed25519 key or its id is not its own."""
    parts = text.strip().split("+", 2)
    raw = _decoded(parts[2]) if len(parts) == 3 else b""
    if len(raw) != 1 + HASH_BYTES or raw[:1] != _ED25519:
        raise Doubtful("this is not an Ed25519 verifier key")
    verifier = Verifier(parts[0], raw[1:])
    if verifier.key_id.hex() != parts[1]:
        raise Doubtful("the verifier key's id is not its own")
    return verifier


def sign(
    origin: str,
    size: int,
    root: bytes,
    key: Ed25519PrivateKey,
    known: Checkpoint | None = None,
    proof: Sequence[bytes] = (),
    restores: int = 0,
) -> str:
    """The signed note about this size and root, key name equal to the origin.

    With a known checkpoint of this log, `proof` (merkle.consistency_proof) has to show that the larger of the two only
    grew out of the smaller; Inconsistent where it does not. It is the larger where somebody signed meanwhile.
    """
    _check_name(origin)
    if size < 0 or len(root) != HASH_BYTES:
        raise ValueError("a checkpoint needs a size and a SHA-256 root")
    if known is not None:
        _check_growth(known, Checkpoint(origin, size, root), proof)
    text = Checkpoint(origin, size, root, restores).text()
    verifier = Verifier(origin, key.public_key().public_bytes_raw())
    signature = base64.b64encode(verifier.key_id + key.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{origin} {signature}\n"


def verify(note: str, key: str) -> Checkpoint:
    """The checkpoint in a note that this verifier key signed; Doubtful where it did not."""
    return _read_text(signed_text(note, key))


def signed_text(note: str, key: str) -> str:
    """The text of any note that this verifier key signed; Doubtful where it did not.

    Signatures of other keys are passed over; one that claims to be this key's and fails spoils the note.
    """
    verifier = read_verifier_key(key)
    text, lines = _taken_apart(note)
    own = [raw[_ID_BYTES:] for name, raw in map(_signature, lines) if _is_by(verifier, name, raw)]
    if not own:
        raise Doubtful("no signature of this key")
    if not all(verifier.accepts(signature, text.encode()) for signature in own):
        raise Doubtful("the signature does not fit the note")
    return text


def _check_growth(known: Checkpoint, now: Checkpoint, proof: Sequence[bytes]) -> None:
    older, newer = (known, now) if known.size <= now.size else (now, known)
    same_log = known.origin == now.origin
    if not same_log or not is_consistent(older.size, newer.size, older.root, newer.root, proof):
        raise Inconsistent(Inconsistent.__doc__)


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() or not char.isprintable() for char in name):
        raise ValueError("a log's name has neither spaces nor plus signs")


def _taken_apart(note: str) -> tuple[str, list[str]]:
    if any(char < " " and char != "\n" for char in note):
        raise Doubtful("a note has no control characters but the newline")
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not blank or lines.pop() != "" or not 0 < len(lines) <= _MOST_SIGNATURES:
        raise Doubtful("this is not a signed note")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    name, blank, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _decoded(encoded)
    if not line.startswith(_DASH) or not name or not blank or len(raw) <= _ID_BYTES:
        raise Doubtful("this is not a signature line")
    return name, raw


def _is_by(verifier: Verifier, name: str, raw: bytes) -> bool:
    return name == verifier.name and raw[:_ID_BYTES] == verifier.key_id


def _read_text(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise Doubtful("a checkpoint has an origin, a size and a root")
    size, root = lines[1], _decoded(lines[2])
    if not (size.isascii() and size.isdecimal()) or str(int(size)) != size or len(root) != HASH_BYTES:
        raise Doubtful("a checkpoint has a decimal size and a SHA-256 root")
    return Checkpoint(lines[0], int(size), root, _restores_in(lines[3:]))


def _restores_in(extension: Sequence[str]) -> int:
    """The number in our own extension line; 0 where there is none."""
    told = [line.removeprefix(_RESTORES) for line in extension if line.startswith(_RESTORES)]
    return int(told[0]) if told and told[0].isascii() and told[0].isdecimal() else 0


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Doubtful("this is not base64") from None
    if base64.b64encode(raw).decode() != text:  # the unused bits of its last letter have one spelling only
        raise Doubtful("this is not base64 as it is written")
    return raw
