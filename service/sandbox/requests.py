"""Authorization requests under way: what an app asked for, kept while its person signs in, chooses and agrees."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.sandbox.database import Database, digest

REQUEST_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AppRequest:
    """The parameters of an authorize request, and what its person has chosen so far.

    `encounter` is None before the choice and "" when the person chose none.
    """

    parameters: Mapping[str, str]
    fhir_user: str | None = None
    patient: str | None = None
    encounter: str | None = None


class AppRequests:
    """The memory of authorize requests between two pages."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def keep(self, parameters: Mapping[str, str]) -> str:
        """Keep a checked request; the answer is the secret name under which its person goes on."""
        name = secrets.token_urlsafe(24)
        with self._database.writing() as rows:
            rows.execute("delete from request where expires < ?", (self._now(),))
            rows.execute(
                "insert into request values (?, ?, null, null, null, ?)",
                (digest(name), json.dumps(dict(parameters)), self._now() + int(REQUEST_LIFE.total_seconds())),
            )
        return name

    def find(self, name: str) -> AppRequest | None:
        """The request of that name, while it is young and unanswered."""
        with self._database.reading() as rows:
            row = rows.execute(
                "select * from request where digest = ? and expires >= ?", (digest(name), self._now())
            ).fetchone()
        if row is None:
            return None
        return AppRequest(json.loads(row["parameters"]), row["fhir_user"], row["patient"], row["encounter"])

    def claim(self, name: str, fhir_user: str) -> None:
        """Note who continues the request now; what someone else chose before is forgotten."""
        with self._database.writing() as rows:
            rows.execute(
                "update request set fhir_user = ?, patient = null, encounter = null"
                " where digest = ? and fhir_user is not ?",
                (fhir_user, digest(name), fhir_user),
            )

    def choose(self, name: str, *, patient: str | None = None, encounter: str | None = None) -> None:
        """Remember the patient or encounter that the person picked."""
        with self._database.writing() as rows:
            rows.execute(
                "update request set patient = coalesce(?, patient), encounter = coalesce(?, encounter)"
                " where digest = ?",
                (patient, encounter, digest(name)),
            )

    def take(self, name: str) -> bool:
        """Take the request off the list because it is answered now; False when it was answered before."""
        with self._database.writing() as rows:
            return rows.execute("delete from request where digest = ?", (digest(name),)).rowcount == 1

    def _now(self) -> int:
        return int(self._clock().timestamp())
