"""What people have allowed apps to do: the approval itself, its one code, its refresh tokens, and its end.

Every token names its approval. Ending the approval therefore ends all of its tokens at once.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.sandbox.database import Database, digest

CODE_LIFE = timedelta(seconds=60)
ONLINE_LIFE = timedelta(hours=12)
OFFLINE_LIFE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to one app, in one context.

    `scope` is the space-separated list that was granted; `fhir_user` a relative reference; `patient` and
    `encounter` bare ids; `banner` whether the app has to show who the patient is.
    """

    id: str
    client_id: str
    subject: str
    fhir_user: str
    scope: str
    audience: str
    patient: str | None
    encounter: str | None
    banner: bool
    nonce: str | None

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes one by one."""
        return frozenset(self.scope.split())


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code as it was given out: what its bearer has to prove, and what it is good for."""

    text: str
    approval: Approval
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """The redirect URI that the token request must repeat."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The scope that was granted."""
        return self.approval.scope


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token that has not been used yet."""

    text: str
    approval: Approval

    def check_client(self, client: object) -> bool:
        """Whether this token was given to that client."""
        return getattr(client, "client_id", None) == self.approval.client_id

    def get_scope(self) -> str:
        """The scope that a refresh may not go beyond."""
        return self.approval.scope


class Approvals:
    """The memory of approvals; `clock` says what time it is."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def open(self, approval: Approval, code: str, redirect_uri: str, challenge: str) -> None:
        """Keep a new approval together with the code that stands for it during the next minute."""
        with self._database.writing() as rows:
            rows.execute(
                "insert into approval values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
                (*_columns(approval), self._now()),
            )
            rows.execute(
                "insert into credential values (?, 'code', ?, ?, ?, ?, 0)",
                (digest(code), approval.id, redirect_uri, challenge, self._now(CODE_LIFE)),
            )

    def code(self, text: str, client_id: str) -> Code | None:
        """The unused, unexpired code of this client, or None.

        A second use ends the approval, and with it "all tokens previously issued" (RFC 6749 section 4.1.2).
        """
        row = self._unused("code", text, client_id)
        return None if row is None else Code(text, _approval(row), row["redirect_uri"], row["challenge"])

    def new_refresh_token(self, approval: Approval) -> str:
        """A fresh refresh token for this approval; online access ends after a day's work."""
        text = secrets.token_urlsafe(32)
        life = OFFLINE_LIFE if "offline_access" in approval.scopes else ONLINE_LIFE
        with self._database.writing() as rows:
            rows.execute(
                "insert into credential values (?, 'refresh', ?, null, null, ?, 0)",
                (digest(text), approval.id, self._now(life)),
            )
        return text

    def refresh_token(self, text: str, client_id: str) -> RefreshToken | None:
        """The unused, unexpired refresh token of this client, or None; an old one seen again ends the approval."""
        row = self._unused("refresh", text, client_id)
        return None if row is None else RefreshToken(text, _approval(row))

    def spend(self, text: str) -> bool:
        """Mark a code or refresh token as used; False when somebody was quicker, which ends the approval."""
        with self._database.writing() as rows:
            row = rows.execute("select * from credential where digest = ?", (digest(text),)).fetchone()
            rows.execute("update credential set used = 1 where digest = ?", (digest(text),))
            if row["used"]:
                _end(rows, row["approval"], self._now())
            return not row["used"]

    def stands(self, approval_id: str) -> bool:
        """Whether the approval is known and has not been ended."""
        return self.find(approval_id) is not None

    def find(self, approval_id: str) -> Approval | None:
        """The approval of that id, or None where it is unknown or has been ended."""
        with self._database.reading() as rows:
            row = rows.execute(
                "select * from approval where id = ? and ended is null", (approval_id,)
            ).fetchone()
        return None if row is None else _approval(row)

    def end(self, approval_id: str) -> None:
        """End one approval and all its tokens."""
        with self._database.writing() as rows:
            _end(rows, approval_id, self._now())

    def end_by_refresh_token(self, text: str, client_id: str) -> bool:
        """End the approval behind any refresh token that this client ever had; False where it is none of its own.

        Used ones count as well: whoever revokes an old one means the whole family.
        """
        with self._database.writing() as rows:
            row = rows.execute(
                "select a.id from credential c join approval a on a.id = c.approval"
                " where c.digest = ? and c.kind = 'refresh' and a.client_id = ?",
                (digest(text), client_id),
            ).fetchone()
            if row is not None:
                _end(rows, row["id"], self._now())
            return row is not None

    def end_online(self, fhir_user: str) -> None:
        """End what this person allowed only while at the screen: everything without `offline_access`."""
        with self._database.writing() as rows:
            rows.execute(
                "update approval set ended = ? where fhir_user = ? and ended is null"
                " and instr(' ' || scope || ' ', ' offline_access ') = 0",
                (self._now(), fhir_user),
            )

    def _unused(self, kind: str, text: str, client_id: str) -> sqlite3.Row | None:
        with self._database.writing() as rows:
            row: sqlite3.Row | None = rows.execute(
                "select * from credential c join approval a on a.id = c.approval"
                " where c.digest = ? and c.kind = ? and a.client_id = ? and a.ended is null",
                (digest(text), kind, client_id),
            ).fetchone()
            if row is None:
                return None
            if row["used"]:
                _end(rows, row["id"], self._now())
            return None if row["used"] or row["expires"] < self._now() else row

    def _now(self, later: timedelta = timedelta()) -> int:
        return int((self._clock() + later).timestamp())


def _end(rows: sqlite3.Connection, approval_id: str, now: int) -> None:
    rows.execute("update approval set ended = ? where id = ? and ended is null", (now, approval_id))


def _columns(approval: Approval) -> tuple[object, ...]:
    return (
        approval.id,
        approval.client_id,
        approval.subject,
        approval.fhir_user,
        approval.scope,
        approval.audience,
        approval.patient,
        approval.encounter,
        approval.banner,
        approval.nonce,
    )


def _approval(row: sqlite3.Row) -> Approval:
    return Approval(
        id=row["id"],
        client_id=row["client_id"],
        subject=row["subject"],
        fhir_user=row["fhir_user"],
        scope=row["scope"],
        audience=row["audience"],
        patient=row["patient"],
        encounter=row["encounter"],
        banner=bool(row["banner"]),
        nonce=row["nonce"],
    )
