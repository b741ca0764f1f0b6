"""What the database remembers of single access tokens: the claims behind opaque ones, and which were revoked.

A signed token carries its own claims, so it is remembered only once it is revoked.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from service.sandbox.database import Database, digest


class IssuedTokens:
    """The memory of access tokens by digest, each kept until its own end; `clock` says what time it is."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def new_opaque(self, claims: dict[str, Any]) -> str:
        """A fresh access token that says nothing by itself and stands for these claims; `exp` must be among them."""
        text = secrets.token_urlsafe(32)
        with self._database.writing() as rows:
            rows.execute("delete from opaque_token where expires <= ?", (self._now(),))
            rows.execute(
                "insert into opaque_token values (?, ?, ?)", (digest(text), json.dumps(claims), claims["exp"])
            )
        return text

    def claims(self, token: str) -> dict[str, Any] | None:
        """The claims that an opaque token stands for, or None where it is none of ours."""
        with self._database.reading() as rows:
            row = rows.execute(
                "select claims from opaque_token where digest = ?", (digest(token),)
            ).fetchone()
        return None if row is None else dict(json.loads(row["claims"]))

    def revoke(self, name: str, expires: int) -> None:
        """Remember until its end, in seconds since 1970, that the access token of this name (`jti`) is revoked."""
        with self._database.writing() as rows:
            rows.execute("delete from revoked_token where expires <= ?", (self._now(),))
            rows.execute("insert or ignore into revoked_token values (?, ?)", (digest(name), expires))

    def is_revoked(self, name: str) -> bool:
        """Whether the access token of this name was revoked."""
        with self._database.reading() as rows:
            found = rows.execute("select 1 from revoked_token where digest = ?", (digest(name),)).fetchone()
        return found is not None

    def _now(self) -> int:
        return int(self._clock().timestamp())
