"""Encryption at rest: the one way by which words, tokens and session contents enter and leave a table (T11).

A sealed column takes and gives `Sealed` values only, so a plain text bound to it by mistake raises; and a
`Sealed` opens only at the place it was made for, so two rows whose secrets were swapped are found on reading.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary, TypeDecorator

_FORM = 1
_NONCE_BYTES = 12  # 96 random bits (NIST SP 800-38D, 8.2.2)
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret belongs: clinic, "table.column", and what tells the row from every other."""

    clinic: str
    column: str
    row: tuple[str | int, ...]

    def as_bytes(self) -> bytes:
        """Its one byte form, which the cipher binds the secret to."""
        return json.dumps([self.clinic, self.column, *self.row], ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A secret as it lies in the database: form, key id, nonce, ciphertext and tag."""

    blob: bytes


class Unopened(Exception):
    """A sealed value does not belong where it was found, was altered, or its key is not known here."""


class Seal:
    """The keys of encryption at rest. New secrets take the current key; the others open what is older.

    `keys` maps key ids (at most 255 bytes) to 32 secret bytes. Every clinic gets a key of its own, derived from
    these (HKDF-SHA256, RFC 5869), so that no nonce is ever shared between clinics.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise ValueError("the current key is not among the keys")
        if any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("a key has to have 32 bytes")
        self._keys = dict(keys)
        self._current = current
        self._ciphers: dict[tuple[str, str], AESGCM] = {}

    def seal(self, place: Place, plain: bytes) -> Sealed:
        """The secret, sealed for this place with the current key."""
        head = _head(self._current)
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._cipher(self._current, place.clinic)
        return Sealed(head + nonce + cipher.encrypt(nonce, plain, head + place.as_bytes()))

    def open(self, place: Place, sealed: Sealed) -> bytes:
        """The secret as it was sealed for this place; Unopened where anything about it differs."""
        key_id, head, rest = _split(sealed.blob)
        cipher = self._cipher(key_id, place.clinic)
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + place.as_bytes())
        except (InvalidTag, ValueError):
            raise Unopened(f"a sealed value in {place.column} does not open") from None

    def _cipher(self, key_id: str, clinic: str) -> AESGCM:
        known = self._ciphers.get((key_id, clinic))
        if known is None:
            known = self._ciphers[key_id, clinic] = AESGCM(self._key_of(key_id, clinic))
        return known

    def _key_of(self, key_id: str, clinic: str) -> bytes:
        master = self._keys.get(key_id)
        if master is None:
            raise Unopened("a sealed value names a key that is not known here")
        return HKDF(
            SHA256(), _KEY_BYTES, salt=None, info=b"infusion-journal at rest\0" + clinic.encode()
        ).derive(master)


class SealedColumn(TypeDecorator[Sealed]):
    """A column that holds `Sealed` values and nothing else."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, _dialect: Dialect) -> bytes | None:
        """The blob to store; TypeError for anything that is not sealed."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("only a sealed value may be stored here")
        return value.blob

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> Sealed | None:
        """The sealed value as it was stored."""
        return None if value is None else Sealed(bytes(value))


def _head(key_id: str) -> bytes:
    name = key_id.encode()
    return bytes((_FORM, len(name))) + name


def _split(blob: bytes) -> tuple[str, bytes, bytes]:
    if len(blob) < 2 or blob[0] != _FORM:
        raise Unopened("a sealed value has a form that is not known here")
    end = 2 + blob[1]
    return blob[2:end].decode(errors="replace"), blob[:end], blob[end:]
